// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * owner.c - the process's own threads compress its own memory, where it lies
 *
 * A level that is too slow for the shared workers, and addresses of the process
 * instead of buffers of the queue: both need partitions that it serves itself.
 * A pool makes threads for that when there is work.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flipq.h>

#define BLOCK	(64U << 10)
#define BLOCKS	8

static void make_text(char *text)
{
	size_t i;

	for (i = 0; i < BLOCK * BLOCKS; i += 16)
		snprintf(text + i, 16, "line %9zu\n", i * i % 1000003);
}

/* All blocks at once. Return: how many bytes they became, or an errno. */
static long compress(struct flipq *q, const char *from, char *to)
{
	const uint32_t flags = FLIPQ_REQ_SRC_USER | FLIPQ_REQ_DST_USER;
	struct flipq_event e;
	long total = 0;
	size_t i;
	int err;

	for (i = 0; i < BLOCKS; i++) {
		int slot = flipq_get_owner(q);

		if (slot < 0)
			return slot;
		err = flipq_prep_compress_at(q, slot, 0,
					     (uintptr_t)(from + i * BLOCK),
					     BLOCK,
					     (uintptr_t)(to + i * BLOCK),
					     BLOCK, flags, i);
		if (err)
			return err;
	}
	err = flipq_submit_and_wait(q, BLOCKS, FLIPQ_TIMEOUT_NONE);
	if (err < 0)
		return err;
	while (flipq_peek(q, &e)) {
		if (e.status)
			return e.status;
		total += e.flags & FLIPQ_RES_INCOMPRESSIBLE ? BLOCK : e.len;
		flipq_seen(q, e.slot);
	}
	return total;
}

int main(void)
{
	struct flipq_codec zstd = {
		.algorithm = FLIPQ_ALG_ZSTD, .level = 19,
		.flags = FLIPQ_CODEC_OWNER,
	};
	struct flipq_config config = {
		.owner_partitions = 2, .max_len = BLOCK,
		.codecs = &zstd, .nr_codecs = 1,
	};
	struct flipq_pool_config threads = { .max = 2, .idle_ns = 1000000000 };
	char *from = malloc(BLOCK * BLOCKS), *to = malloc(BLOCK * BLOCKS);
	struct flipq_pool *pool;
	struct flipq *q = NULL;
	long got = -1;
	int err;

	if (!from || !to)
		goto out;
	make_text(from);
	err = flipq_open(&q, &config);
	if (err) {
		fprintf(stderr, "flipq: %s\n", flipq_open_error(err));
		goto out;
	}
	err = flipq_pool_open(&pool, q, &threads);
	if (err) {
		fprintf(stderr, "flipq: no pool: %s\n", strerror(-err));
		goto out;
	}
	got = compress(q, from, to);
	if (got < 0)
		fprintf(stderr, "flipq: %s\n", flipq_request_error((int)got));
	else
		printf("%u bytes became %ld\n", BLOCK * BLOCKS, got);
	flipq_pool_close(pool);
out:
	flipq_close(q);
	free(from);
	free(to);
	return got < 0;
}
