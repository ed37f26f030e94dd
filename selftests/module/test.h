/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test.h - what the tests of the workqueue share
 */
#ifndef FLIPQ_TEST_H
#define FLIPQ_TEST_H

/* Names no part of the module's name: in tests that would be a complaint. */
#undef pr_fmt
#define pr_fmt(fmt) "workqueue test: " fmt

#include <linux/completion.h>
#include <linux/kconfig.h>
#include <linux/printk.h>
#include <linux/types.h>

#include "engine/workqueue.h"

/* main.c */
#define TEST_DEBUG_KERNEL \
	(IS_ENABLED(CONFIG_KASAN) || IS_ENABLED(CONFIG_KCSAN) || \
	 IS_ENABLED(CONFIG_PROVE_LOCKING))

/* What is wrong fails the test; nothing ends at once. Return: @what. */
#define expect(what) test_expect(what, #what, __func__, __LINE__)

bool test_expect(bool ok, const char *what, const char *func, int line);
void test_skip(const char *reason);
void test_limits(unsigned int requests);
unsigned int test_cycles(void);

/**
 * struct test_thread - a thread that a test starts and waits for
 * @run: what it does
 * @arg: for @run
 * @ended: it is over
 * @started: there is one
 */
struct test_thread {
	void (*run)(void *arg);
	void *arg;
	struct completion ended;
	bool started;
};

void test_thread_start(struct test_thread *t, void (*run)(void *arg),
		       void *arg);
void test_thread_join(struct test_thread *t);

/* probe.c */
#define PROBE_WORDS	7

/**
 * struct probe_request - a request, 128 bytes
 * @state: where it is
 * @part: index of its partition
 * @slot: in that
 * @serial: counts requests from 0
 * @data: made from @serial, and changed by the handler
 */
struct probe_request {
	u32 state;
	u32 part;
	u32 slot;
	u64 serial;
	u64 data[PROBE_WORDS];
} __aligned(128);

/**
 * struct probe_count - how often each op was called for a slot
 * @init: request_init that succeeded
 * @uninit: request_uninit
 * @submit: submitted, which is no op
 * @handler: request_handler
 * @cancelled: request_cancelled
 * @done: request_done
 */
struct probe_count {
	u32 init;
	u32 uninit;
	u32 submit;
	u32 handler;
	u32 cancelled;
	u32 done;
};

/**
 * struct probe - a client that watches how its workqueue treats it
 * @partitions: of the workqueue
 * @slots: of each
 * @submitter: who alone sees request_done
 * @inits: calls of request_init
 * @fail_at: the call of request_init that fails, counted from 0
 * @closed: partitions whose handlers wait
 * @submitted: requests so far
 * @done: of these
 * @serials: bits of @seen
 * @seen: by serial: done; NULL for not of interest
 * @parts: the engine's
 * @counts: by partition and slot
 */
struct probe {
	unsigned int partitions;
	unsigned int slots;
	const struct task_struct *submitter;
	unsigned int inits;
	unsigned int fail_at;
	u64 closed;
	u64 submitted;
	u64 done;
	u64 serials;
	unsigned long *seen;
	struct engine_partition *parts[FLIPQ_MAX_PARTITIONS];
	struct probe_count counts[];
};

#define PROBE_FAILS	(-EXDEV)

extern const struct engine_ops probe_ops;

struct probe *probe_alloc(unsigned int partitions, unsigned int slots);
void probe_free(struct probe *p);
struct engine_workqueue *probe_create(struct probe *p);
void probe_fill(struct probe *p, void *request);
bool probe_submit(struct probe *p, struct engine_workqueue *wq);
unsigned int probe_stage(struct probe *p, struct engine_workqueue *wq,
			 unsigned int most);
void probe_close(struct probe *p);
void probe_open(struct probe *p);
u64 probe_started(const struct probe *p);
bool probe_wait_started(const struct probe *p, u64 n);
void probe_destroy(struct probe *p, struct engine_workqueue *wq);

/* The tests. */
void test_shapes(void);
void test_ops(void);
void test_init_fails(void);

void test_full(void);
void test_skips_full(void);
void test_batch(void);
void test_kicks(void);
void test_results(void);

void test_wait(void);
void test_wait_signal(void);
void test_cancel(void);

void test_in_flight(void);
void test_two_submitters(void);
void test_create_destroy(void);

#endif /* FLIPQ_TEST_H */
