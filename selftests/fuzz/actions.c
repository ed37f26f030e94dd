// SPDX-License-Identifier: GPL-2.0-only
/*
 * actions.c - the table of what a hostile process does, and how often
 */
#include "fuzz.h"

static const struct {
	const char *name;
	void (*act)(struct fuzz_actor *a);
	u32 weight;
} actions[OP_NR] = {
	[OP_OPEN] = { "open", fuzz_open, 2 },
	[OP_CLOSE] = { "close", fuzz_close, 3 },
	[OP_INFO] = { "info", fuzz_info, 1 },
	[OP_PROBE] = { "probe", fuzz_probe, 1 },
	[OP_CODEC] = { "codec", fuzz_codec, 2 },
	[OP_SETUP] = { "setup", fuzz_setup, 12 },
	[OP_ENTER] = { "enter", fuzz_enter, 16 },
	[OP_STATS] = { "stats", fuzz_stats, 4 },
	[OP_SERVE] = { "serve", fuzz_serve, 14 },
	[OP_CANCEL] = { "cancel", fuzz_cancel, 8 },
	[OP_UNKNOWN] = { "unknown", fuzz_unknown, 1 },
	[OP_POLL] = { "poll", fuzz_poll, 3 },
	[OP_FDINFO] = { "fdinfo", fuzz_fdinfo, 1 },
	[OP_MMAP] = { "mmap", fuzz_mmap, 6 },
	[OP_MUNMAP] = { "munmap", fuzz_munmap, 3 },
	[OP_MPROTECT] = { "mprotect", fuzz_mprotect, 3 },
	[OP_MREMAP] = { "mremap", fuzz_mremap, 2 },
	[OP_MADVISE] = { "madvise", fuzz_madvise, 2 },
	[OP_REQUEST] = { "request", fuzz_request, 24 },
	[OP_FLIP] = { "flip", fuzz_flip, 12 },
	[OP_THREAD] = { "thread", fuzz_thread, 6 },
	[OP_FORK] = { "fork", fuzz_fork, 2 },
	[OP_EXEC] = { "exec", fuzz_exec, 1 },
	[OP_PASS] = { "pass", fuzz_pass, 2 },
	[OP_MEMCG] = { "memcg", fuzz_memcg, 2 },
	[OP_CPU] = { "cpu", NULL, 0 },
	[OP_SUSPEND] = { "suspend", NULL, 0 },
	[OP_PARAM] = { "param", NULL, 0 },
};

const char *fuzz_op_name(enum fuzz_op op)
{
	return actions[op].name;
}

static u32 weight_of(u64 allowed)
{
	u32 op, sum = 0;

	for (op = 0; op < OP_ACTIONS; op++)
		if (allowed & (1ULL << op))
			sum += actions[op].weight;
	return sum;
}

/* Do what the actor's next bytes say, among what is allowed. */
void fuzz_act(struct fuzz_actor *a, u64 allowed)
{
	u32 op, sum, n;

	allowed &= a->child->options->actions;
	sum = weight_of(allowed);
	if (!sum)
		return;
	n = source_below(&a->in, sum);
	for (op = 0; op < OP_ACTIONS; op++) {
		if (!(allowed & (1ULL << op)))
			continue;
		if (n < actions[op].weight)
			break;
		n -= actions[op].weight;
	}
	fuzz_guarded(actions[op].act, a);
}
