/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * answer.h - page faults of a client answered from an image
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "memory.h"

struct flipq_image;

/**
 * struct answer_config - how
 * @image: where the pages are
 * @name: of its file
 * @block: bytes of its blocks
 * @sigbus: a page that cannot be read is SIGBUS to who touches it, not the
 *	client's end
 * @quiet: no warnings
 */
struct answer_config {
	struct flipq_image *image;
	const char *name;
	uint32_t block;
	bool sigbus;
	bool quiet;
};

/**
 * struct answer_counters - what was done
 * @faults: that were read
 * @fault_bytes: given as they, or what is beside them, were asked for
 * @ahead_bytes: given before they were
 * @passed_over: times that something could not be read ahead
 * @lost_pages: that were asked for and could not be read
 */
struct answer_counters {
	uint64_t faults;
	uint64_t fault_bytes;
	uint64_t ahead_bytes;
	uint64_t passed_over;
	uint64_t lost_pages;
};

/*
 * Until the client has all its memory, or ends. 0, or -1 after a message, when it
 * must be killed.
 */
int answer_run(const struct client *c, const struct answer_config *config,
	       struct answer_counters *counters);

#endif /* ANSWER_H */
