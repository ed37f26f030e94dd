// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c - what was done, and what came of it
 */
#include "fuzz.h"

static u64 all_of(const u64 *errnos)
{
	u64 sum = 0;
	int i;

	for (i = 0; i < FUZZ_ERRNOS; i++)
		sum += errnos[i];
	return sum;
}

static void print_op(const struct fuzz_shared *s, enum fuzz_op op)
{
	const u64 *errnos = s->ops[op];
	int i;

	printf("op %-9s %8llu:", fuzz_op_name(op), all_of(errnos));
	for (i = 0; i < FUZZ_ERRNOS; i++) {
		if (!errnos[i])
			continue;
		printf(" %s %llu", i ? strerrorname_np(i) : "ok", errnos[i]);
	}
	putchar('\n');
}

static void print_failures(const struct fuzz_shared *s)
{
	u32 i;

	for (i = 0; i < s->nr_failures && i < FUZZ_FAILURES; i++) {
		printf("failure: %s\n", s->failure[i]);
		printf("input: %s\n", s->blamed[i]);
	}
	if (s->nr_failures > i)
		printf("failure: and %u more\n", s->nr_failures - i);
}

void fuzz_report(const struct fuzz_shared *s)
{
	enum fuzz_op op;

	for (op = 0; op < OP_NR; op++)
		if (all_of(s->ops[op]))
			print_op(s, op);
	printf("executions: %llu, %llu of them killed, %llu too late\n",
	       s->executions, s->killed, s->late);
	if (s->nr_pcs)
		printf("coverage: %u places, %u inputs reached new ones\n",
		       s->nr_pcs, s->nr_kept);
	else
		printf("coverage: not known, there is no kcov\n");
	printf("strings of the honest queue: looked for in %llu MiB\n",
	       s->looked >> 20);
	print_failures(s);
}
