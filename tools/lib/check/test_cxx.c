// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_cxx.c - a program in C++ is a user like any other
 */
#include "fake.h"
#include "in_cxx.h"
#include "tap.h"

static struct fake kernel;

int cxx_open(struct flipq **q, const struct flipq_config *config)
{
	return flipq_open_with(&kernel.sys, q, config);
}

int main(void)
{
	fake_init(&kernel);
	kernel.serve_in_wait = true;
	ok(cxx_page(), "gets its page back in C++17");
	is(kernel.enters, 2, "with two system calls");
	is(kernel.closes, 1, "and closes the queue");
	fake_destroy(&kernel);
	return tap_end();
}
