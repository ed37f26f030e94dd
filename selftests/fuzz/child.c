// SPDX-License-Identifier: GPL-2.0-only
/*
 * child.c - the hostile process: one input from its start to its end
 */
#include <signal.h>
#include <sys/prctl.h>

#include "fuzz.h"

#define LOOK_EVERY 8

static void start(struct fuzz_child *c)
{
	unsigned int i;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	c->pid = getpid();
	for (i = 0; i < FUZZ_QUEUES; i++)
		c->q[i].fd = -1;
	c->main.child = c;
	c->main.args = fuzz_args_map(0);
	c->main.in = (struct source){
		.data = c->shared->input,
		.len = c->shared->input_len,
	};
	fuzz_trap_init();
	fuzz_cover_start(&c->cover);
}

/* Half of all go with their threads at work, as if they were killed. */
static void end(struct fuzz_child *c)
{
	unsigned int i;

	if (c->main.in.len % 2)
		_exit(0);
	WRITE_ONCE(c->stop, 1);
	for (i = 0; i < c->nr_threads; i++)
		pthread_join(c->thread[i], NULL);
	for (i = 0; i < FUZZ_QUEUES; i++)
		if (c->q[i].fd >= 0)
			close(c->q[i].fd);
	fuzz_look(c);
	_exit(0);
}

/* Run the input in @shared, in a process made for it. */
void fuzz_child(struct fuzz_shared *shared, const struct fuzz_samples *samples,
		const struct fuzz_options *options)
{
	struct fuzz_child c = {
		.shared = shared,
		.samples = samples,
		.options = options,
	};
	unsigned int n;

	start(&c);
	/* Most of what follows needs a queue: some attempts to have one. */
	for (n = source_below(&c.main.in, 8); n; n--)
		fuzz_guarded(fuzz_setup, &c.main);
	while (c.main.args && !source_ended(&c.main.in)) {
		fuzz_act(&c.main, ~0ULL);
		fuzz_cover_take(&c.cover, shared);
		if (++n % LOOK_EVERY == 0)
			fuzz_look(&c);
	}
	fuzz_look(&c);
	end(&c);
	_exit(0);
}
