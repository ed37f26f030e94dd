/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tool.h - what all parts of the tool share: options, limits, commands
 */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIB		1024U
#define MIB		(1024U * 1024U)

/* Largest block: what a slot can hold. */
#define MAX_BLOCK	(4U * MIB)
#define MIN_BLOCK	KIB
#define MIN_WINDOW_LOG	10
#define MAX_WINDOW_LOG	31
#define MAX_WINDOW	(1LL << MAX_WINDOW_LOG)

/* Window of a zstd frame, as zstd has it: what its decoder needs as memory. */
#define DEFAULT_WINDOW	(128U * MIB)

#define DEFAULT_BLOCK	(64U * KIB)

enum exit_status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_WARNED = 2,
};

struct writer;

/**
 * struct options - what the command line asked for
 * @input: path, NULL for standard input
 * @output: path given with -o, else NULL
 * @to_stdout: -c, or -o -
 * @force: overwrite, and write to a terminal
 * @quiet: no progress, no warnings
 * @verbose: close with the counters
 * @checksum: put a content checksum into the output
 * @sparse: find holes in the input, leave holes in the output
 * @format: how to write (compress)
 * @level: 0 for the default
 * @window: largest of a zstd frame, bytes (decompress)
 * @memory: was set by -M, which counts more than --long
 * @block: bytes
 * @workers: partitions of the queue, 0 for the kernel's choice
 */
struct options {
	const char *input;
	const char *output;
	bool to_stdout;
	bool force;
	bool quiet;
	bool verbose;
	bool checksum;
	bool sparse;
	const struct writer *format;
	int level;
	uint64_t window;
	bool memory;
	uint32_t block;
	unsigned int workers;
};

/* The commands. Each returns an enum exit_status. */
int cmd_compress(const struct options *o);
int cmd_decompress(const struct options *o);
int cmd_test(const struct options *o);
int cmd_codecs(const struct options *o);
int cmd_info(const struct options *o);

#endif /* TOOL_H */
