// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_stress.c - a million requests with a server on a thread of its own: no
 * completion is lost, doubled or damaged, and nobody sleeps for ever
 */
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "tap.h"

#define SIZE	64
#define HELD	3

struct shape {
	const char *name;
	unsigned int slots;
	unsigned int parts;
	enum flipq_policy policy;
	unsigned int requests;
};

struct state {
	struct flipq *q;
	unsigned int sent;
	unsigned int received;
	unsigned int seed;
	unsigned char *arrived;			/* by request */
	unsigned int uses[64 * 8];		/* by slot */
	struct flipq_event held[HELD];		/* peeked at, given back late */
	unsigned int nr_held;
	const char *error;
};

/* Repeatable, and without state of the C library's. */
static unsigned int draw(struct state *s, unsigned int below)
{
	s->seed = s->seed * 1103515245 + 12345;
	return (s->seed >> 16) % below;
}

/* The input of request @id, which no other request has. */
static uint64_t word(uint64_t id, unsigned int i)
{
	return id * 0x9e3779b97f4a7c15ULL + i;
}

static void send_some(struct state *s, unsigned int requests)
{
	unsigned int n = 1 + draw(s, 24);

	while (n-- && s->sent < requests) {
		uint64_t words[SIZE / 8];
		int slot = flipq_get(s->q);
		unsigned int i;

		if (slot < 0)
			return;
		for (i = 0; i < SIZE / 8; i++)
			words[i] = word(s->sent, i);
		memcpy(flipq_input(s->q, slot), words, SIZE);
		if (flipq_prep_compress(s->q, slot, 0, SIZE, SIZE, 0, s->sent))
			s->error = "prepare failed";
		s->uses[slot]++;
		s->sent++;
	}
}

static void check(struct state *s, const struct flipq_event *e)
{
	uint64_t id = e->user_data;
	const unsigned char *out = flipq_output(s->q, e->slot);
	unsigned char plain[SIZE];
	uint64_t words[SIZE / 8];
	unsigned int i;

	if (id >= s->sent || s->arrived[id]++)
		s->error = "a completion of nothing, or a second one";
	if (e->status || e->len != SIZE)
		s->error = "a request failed";
	for (i = 0; i < SIZE; i++)
		plain[i] = fake_code(out[i]);
	memcpy(words, plain, SIZE);
	for (i = 0; i < SIZE / 8; i++)
		if (words[i] != word(id, i))
			s->error = "output is another request's";
	s->received++;
}

static void give_back(struct state *s, unsigned int keep)
{
	while (s->nr_held > keep) {
		const struct flipq_event *e = &s->held[--s->nr_held];

		check(s, e);
		flipq_seen(s->q, e->slot);
	}
}

static void receive_some(struct state *s)
{
	unsigned int n = 1 + draw(s, 24);
	struct flipq_event e;

	while (n-- && flipq_peek(s->q, &e) == 1) {
		if (s->nr_held < HELD && !draw(s, 4)) {
			s->held[s->nr_held++] = e;
			continue;
		}
		check(s, &e);
		flipq_seen(s->q, e.slot);
	}
	give_back(s, draw(s, HELD + 1));
}

/* Every way there is to hand over and to wait. */
static void hand_over(struct state *s)
{
	unsigned int min = draw(s, 12);
	int ret = 0;

	switch (draw(s, 4)) {
	case 0:
		ret = flipq_submit_and_wait(s->q, min, FLIPQ_TIMEOUT_NONE);
		break;
	case 1:
		ret = flipq_submit(s->q);
		if (ret >= 0)
			ret = flipq_wait(s->q, min, FLIPQ_TIMEOUT_NONE);
		break;
	default:
		ret = flipq_submit(s->q);
	}
	if (ret < 0)
		s->error = "submit or wait failed";
}

static void run(struct state *s, struct fake *f, const struct shape *shape)
{
	unsigned int idle = 0;

	while (s->received < shape->requests && !s->error && !f->hung) {
		unsigned int before = s->received;

		send_some(s, shape->requests);
		hand_over(s);
		receive_some(s);
		/* all got, none in flight: the held ones are in the way */
		if (s->received == before && !flipq_in_flight(s->q))
			give_back(s, 0);
		if (s->received != before) {
			idle = 0;
		} else if (++idle > 1000) {
			/* sleep rather than burn what the server needs */
			if (flipq_wait(s->q, 1, FLIPQ_TIMEOUT_NONE) < 0)
				s->error = "wait failed";
		}
	}
}

static void stress(const struct shape *shape)
{
	static const struct flipq_codec codec;
	const struct flipq_config c = {
		.slots = shape->slots, .partitions = shape->parts,
		.in_size = SIZE, .out_size = SIZE, .codecs = &codec,
		.nr_codecs = 1, .policy = shape->policy,
	};
	struct state s = { .seed = 1 };
	unsigned int least = ~0U, i;
	struct flipq_usage usage;
	struct fake f;

	printf("# %s\n", shape->name);
	s.arrived = calloc(shape->requests, 1);
	if (!s.arrived)
		abort();
	fake_init(&f);
	is(flipq_open_with(&f.sys, &s.q, &c), 0, "opens");
	fake_start(&f);
	run(&s, &f, shape);
	fake_stop(&f);
	flipq_usage(s.q, &usage);
	printf("# %u requests: %llu batches, %llu kicks, %llu waits\n",
	       s.received, (unsigned long long)usage.batches,
	       (unsigned long long)usage.kicks,
	       (unsigned long long)usage.waits);
	if (s.error)
		printf("# %s\n", s.error);
	ok(!s.error, "no request is doubled, damaged or refused");
	ok(!f.hung, "no wake-up is lost");
	is(s.received, shape->requests, "no completion is lost");
	ok(f.enters <= usage.kicks + usage.waits, "ENTER only as counted");
	for (i = 0; i < shape->slots * shape->parts; i++)
		if (s.uses[i] < least)
			least = s.uses[i];
	ok(least > 100, "each slot was used over many generations");
	flipq_close(s.q);
	fake_destroy(&f);
	free(s.arrived);
}

int main(void)
{
	static const struct shape shapes[] = {
		{ "deep", 32, 2, FLIPQ_POLICY_BATCH, 700000 },
		{ "whole words", 64, 8, FLIPQ_POLICY_LEAST_LOADED, 200000 },
		{ "narrow", 3, 4, FLIPQ_POLICY_ROUND_ROBIN, 80000 },
		{ "one slot", 1, 1, FLIPQ_POLICY_BATCH, 20000 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		stress(&shapes[i]);
	return tap_end();
}
