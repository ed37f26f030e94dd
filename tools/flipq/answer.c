// SPDX-License-Identifier: GPL-2.0-only
/*
 * answer.c - page faults of a client answered from an image
 *
 * One thread, so that a page never comes after what the client has done to it
 * since: the next event is read only once the one before it is dealt with. All
 * workers decode, also for one fault, and what is read ahead is small enough for a
 * fault not to wait long behind it.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ahead.h"
#include "answer.h"
#include "flipq.h"
#include "message.h"
#include "tool.h"

/* Read ahead at a time: as long as a fault may have to wait. */
#define STEP		(256U * KIB)

/* Behind a fault, before what was asked for earlier. */
#define TRAIL		(4U * MIB)

/* Faults that wait for an event to be read. More are told to come again. */
#define MAX_PUT_OFF	64

/* What a step of the loop returns when there is no client any more. */
#define NO_CLIENT		1

/**
 * struct answering - a client being served
 * @config: how
 * @counters: what was done
 * @m: its memory
 * @ahead: what comes next
 * @buf: @step bytes of the image
 * @step: read ahead at a time
 * @put_off: addresses of faults that wait for an event to be read
 * @nr_put_off: how many
 * @walked: nothing is left to be read ahead
 * @gone: the client does without us
 * @stays: the client cannot do without us before it ends
 */
struct answering {
	const struct answer_config *config;
	struct answer_counters *counters;
	struct memory m;
	struct ahead ahead;
	void *buf;
	uint64_t step;
	uint64_t put_off[MAX_PUT_OFF];
	unsigned int nr_put_off;
	bool walked;
	bool gone;
	bool stays;
};

static const struct mapping *mapping_of(const struct answering *a, size_t map)
{
	return &a->m.c->maps.at[map];
}

/* What the kernel said to a call for the client, to the loop. */
static int settle(const struct answering *a, int err, const char *what)
{
	if (err == -ESRCH)
		return NO_CLIENT;
	return err ? fail(a->m.c->name, "%s: %s", what, strerror(-err)) : 0;
}

/* The content of @s into a->buf: 0, or a negative errno of the image. */
static int read_span(const struct answering *a, const struct span *s)
{
	const struct mapping *map = mapping_of(a, s->map);
	uint64_t at = map->offset + s->page * map->page;
	size_t len = (size_t)(s->nr * map->page);
	int64_t got = flipq_image_read(a->config->image, a->buf, len, at);

	if (got < 0)
		return (int)got;
	return (size_t)got == len ? 0 : -EBADMSG;
}

/* Give @s, and count in @bytes what that was. */
static int give(struct answering *a, const struct span *s, uint64_t *bytes)
{
	uint64_t left = a->m.left;
	int err = memory_give(&a->m, s, a->buf);

	*bytes += (left - a->m.left) * mapping_of(a, s->map)->page;
	return err;
}

/* The pages around one that a read of the image's block brings, and it itself. */
static struct span around(const struct answering *a, size_t map, uint64_t page)
{
	const struct mapping *at = mapping_of(a, map);
	uint64_t block = a->config->block, place, low, high;
	uint64_t nr = at->size / at->page;

	if (block <= at->page)
		return (struct span){ map, page, 1 };
	place = at->offset + page * at->page;
	low = (place % block) / at->page;
	high = (block - place % block + at->page - 1) / at->page;
	if (low > page)
		low = page;
	if (high > nr - page)
		high = nr - page;
	if ((low + high) * at->page > a->step)
		return (struct span){ map, page, 1 };
	return (struct span){ map, page - low, low + high };
}

static struct span behind(const struct answering *a, const struct span *s)
{
	const struct mapping *map = mapping_of(a, s->map);
	uint64_t left = map->size / map->page - s->page - s->nr;
	uint64_t most = (TRAIL + map->page - 1) / map->page;

	return (struct span){ s->map, s->page + s->nr,
			      left < most ? left : most };
}

/* No answer is left but one that ends who waits. */
static int lose(struct answering *a, size_t map, uint64_t page, int reason)
{
	const struct mapping *at = mapping_of(a, map);
	int err;

	a->counters->lost_pages++;
	fail(a->config->name,
	     "the page at offset %" PRIu64 ", address %#" PRIx64 " of the client: %s",
	     at->offset + page * at->page, at->base + page * at->page,
	     flipq_image_error(reason));
	if (!a->config->sigbus)
		return -1;
	err = memory_poison(&a->m, map, page);
	if (err == -EINVAL)
		return fail(a->m.c->name,
			    "this kernel cannot make a page SIGBUS: that takes Linux 6.6");
	return err == -EAGAIN ? err : settle(a, err, "UFFDIO_POISON");
}

/* 0, -EAGAIN: an event must be read first; NO_CLIENT, or -1 after a message. */
static int answer_page(struct answering *a, size_t map, uint64_t page)
{
	struct span s = { map, page, 1 };
	struct span after;
	int err;

	if (!memory_wants(&a->m, &s)) {
		err = memory_zero(&a->m, map, page);
		return err == -EAGAIN ? err : settle(a, err, "UFFDIO_COPY");
	}
	s = around(a, map, page);
	err = read_span(a, &s);
	if (err && s.nr > 1) {
		s = (struct span){ map, page, 1 };
		err = read_span(a, &s);
	}
	if (err)
		return lose(a, map, page, err);
	err = give(a, &s, &a->counters->fault_bytes);
	if (err)
		return err == -EAGAIN ? err : settle(a, err, "UFFDIO_COPY");
	after = behind(a, &s);
	ahead_note(&a->ahead, &after);
	return 0;
}

static int answer_fault(struct answering *a, uint64_t address)
{
	const struct mapping *map = mappings_find(&a->m.c->maps, address);
	size_t index;
	uint64_t page;
	int err;

	if (!map)
		return fail(a->m.c->name,
			    "page fault at %#" PRIx64 ": expected an address of a mapping",
			    address);
	index = (size_t)(map - a->m.c->maps.at);
	page = (address - map->base) / map->page;
	err = answer_page(a, index, page);
	if (err != -EAGAIN)
		return err;
	if (a->nr_put_off == MAX_PUT_OFF)
		return settle(a, memory_wake(&a->m, index, page),
			      "UFFDIO_WAKE");
	a->put_off[a->nr_put_off++] = address;
	return 0;
}

/* Memory of which nothing is to come any more may be anywhere. */
static int refuse(const struct answering *a, const char *why)
{
	return a->m.left ? fail(a->m.c->name, "the client %s", why) : 0;
}

static int take_event(struct answering *a)
{
	struct uffd_msg msg;
	ssize_t n = read(a->m.c->uffd, &msg, sizeof(msg));

	if (n != sizeof(msg))
		return n < 0 && errno == EAGAIN ? 0 :
			settle(a, n < 0 ? -errno : -EPROTO, "userfaultfd");
	switch (msg.event) {
	case UFFD_EVENT_PAGEFAULT:
		a->counters->faults++;
		return answer_fault(a, msg.arg.pagefault.address);
	case UFFD_EVENT_REMOVE:
	case UFFD_EVENT_UNMAP:
		memory_drop(&a->m, msg.arg.remove.start, msg.arg.remove.end);
		return 0;
	case UFFD_EVENT_FORK:
		close((int)msg.arg.fork.ufd);
		return refuse(a, "forks before its memory is there: nobody would answer its child");
	case UFFD_EVENT_REMAP:
		return refuse(a, "moves its mappings: expected them to stay");
	default:
		return fail(a->m.c->name, "unknown event %#x of userfaultfd",
			    msg.event);
	}
}

/* What cannot be read ends nobody who does not ask for it. */
static void pass_over(struct answering *a, const struct span *s, int reason)
{
	const struct mapping *map = mapping_of(a, s->map);

	if (!a->counters->passed_over++ && !a->config->quiet)
		warn(a->config->name,
		     "%" PRIu64 " bytes at offset %" PRIu64
		     ": %s; left until the client touches it",
		     s->nr * map->page, map->offset + s->page * map->page,
		     flipq_image_error(reason));
}

static int go_ahead(struct answering *a)
{
	struct span s;
	int err;

	if (!ahead_next(&a->ahead, &a->m, a->step, &s)) {
		a->walked = true;
		return 0;
	}
	err = read_span(a, &s);
	if (err) {
		pass_over(a, &s, err);
	} else {
		err = give(a, &s, &a->counters->ahead_bytes);
		/* It is still next, once the event is read. */
		if (err == -EAGAIN)
			return 0;
		if (err)
			return settle(a, err, "UFFDIO_COPY");
	}
	ahead_done(&a->ahead, &s);
	return 0;
}

/* Who waits comes first, what it did to its memory even before that. */
static int step(struct answering *a)
{
	struct pollfd p[] = {
		{ .fd = a->m.c->uffd, .events = POLLIN },
		{ .fd = a->m.c->pidfd, .events = POLLIN },
	};
	bool idle = a->walked && !a->nr_put_off && !a->gone;

	if (poll(p, 2, idle ? -1 : 0) < 0)
		return errno == EINTR ? 0 : settle(a, -errno, "poll");
	if (p[1].revents)
		return NO_CLIENT;
	if (p[0].revents & POLLIN)
		return take_event(a);
	if (p[0].revents)
		return settle(a, -EBADF, "userfaultfd");
	if (a->nr_put_off)
		return answer_fault(a, a->put_off[--a->nr_put_off]);
	return a->walked ? 0 : go_ahead(a);
}

/*
 * Some memory cannot be let go of, such as a range with a hole: it stays ours. Who
 * began to drop memory while it was ours waits for that to be read, even now.
 */
static bool is_done(struct answering *a)
{
	if (a->m.left || a->stays)
		return false;
	if (!a->gone)
		a->stays = memory_leave(&a->m);
	a->gone = !a->stays;
	return a->gone && !memory_changes(&a->m);
}

static int prepare(struct answering *a)
{
	uint32_t block = a->config->block ? a->config->block : STEP;
	size_t i;

	a->step = (STEP + block - 1) / block * (uint64_t)block;
	for (i = 0; i < a->m.c->maps.nr; i++)
		if (a->step < mapping_of(a, i)->page)
			a->step = mapping_of(a, i)->page;
	a->buf = malloc(a->step);
	return a->buf ? 0 : fail(a->m.c->name, "no memory");
}

int answer_run(const struct client *c, const struct answer_config *config,
	       struct answer_counters *counters)
{
	struct answering a = { .config = config, .counters = counters };
	int err = memory_open(&a.m, c);

	if (!err)
		err = prepare(&a);
	while (!err && !is_done(&a))
		err = step(&a);
	free(a.buf);
	memory_close(&a.m);
	return err == NO_CLIENT ? 0 : err;
}
