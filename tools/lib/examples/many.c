// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * many.c - compress many pages that lie in the arena, with all workers busy
 *
 * Nothing is copied into slots. A page that is one word repeated, as most of a
 * machine's free memory is, is found without compressing it.
 */
#include <stdio.h>
#include <string.h>

#include <flipq.h>

#define PAGE	4096
#define PAGES	256
#define BATCH	32

struct totals {
	unsigned int done;
	unsigned int filled;
	unsigned int stored;
	unsigned long long bytes;
};

/* Every other page is empty, the rest are text that compresses. */
static void make_pages(char *memory)
{
	size_t i;

	for (i = 0; i < PAGES; i += 2)
		memset(memory + i * PAGE, 'a' + (int)(i % 26), PAGE / 2);
}

/* Prepare pages from @next on, as long as there are slots. */
static unsigned int fill(struct flipq *q, unsigned int next)
{
	const uint32_t flags = FLIPQ_REQ_SRC_ARENA | FLIPQ_REQ_DST_ARENA |
			       FLIPQ_REQ_DETECT_FILL;
	int slot;

	for (; next < PAGES; next++) {
		uint64_t from = (uint64_t)next * PAGE;

		slot = flipq_get(q);
		if (slot < 0)
			break;
		flipq_prep_compress_at(q, slot, 0, from, PAGE,
				       PAGES * PAGE + from, PAGE, flags, next);
	}
	return next;
}

static int collect(struct flipq *q, struct totals *t)
{
	struct flipq_event events[BATCH];
	int i, n;

	while ((n = flipq_reap(q, events, BATCH)) > 0) {
		for (i = 0; i < n; i++) {
			const struct flipq_event *e = &events[i];

			if (e->status)
				return e->status;
			t->filled += !!(e->flags & FLIPQ_RES_FILLED);
			t->stored += !!(e->flags & FLIPQ_RES_INCOMPRESSIBLE);
			t->bytes += e->len;
			flipq_seen(q, e->slot);
		}
		t->done += (unsigned int)n;
	}
	return 0;
}

int main(void)
{
	struct flipq_codec lz4 = { .algorithm = FLIPQ_ALG_LZ4 };
	struct flipq_config config = {
		.max_len = PAGE, .arena_size = 2 * PAGES * PAGE,
		.codecs = &lz4, .nr_codecs = 1,
		.policy = FLIPQ_POLICY_LEAST_LOADED,
	};
	struct totals t = { 0 };
	unsigned int next = 0;
	struct flipq *q;
	int err = flipq_open(&q, &config);

	if (err) {
		fprintf(stderr, "flipq: %s\n", flipq_open_error(err));
		return 1;
	}
	make_pages(flipq_arena(q));
	while (t.done < PAGES && err >= 0) {
		next = fill(q, next);
		/* until half of them are done, so that no worker runs dry */
		err = flipq_submit_and_wait(q, 0, FLIPQ_TIMEOUT_NONE);
		if (err >= 0)
			err = collect(q, &t);
	}
	flipq_close(q);
	if (err < 0) {
		fprintf(stderr, "flipq: %s\n", flipq_request_error(err));
		return 1;
	}
	printf("%u pages: %u of one word, %u stored, the others %llu bytes\n",
	       t.done, t.filled, t.stored, t.bytes);
	return 0;
}
