// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_example.c - the example of the README does what it says
 */
#include "fake.h"
#include "tap.h"

static struct fake kernel;

static int example_open(struct flipq **q, const struct flipq_config *config)
{
	return flipq_open_with(&kernel.sys, q, config);
}

#define main example
#define flipq_open example_open
#include "../examples/page.c"
#undef main
#undef flipq_open

int main(void)
{
	fake_init(&kernel);
	kernel.serve_in_wait = true;
	is(example(), 0, "gets its page back");
	is(kernel.enters, 2, "with two system calls");
	is(kernel.closes, 1, "and closes the queue");
	fake_destroy(&kernel);
	return tap_end();
}
