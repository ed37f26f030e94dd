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

/* Blocks of an image: a part of it is read by these. */
#define MIN_INDEX_BLOCK	(4U * KIB)
#define MAX_INDEX_BLOCK	MIB

#define DEFAULT_BLOCK	(64U * KIB)

/* Between two looks at the queues, ns. */
#define DEFAULT_INTERVAL	1000000000ULL

enum exit_status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_WARNED = 2,
};

/* What is done: of several on the command line the last one. */
enum mode {
	MODE_COMPRESS,
	MODE_DECOMPRESS,
	MODE_TEST,
	MODE_LIST,
	MODE_RESTORE,
	MODE_CODECS,
	MODE_INFO,
	MODE_TOP,
};

struct writer;

/**
 * struct options - what the command line asked for
 * @mode: what is done
 * @said: compress was asked for in words, or by -z
 * @files: file arguments, - for standard input
 * @nr_files: how many
 * @input: path of the one that is its turn, NULL for standard input
 * @output: path given with -o, else NULL
 * @to_stdout: -c, or -o -
 * @suffix: of compressed files, beside the usual ones; NULL for none
 * @recursive: take the files in directories
 * @remove: remove the input once its output is complete
 * @json: list in a form for programs
 * @force: overwrite, and use terminals
 * @quiet: no progress, no warnings
 * @verbose: close with the counters
 * @checksum: put a content checksum into the output
 * @sparse: find holes in the input, leave holes in the output
 * @format: how to write (compress)
 * @level: 0 for the default
 * @window: largest of a zstd frame, bytes (decompress)
 * @memory: was set by -M, which counts more than --long
 * @block: bytes
 * @socket: path of the one to be made (restore)
 * @sigbus: what is lost is SIGBUS, not the client's end (restore)
 * @workers: partitions of the queue, 0 for the kernel's choice
 * @index: write a table of the blocks (compress)
 * @base: path of the image to take pages from, NULL for none
 * @range: only a part (decompress): @length bytes from @offset on
 * @offset: see @range
 * @length: see @range; UINT64_MAX for all the rest
 * @batch: no screen, one table after another (top)
 * @metrics: the counters as metrics, once (top)
 * @interval: between two looks, ns (top)
 * @iterations: how many, 0 for no end (top)
 * @sort: column to sort by, NULL for the first (top)
 * @device: path, FLIPQ_IN_PROCESS for none; NULL for FLIPQ_DEVICE, or none where it
 *	cannot be used
 */
struct options {
	enum mode mode;
	bool said;
	char **files;
	size_t nr_files;
	const char *input;
	const char *output;
	bool to_stdout;
	const char *suffix;
	bool recursive;
	bool remove;
	bool json;
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
	const char *socket;
	bool sigbus;
	unsigned int workers;
	bool index;
	const char *base;
	bool range;
	uint64_t offset;
	uint64_t length;
	bool batch;
	bool metrics;
	uint64_t interval;
	unsigned long iterations;
	const char *sort;
	const char *device;
};

/*
 * The commands. Each returns an enum exit_status. Those that work on files are
 * called for each @input, but cmd_list() once for all @files.
 */
int cmd_compress(const struct options *o);
int cmd_decompress(const struct options *o);
int cmd_test(const struct options *o);
int cmd_list(const struct options *o);
int cmd_restore(const struct options *o);
int cmd_codecs(const struct options *o);
int cmd_info(const struct options *o);
int cmd_top(const struct options *o);

#endif /* TOOL_H */
