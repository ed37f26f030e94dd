// SPDX-License-Identifier: GPL-2.0-only
/*
 * sink.c - the other end: a token bucket for the link, and a receiver
 *
 * The receiver would be another machine, so its work is put off: it keeps the
 * last record of each page and unpacks them all when the migration is over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/job.h"
#include "sink.h"

#define DEPTH_MS	10	/* of the link's rate may pass in one go */
#define NAP_MS		1	/* shorter waits are put off and added up */

enum sink_kind { SINK_NOTHING, SINK_FILLED, SINK_NORMAL, SINK_PACKED };

struct sink_page {
	enum sink_kind kind;
	uint32_t len;
	uint8_t data[PAGE_BYTES];
};

int sink_open(struct sink *s, uint64_t nr, double rate, bool each)
{
	memset(s, 0, sizeof(*s));
	s->nr = nr;
	s->page = calloc(nr, sizeof(*s->page));
	if (!s->page)
		return -1;
	s->each = each;
	s->rate = rate;
	s->depth = rate * DEPTH_MS / 1000;
	s->tokens = s->depth;
	s->refilled = now_ns();
	return 0;
}

static bool unpack(const struct sink_page *p, uint8_t *to)
{
	int i;

	switch (p->kind) {
	case SINK_FILLED:
		for (i = 0; i < PAGE_BYTES; i += 8)
			memcpy(to + i, p->data, 8);
		return true;
	case SINK_NORMAL:
		memcpy(to, p->data, PAGE_BYTES);
		return true;
	case SINK_PACKED:
		return job_lz4.unpack(p->data, p->len, to, PAGE_BYTES);
	default:
		return false;
	}
}

static void receive(struct sink *s, uint64_t n, enum sink_kind kind,
		    const void *data, uint32_t len)
{
	uint8_t page[PAGE_BYTES];

	s->bytes += SINK_HEADER + len;
	s->tokens -= SINK_HEADER + len;
	if (n >= s->nr || len > PAGE_BYTES) {
		s->bad++;
		return;
	}
	s->page[n].kind = kind;
	s->page[n].len = len;
	memcpy(s->page[n].data, data, len);
	if (s->each && !unpack(&s->page[n], page))
		s->bad++;
}

void sink_filled(struct sink *s, uint64_t n, uint64_t value)
{
	s->filled++;
	receive(s, n, SINK_FILLED, &value, sizeof(value));
}

void sink_normal(struct sink *s, uint64_t n, const void *data)
{
	s->normal++;
	receive(s, n, SINK_NORMAL, data, PAGE_BYTES);
}

void sink_packed(struct sink *s, uint64_t n, const void *data, uint32_t len)
{
	s->packed++;
	s->packed_bytes += len;
	receive(s, n, SINK_PACKED, data, len);
}

/*
 * Wait until the link has carried what was given to it. Apart from the sending,
 * which models do with locks held. The clock is read only when tokens run out.
 */
void sink_pace(struct sink *s)
{
	uint64_t now;

	if (s->tokens >= 0)
		return;
	now = now_ns();
	s->tokens += s->rate * (double)(now - s->refilled) / (double)NS_PER_S;
	s->refilled = now;
	if (s->tokens > s->depth)
		s->tokens = s->depth;
	if (s->tokens < -s->rate * NAP_MS / 1000)
		sleep_ns((uint64_t)(-s->tokens / s->rate * (double)NS_PER_S));
}

/*
 * Compare what arrived with the pages of @r, but those still @pending. Return:
 * how many agree; @s->bad counts the others.
 */
uint64_t sink_compare(struct sink *s, const struct region *r,
		      const uint64_t *pending)
{
	uint8_t page[PAGE_BYTES];
	uint64_t n, good = 0;

	for (n = 0; n < s->nr; n++) {
		if (pending[n / 64] >> n % 64 & 1)
			continue;
		if (unpack(&s->page[n], page) &&
		    !memcmp(page, region_page(r, n), PAGE_BYTES))
			good++;
		else
			s->bad++;
	}
	return good;
}

void sink_close(struct sink *s)
{
	free(s->page);
}
