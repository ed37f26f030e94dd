// SPDX-License-Identifier: GPL-2.0-only
/*
 * soak - queues of every kind at work for a while, some of them killed
 *
 *	soak SECONDS SEED
 *
 * "requests: N" is what was submitted and checked. It fails where a result was
 * wrong, or one that was submitted did not come back. Of a process that was
 * killed only what it had checked by then counts.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "honest.h"
#include "raw.h"

#define KIB		1024U
#define KINDS		5
#define VICTIMS		2
#define PROCESSES	(KINDS + VICTIMS)

static struct flipq_codec codecs[LOAD_CODECS] = {
	{ .algorithm = FLIPQ_ALG_LZ4 },
	{ .algorithm = FLIPQ_ALG_LZ4HC },
	{ .algorithm = FLIPQ_ALG_LZO },
	{ .algorithm = FLIPQ_ALG_ZSTD },
	{ .algorithm = FLIPQ_ALG_DEFLATE },
};

/* Small and many; every codec; an arena; the owner's threads; all of it. */
static const struct flipq_config kinds[KINDS] = {
	{
		.slots = 32, .partitions = 8, .in_size = 4 * KIB,
		.out_size = 4 * KIB, .codecs = codecs, .nr_codecs = 1,
	}, {
		.slots = 8, .partitions = 8, .in_size = 16 * KIB,
		.out_size = 16 * KIB, .codecs = codecs,
		.nr_codecs = LOAD_CODECS, .policy = FLIPQ_POLICY_ROUND_ROBIN,
	}, {
		.slots = 8, .partitions = 4, .in_size = 8 * KIB,
		.out_size = 8 * KIB, .arena_size = 2 * 8 * KIB * 8 * 4,
		.codecs = codecs, .nr_codecs = LOAD_CODECS,
		.policy = FLIPQ_POLICY_LEAST_LOADED,
	}, {
		.slots = 8, .owner_partitions = 3, .in_size = 8 * KIB,
		.out_size = 8 * KIB, .codecs = codecs,
		.nr_codecs = LOAD_CODECS, .policy = FLIPQ_POLICY_FILL_FIRST,
	}, {
		.slots = 4, .partitions = 3, .owner_partitions = 2,
		.in_size = 4 * KIB, .out_size = 4 * KIB,
		.arena_size = 2 * 4 * KIB * 4 * 5, .codecs = codecs,
		.nr_codecs = LOAD_CODECS, .set_spin = 1,
	},
};

/**
 * struct soak - all processes
 * @honest: what each of them tells, in memory that is shared
 * @pid: each
 * @random: what comes next
 * @killed: how often
 */
struct soak {
	struct honest *honest;
	pid_t pid[PROCESSES];
	u64 random;
	unsigned int killed;
};

static int start(struct soak *s, unsigned int i)
{
	unsigned int kind = i < KINDS ? i : rnd_below(&s->random, KINDS);
	u64 seed = rnd(&s->random);

	s->pid[i] = fork();
	if (s->pid[i])
		return s->pid[i] < 0 ? -errno : 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(honest_run(&s->honest[i], &kinds[kind], seed));
}

/* Wait for its end. Return: 0, or -1 if something was wrong. */
static int finish(struct soak *s, unsigned int i)
{
	const struct honest *h = &s->honest[i];
	int status;

	if (waitpid(s->pid[i], &status, 0) < 0)
		return -1;
	if (WIFEXITED(status) && !WEXITSTATUS(status) && !h->why[0] &&
	    h->submitted == h->checked && h->checked)
		return 0;
	printf("process %u: status 0x%x, %llu submitted, %llu checked: %s\n", i,
	       status, h->submitted, h->checked, h->why);
	return -1;
}

/* One of the victims goes at once, and another one takes its place. */
static int kill_one(struct soak *s)
{
	unsigned int i = KINDS + rnd_below(&s->random, VICTIMS);
	int status;

	kill(s->pid[i], SIGKILL);
	if (waitpid(s->pid[i], &status, 0) < 0)
		return -1;
	if (!WIFSIGNALED(status)) {
		printf("process %u: %s\n", i, s->honest[i].why);
		return -1;
	}
	s->killed++;
	/* What was under way is nobody's any more. */
	s->honest[i].submitted = s->honest[i].checked;
	return start(s, i);
}

static int run(struct soak *s, u64 end)
{
	unsigned int i;
	int error = 0;

	for (i = 0; i < PROCESSES && !error; i++)
		error = start(s, i);
	while (!error && raw_now() < end) {
		raw_sleep(rnd(&s->random) % SECOND + 100 * MSEC);
		error = kill_one(s);
	}
	for (i = 0; i < PROCESSES; i++)
		WRITE_ONCE(s->honest[i].stop, 1);
	for (i = 0; i < PROCESSES && s->pid[i] > 0; i++)
		if (finish(s, i))
			error = -EPROTO;
	return error;
}

int main(int argc, char **argv)
{
	struct soak s = { 0 };
	u64 requests = 0;
	unsigned int i;
	int error;

	if (argc != 3) {
		fputs("Usage: soak SECONDS SEED\n", stderr);
		return 2;
	}
	s.honest = mmap(NULL, PROCESSES * sizeof(*s.honest),
			PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			0);
	if (s.honest == MAP_FAILED)
		return 1;
	raw_offered(codecs, LOAD_CODECS);
	s.random = strtoull(argv[2], NULL, 0) + 1;
	error = run(&s, raw_now() + strtoull(argv[1], NULL, 0) * SECOND);
	for (i = 0; i < PROCESSES; i++)
		requests += s.honest[i].checked;
	printf("requests: %llu\nkilled: %u\n", requests, s.killed);
	return error ? 1 : 0;
}
