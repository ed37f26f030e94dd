// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_soft_many.c - queues in the process: several at once, cancels meanwhile,
 * and closing with requests under way
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "soft_rig.h"

#define SIZE	4096
#define THREADS	4
#define ROUNDS	60

static const struct flipq_codec codecs[] = {
	{ .algorithm = FLIPQ_ALG_LZ4 },
	{ .algorithm = FLIPQ_ALG_ZSTD },
	{ .algorithm = FLIPQ_ALG_DEFLATE },
};

static const struct flipq_config config = {
	.slots = 16, .partitions = 3, .in_size = SIZE, .out_size = SIZE,
	.codecs = codecs, .nr_codecs = ARRAY_SIZE(codecs),
};

/* Fill all slots. Each request's number says what its input was. */
static void fill(struct flipq *q, uint32_t *next)
{
	int slot;

	while ((slot = flipq_get(q)) >= 0) {
		soft_fill(flipq_input(q, slot), SIZE, *next);
		flipq_prep_compress(q, slot, *next % 3, SIZE, SIZE, 0, *next);
		++*next;
	}
}

/* Decompress the output of @e, and compare. */
static bool good_output(struct flipq *other, struct flipq *q,
			const struct flipq_event *e)
{
	const unsigned int number = (unsigned int)e->user_data;
	unsigned char want[SIZE];
	struct flipq_event back;
	int slot = flipq_get(other);

	memcpy(flipq_input(other, slot), flipq_output(q, e->slot), e->len);
	flipq_prep_decompress(other, slot, number % 3, e->len, SIZE, 0, 0);
	back = soft_result(other);
	soft_fill(want, SIZE, number);
	return !back.status && back.len == SIZE &&
	       !memcmp(flipq_output(other, back.slot), want, SIZE);
}

/* A queue to compress and one to check. Return: NULL if all was well. */
static void *work(void *arg)
{
	struct flipq *q = soft_queue(config), *other = soft_queue(config);
	uint32_t next = (uint32_t)(uintptr_t)arg * 1000000, cancelled = 0;
	uint32_t done = 0, first = next;
	bool good = q && other;
	struct flipq_event e;
	int round;

	for (round = 0; round < ROUNDS && good; round++) {
		fill(q, &next);
		flipq_submit_and_wait(q, 0, NONE);
		if (round % 4 == 0)
			cancelled += (uint32_t)flipq_cancel_all(q);
		while (flipq_peek(q, &e)) {
			if (!e.status)
				good = good_output(other, q, &e) && good;
			else if (e.status == FLIPQ_STATUS_ECANCELED)
				cancelled--;
			else
				good = false;
			done++;
			flipq_seen(q, e.slot);
		}
	}
	flipq_wait(q, flipq_in_flight(q), NONE);
	while (flipq_peek(q, &e)) {
		cancelled -= e.status == FLIPQ_STATUS_ECANCELED;
		done++;
		flipq_seen(q, e.slot);
	}
	good = good && done == next - first && !cancelled;
	flipq_close(q);
	flipq_close(other);
	return good ? NULL : arg;
}

static void test_threads(void)
{
	pthread_t threads[THREADS];
	bool good = true;
	uintptr_t n;

	for (n = 0; n < THREADS; n++)
		pthread_create(&threads[n], NULL, work, (void *)(n + 1));
	for (n = 0; n < THREADS; n++) {
		void *bad;

		pthread_join(threads[n], &bad);
		good = good && !bad;
	}
	ok(good, "threads with queues of their own get what they asked for");
}

static void test_close(void)
{
	unsigned int n;
	bool good = true;

	for (n = 0; n < 100 && good; n++) {
		struct flipq *q = soft_queue(config);
		uint32_t next = n;

		if (!q) {
			good = false;
			break;
		}
		fill(q, &next);
		flipq_submit(q);
		if (n % 3 == 0)
			flipq_wait(q, n % 16, NONE);
		if (n % 2)
			flipq_fd(q);
		flipq_close(q);
	}
	ok(good, "queues close with requests in flight");
}

struct helper {
	struct flipq *q;
	int stop;
};

static void *help(void *arg)
{
	struct helper *h = arg;
	unsigned int n;

	for (n = 0; !__atomic_load_n(&h->stop, __ATOMIC_ACQUIRE); n++)
		flipq_serve(h->q, n % 2, 3, n % 5 * 10000);
	return NULL;
}

/* Two threads take turns at two partitions, and nothing is left behind. */
static void test_helpers(void)
{
	struct flipq_config c = config;
	struct helper helper = { 0 };
	pthread_t threads[2];
	struct flipq_event e;
	uint32_t next = 0, done = 0;
	int n;

	c.partitions = 0;
	c.owner_partitions = 2;
	helper.q = soft_queue(c);
	for (n = 0; n < 2; n++)
		pthread_create(&threads[n], NULL, help, &helper);
	for (n = 0; n < 200; n++) {
		fill(helper.q, &next);
		flipq_submit_and_wait(helper.q, (unsigned int)n % 32, NONE);
		while (flipq_peek(helper.q, &e)) {
			done += !e.status;
			flipq_seen(helper.q, e.slot);
		}
	}
	flipq_wait(helper.q, flipq_in_flight(helper.q), NONE);
	while (flipq_peek(helper.q, &e)) {
		done += !e.status;
		flipq_seen(helper.q, e.slot);
	}
	is(done, next, "threads that come and go serve all");
	__atomic_store_n(&helper.stop, 1, __ATOMIC_RELEASE);
	for (n = 0; n < 2; n++)
		pthread_join(threads[n], NULL);
	flipq_close(helper.q);
}

int main(void)
{
	test_threads();
	test_close();
	test_helpers();
	return tap_end();
}
