// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - runs the tests of the workqueue when the module is loaded
 *
 * The log gets TAP. Loading succeeds however the tests end, so that what they
 * left can be looked at.
 */
#include <linux/atomic.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "compat.h"
#include "test.h"

#define TEST_COMPLAINTS	8

static char *test;
module_param(test, charp, 0444);
MODULE_PARM_DESC(test, "name of the test to run (default: all)");

static unsigned int cycles;
module_param(cycles, uint, 0444);
MODULE_PARM_DESC(cycles, "of the test create_destroy (default: 100000, on debug kernels 5000)");

static struct engine_turn_limits limits;
static atomic_t complaints;
static const char *skipped;

/**
 * struct test_case - a test
 * @name: as the parameter and the log have it
 * @run: runs it
 */
struct test_case {
	const char *name;
	void (*run)(void);
};

static const struct test_case tests[] = {
	{ "shapes", test_shapes },
	{ "ops", test_ops },
	{ "init_fails", test_init_fails },
	{ "full", test_full },
	{ "skips_full", test_skips_full },
	{ "batch", test_batch },
	{ "kicks", test_kicks },
	{ "results", test_results },
	{ "wait", test_wait },
	{ "wait_signal", test_wait_signal },
	{ "cancel", test_cancel },
	{ "in_flight", test_in_flight },
	{ "two_submitters", test_two_submitters },
	{ "create_destroy", test_create_destroy },
};

bool test_expect(bool ok, const char *what, const char *func, int line)
{
	if (ok)
		return true;
	if (atomic_inc_return(&complaints) <= TEST_COMPLAINTS)
		pr_info("# %s:%d: expected %s\n", func, line, what);
	return false;
}

/* The test cannot be done here. */
void test_skip(const char *reason)
{
	skipped = reason;
}

/* Let a turn end after so many requests, until the test is over. */
void test_limits(unsigned int requests)
{
	WRITE_ONCE(limits.requests, requests);
}

unsigned int test_cycles(void)
{
	if (cycles)
		return cycles;
	return TEST_DEBUG_KERNEL ? 5000 : 100000;
}

static int test_thread_main(void *data)
{
	struct test_thread *t = data;

	t->run(t->arg);
	/* The module may go as soon as this is complete. */
	kthread_complete_and_exit(&t->ended, 0);
}

void test_thread_start(struct test_thread *t, void (*run)(void *arg), void *arg)
{
	struct task_struct *task;

	t->run = run;
	t->arg = arg;
	init_completion(&t->ended);
	task = kthread_run(test_thread_main, t, "flipqt/test");
	t->started = !IS_ERR(task);
	expect(t->started);
}

void test_thread_join(struct test_thread *t)
{
	if (t->started)
		wait_for_completion(&t->ended);
}

static bool test_chosen(const struct test_case *t)
{
	return !test || !strcmp(test, t->name);
}

static void test_run(const struct test_case *t, unsigned int number)
{
	atomic_set(&complaints, 0);
	skipped = NULL;
	test_limits(8);
	t->run();
	if (atomic_read(&complaints))
		pr_info("not ok %u %s\n", number, t->name);
	else if (skipped)
		pr_info("ok %u %s # SKIP %s\n", number, t->name, skipped);
	else
		pr_info("ok %u %s\n", number, t->name);
}

static int __init test_init(void)
{
	unsigned int i, n = 0;
	int err;

	for (i = 0; i < ARRAY_SIZE(tests); i++)
		n += test_chosen(&tests[i]);
	if (!n) {
		pr_err("test=%s: there is no such test\n", test);
		return -EINVAL;
	}
	limits.requests = 8;
	limits.ns = 50000;
	err = engine_pool_init("flipqt", cpu_possible_mask, 0, &limits);
	if (err)
		return err;
	pr_info("TAP version 13\n");
	pr_info("1..%u\n", n);
	n = 0;
	for (i = 0; i < ARRAY_SIZE(tests); i++)
		if (test_chosen(&tests[i]))
			test_run(&tests[i], ++n);
	return 0;
}

static void __exit test_exit(void)
{
	engine_pool_exit();
}

module_init(test_init);
module_exit(test_exit);

MODULE_DESCRIPTION("Tests of the engine of flipq");
MODULE_AUTHOR("flipq developers");
MODULE_LICENSE("GPL");
