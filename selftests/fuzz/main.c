// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz - a hostile user of /dev/flipq, from a seed or a file
 *
 *	fuzz --seed N --seconds S [--actions a,b] [--no-machine]
 *	     [--corpus FILE] [--keep FILE] [--replay FILE]
 *
 * It fails on an errno that the ABI does not have, on a process that does not
 * die, on anything written where nothing may be, on a queue left behind, and on
 * a wrong result of the honest queue beside it. What the kernel logs is for the
 * caller to look at.
 */
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "fuzz.h"

#define TELL_EVERY	(10 * SECOND)
#define STALLED		(180 * SECOND)
#define ENDING_MS	120000

static int usage(void)
{
	fputs("Usage: fuzz [--seed N] [--seconds S] [--actions A,B,...]\n"
	      "            [--no-machine] [--corpus FILE] [--keep FILE]\n"
	      "            [--replay FILE]\n", stderr);
	return 2;
}

/* Return: the bit set of a list of names, 0 for one that is unknown. */
static u64 parse_actions(char *list)
{
	u64 actions = 0;
	char *name;

	for (name = strtok(list, ","); name; name = strtok(NULL, ",")) {
		enum fuzz_op op = 0;

		while (op < OP_ACTIONS && strcmp(name, fuzz_op_name(op)))
			op++;
		if (op == OP_ACTIONS)
			return 0;
		actions |= 1ULL << op;
	}
	return actions;
}

static int parse(int argc, char **argv, struct fuzz_options *o)
{
	static const struct option known[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "seconds", required_argument, NULL, 't' },
		{ "actions", required_argument, NULL, 'a' },
		{ "no-machine", no_argument, NULL, 'm' },
		{ "corpus", required_argument, NULL, 'c' },
		{ "keep", required_argument, NULL, 'k' },
		{ "replay", required_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 's':
			o->seed = strtoull(optarg, NULL, 0);
			break;
		case 't':
			o->seconds = (unsigned int)strtoul(optarg, NULL, 0);
			break;
		case 'a':
			o->actions = parse_actions(optarg);
			break;
		case 'm':
			o->machine = false;
			break;
		case 'c':
			o->corpus = optarg;
			break;
		case 'k':
			o->keep = optarg;
			break;
		case 'r':
			o->replay = optarg;
			break;
		default:
			return -1;
		}
	}
	return optind == argc && o->actions && o->seconds ? 0 : -1;
}

/* Return: whether it ended within that time; *@status is its exit status. */
static bool wait_for(pid_t pid, int ms, int *status)
{
	struct pollfd p = { .events = POLLIN };
	int wstatus = 0;
	bool ended;

	p.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	ended = poll(&p, 1, ms) == 1;
	close(p.fd);
	if (!ended)
		return false;
	waitpid(pid, &wstatus, 0);
	*status = WIFEXITED(wstatus) ? WEXITSTATUS(wstatus) : -1;
	return true;
}

static void end_process(struct fuzz_shared *s, pid_t pid, const char *name)
{
	int status = 0;

	if (!wait_for(pid, ENDING_MS, &status)) {
		fuzz_fail(s, "hang: %s does not end", name);
		kill(pid, SIGKILL);
	} else if (status < 0) {
		fuzz_fail(s, "killed: %s", name);
	}
}

/* The honest queue with nothing beside it. Return: requests per second. */
static u64 alone(struct fuzz_shared *s, unsigned int seconds)
{
	u64 checked, start;

	/* It is set up by then. */
	raw_sleep(SECOND / 2);
	checked = READ_ONCE(s->honest.checked);
	start = raw_now();
	raw_sleep(seconds * SECOND);
	checked = READ_ONCE(s->honest.checked) - checked;
	return checked * SECOND / (raw_now() - start);
}

/* Follow the runner. Return: requests per second of the honest queue. */
static u64 beside(struct fuzz_shared *s, pid_t runner)
{
	u64 start = raw_now(), checked = READ_ONCE(s->honest.checked);
	u64 tell = start + TELL_EVERY, progress = start, last = 0;
	int status = 0;

	while (!wait_for(runner, 200, &status)) {
		u64 now = raw_now(), n = READ_ONCE(s->executions);

		if (n != last)
			progress = now;
		last = n;
		if (now > progress + STALLED) {
			fuzz_fail(s, "hang: nothing was executed for long");
			kill(runner, SIGKILL);
		}
		if (now < tell)
			continue;
		tell += TELL_EVERY;
		printf("# %llu s: %llu executions, %u places, %llu honest\n",
		       (now - start) / SECOND, n, READ_ONCE(s->nr_pcs),
		       READ_ONCE(s->honest.checked));
		fflush(stdout);
	}
	if (status)
		fuzz_fail(s, "the runner ended with status %d", status);
	checked = READ_ONCE(s->honest.checked) - checked;
	return checked * SECOND / (raw_now() - start + 1);
}

static void judge_honest(struct fuzz_shared *s, u64 before, u64 after)
{
	const struct honest *h = &s->honest;

	if (h->why[0])
		fuzz_fail(s, "honest: %s", h->why);
	if (h->checked != h->submitted || !h->checked)
		fuzz_fail(s, "honest: %llu submitted, %llu checked",
			  h->submitted, h->checked);
	if (!after)
		fuzz_fail(s, "honest: nothing was done beside the fuzzer");
	printf("honest: %llu of %llu requests were right\n", h->checked,
	       h->submitted);
	printf("isolation: alone %llu/s, beside the fuzzer %llu/s: %llu %%\n",
	       before, after, before ? 100 * after / before : 0);
}

static void judge_rest(struct fuzz_shared *s, const struct flipq_info *before)
{
	struct flipq_info after;

	if (raw_settle(before, &after))
		fuzz_fail(s, "info: failed at the end");
	else if (after.queues != before->queues ||
		 after.total_bytes != before->total_bytes ||
		 after.worker_bytes != before->worker_bytes)
		fuzz_fail(s, "left behind: %llu queues, %llu and %llu bytes",
			  after.queues, after.total_bytes, after.worker_bytes);
}

static pid_t start_honest(struct fuzz_shared *s, u64 seed)
{
	pid_t pid = fork();

	if (!pid)
		_exit(fuzz_honest(&s->honest, seed));
	return pid;
}

static pid_t start_machine(struct fuzz_shared *s, const struct fuzz_options *o)
{
	pid_t pid = fork();

	if (!pid)
		_exit(fuzz_machine(s, o));
	return pid;
}

static pid_t start_runner(struct fuzz_shared *s, const struct fuzz_options *o,
			  u64 end)
{
	pid_t pid = fork();

	if (!pid)
		_exit(fuzz_run(s, o, end));
	return pid;
}

static void run_all(struct fuzz_shared *s, const struct fuzz_options *o)
{
	unsigned int warm = o->seconds / 6 + 1;
	pid_t honest, machine, runner;
	u64 before, after;

	honest = start_honest(s, o->seed);
	before = alone(s, warm);
	machine = start_machine(s, o);
	runner = start_runner(s, o, raw_now() + (o->seconds - warm) * SECOND);
	after = beside(s, runner);
	WRITE_ONCE(s->stop, 1);
	end_process(s, machine, "who changes the machine");
	WRITE_ONCE(s->honest.stop, 1);
	end_process(s, honest, "the honest queue");
	judge_honest(s, before, after);
}

static int fuzz(const struct fuzz_options *o)
{
	struct fuzz_shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct flipq_info before;

	if (s == MAP_FAILED || raw_quiet(0, &before)) {
		fprintf(stderr, "fuzz: %s\n", no_device() ? NO_DEVICE :
							   strerror(errno));
		return 4;
	}
	printf("seed: %llu\n", o->seed);
	fflush(stdout);
	run_all(s, o);
	judge_rest(s, &before);
	fuzz_report(s);
	printf("result: %s\n", s->nr_failures ? "failed" : "passed");
	return s->nr_failures ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct fuzz_options o = {
		.seed = 1,
		.seconds = 60,
		.actions = (1ULL << OP_ACTIONS) - 1,
		.machine = true,
	};

	if (argc == 4 && !strcmp(argv[1], "--passed"))
		return fuzz_passed(atoi(argv[2]), atoi(argv[3]));
	if (parse(argc, argv, &o))
		return usage();
	return fuzz(&o);
}
