// SPDX-License-Identifier: GPL-2.0-only
/*
 * machine.c - what happens to the machine meanwhile: parameters, CPUs, power
 *
 * All is put back at the end.
 */
#include "../params.h"
#include "fuzz.h"

#define PM_TEST		"/sys/power/pm_test"
#define PM_STATE	"/sys/power/state"
#define PM_DELAY	"/sys/module/suspend/parameters/pm_test_delay"
#define CPU_ONLINE	"/sys/devices/system/cpu/cpu%u/online"
#define SUSPEND_EVERY	(4 * SECOND)
/* Devices may take that long to come back: so much for that level. */
#define SUSPEND_LONG	(5 * SECOND)
#define SUSPEND_DEEP	60	/* seconds that a run has to have for it */

/* Each from 0 to @most: all of that must do no harm. */
static const struct {
	const char *name;
	u64 most;
} parameters[] = {
	{ "worker_spin_ns", 200000 },
	{ "wait_spin_ns", 200000 },
	{ "max_spin_ns", 200000 },
	{ "turn_requests", 100 },
	{ "turn_ns", 2000000 },
	{ "max_queues", 100 },
	{ "max_user_queues", 100 },
	{ "max_queue_bytes", 24 << 20 },
	{ "max_user_bytes", 64 << 20 },
	{ "max_total_bytes", 128 << 20 },
	{ "max_workspace", 4 << 20 },
	{ "max_worker_bytes", 64 << 20 },
};

#define PARAMETERS ARRAY_SIZE(parameters)

/**
 * struct machine - what can be changed here
 * @shared: counters
 * @random: what comes next
 * @param: parameters
 * @cpus: as many there are
 * @suspend: pm_test is there
 * @deep: not to the freezer alone
 * @next_suspend: not before
 */
struct machine {
	struct fuzz_shared *shared;
	u64 random;
	struct param param[PARAMETERS];
	unsigned int cpus;
	bool suspend;
	bool deep;
	u64 next_suspend;
};

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return errno;
	error = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	return error;
}

static void change_param(struct machine *m)
{
	u32 n = rnd_below(&m->random, PARAMETERS);
	u64 value = rnd(&m->random) % (parameters[n].most + 1);

	if (rnd_below(&m->random, 8) == 0)
		value = 0;
	fuzz_note(m->shared, OP_PARAM, -param_set(&m->param[n], value));
}

/* Mostly there is room to make queues. */
static void usual_limits(struct machine *m)
{
	u32 i;

	for (i = 0; i < PARAMETERS; i++) {
		if (strcmp(parameters[i].name, "max_queue_bytes"))
			param_restore(&m->param[i]);
		else
			param_set(&m->param[i], parameters[i].most);
	}
}

static void change_cpu(struct machine *m, unsigned int cpu, bool online)
{
	char path[64];

	snprintf(path, sizeof(path), CPU_ONLINE, cpu);
	fuzz_note(m->shared, OP_CPU, write_file(path, online ? "1" : "0"));
}

/* Down to the freezer or to one processor, and up again. */
static void suspend(struct machine *m)
{
	const u64 start = raw_now();
	bool deep = m->deep && rnd_below(&m->random, 2);

	if (!m->suspend || start < m->next_suspend)
		return;
	if (!write_file(PM_TEST, deep ? "processors" : "freezer"))
		fuzz_note(m->shared, OP_SUSPEND, write_file(PM_STATE, "mem"));
	write_file(PM_TEST, "none");
	m->next_suspend = raw_now() + SUSPEND_EVERY;
	if (deep && raw_now() > start + SUSPEND_LONG) {
		printf("# only the freezer from now on: it took %llu s\n",
		       (raw_now() - start) / SECOND);
		fflush(stdout);
		m->deep = false;
	}
}

static void change_something(struct machine *m)
{
	switch (rnd_below(&m->random, 8)) {
	case 0:
		usual_limits(m);
		break;
	case 1:
	case 2:
		if (m->cpus > 1)
			change_cpu(m, 1 + rnd_below(&m->random, m->cpus - 1),
				   rnd_below(&m->random, 2));
		break;
	case 3:
		suspend(m);
		break;
	default:
		change_param(m);
		break;
	}
}

static int open_machine(struct machine *m)
{
	u32 i;
	int error = 0;

	m->cpus = (unsigned int)sysconf(_SC_NPROCESSORS_CONF);
	for (i = 0; i < PARAMETERS && !error; i++)
		error = param_open(&m->param[i], parameters[i].name);
	m->suspend = !access(PM_TEST, W_OK) && !access(PM_STATE, W_OK);
	if (!m->suspend)
		printf("# no suspend: %s is not there\n", PM_TEST);
	else
		write_file(PM_DELAY, "0");
	fflush(stdout);
	return error;
}

static void close_machine(struct machine *m)
{
	unsigned int i;

	for (i = 0; i < PARAMETERS; i++)
		param_restore(&m->param[i]);
	for (i = 1; i < m->cpus; i++)
		change_cpu(m, i, true);
}

/* The process that does this. Return: its exit status. */
int fuzz_machine(struct fuzz_shared *shared,
		 const struct fuzz_options *options)
{
	struct machine m = { .shared = shared, .random = options->seed + 99 };

	if (open_machine(&m)) {
		fuzz_fail(shared, "parameters: cannot be read");
		return 1;
	}
	m.deep = options->seconds >= SUSPEND_DEEP;
	usual_limits(&m);
	while (!READ_ONCE(shared->stop)) {
		if (options->machine)
			change_something(&m);
		raw_sleep((50 + rnd(&m.random) % 200) * MSEC);
	}
	close_machine(&m);
	return 0;
}
