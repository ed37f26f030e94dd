// SPDX-License-Identifier: GPL-2.0-only
/*
 * hotplug - CPUs go and come under load, and every result is checked
 */
#include <pthread.h>

#include "common.h"
#include "load.h"

#define ONLINE "/sys/devices/system/cpu/cpu%u/online"

static int cpu_path(unsigned int cpu, char *path, size_t room)
{
	snprintf(path, room, ONLINE, cpu);
	return access(path, W_OK) ? -errno : 0;
}

static int cpu_set_online(unsigned int cpu, bool online)
{
	char path[64];
	ssize_t n;
	int fd;

	cpu_path(cpu, path, sizeof(path));
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -errno;
	n = write(fd, online ? "1" : "0", 1);
	close(fd);
	return n == 1 ? 0 : -EIO;
}

struct runner {
	pthread_t thread;
	struct load load;
	u64 progress;
	int error;
	int stop;
};

static void *keep_running(void *arg)
{
	struct runner *r = arg;

	while (!r->error && !READ_ONCE(r->stop)) {
		r->error = load_run(&r->load, 50);
		WRITE_ONCE(r->progress, r->load.checked);
	}
	return NULL;
}

FIXTURE(hotplug) {
	struct runner r[2];
	unsigned int cpus;
};

FIXTURE_SETUP(hotplug)
{
	char path[64];
	int i;

	DEVICE_OR_SKIP(return);
	self->cpus = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
	if (self->cpus < 2)
		SKIP(return, "there is only one CPU");
	if (cpu_path(1, path, sizeof(path)))
		SKIP(return, "%s cannot be written", path);
	/* A partition on each CPU, the one that goes among them. */
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, load_open(&self->r[i].load, 16, self->cpus, 4096,
				       FLIPQ_POLICY_ROUND_ROBIN, (u64)i));
		ASSERT_EQ(0, pthread_create(&self->r[i].thread, NULL,
					    keep_running, &self->r[i]));
	}
}

FIXTURE_TEARDOWN(hotplug)
{
	unsigned int cpu;
	int i;

	for (cpu = 1; cpu < self->cpus; cpu++)
		cpu_set_online(cpu, true);
	for (i = 0; i < 2; i++) {
		struct runner *r = &self->r[i];

		WRITE_ONCE(r->stop, 1);
		pthread_join(r->thread, NULL);
		EXPECT_EQ(0, r->error)
			TH_LOG("slot %d: %s", r->load.slot,
			       r->load.why ? r->load.why : "?");
		EXPECT_EQ(r->load.submitted, r->load.checked);
		load_close(&r->load);
	}
	EXPECT_EQ(self->cpus, sysconf(_SC_NPROCESSORS_ONLN));
}

/* Both loads get on by more than what may be under way. */
static int get_on(struct runner *r)
{
	u64 end = raw_now() + LONG_TIME;
	u64 from[2] = { READ_ONCE(r[0].progress), READ_ONCE(r[1].progress) };

	while (READ_ONCE(r[0].progress) < from[0] + 100 ||
	       READ_ONCE(r[1].progress) < from[1] + 100) {
		if (raw_now() > end)
			return -ETIME;
		raw_sleep(MSEC);
	}
	return 0;
}

TEST_F(hotplug, off_and_on)
{
	unsigned int i, cpu;

	for (i = 0; i < 5 * scale(); i++) {
		cpu = 1 + i % (self->cpus - 1);
		ASSERT_EQ(0, cpu_set_online(cpu, false));
		ASSERT_EQ(0, get_on(self->r)) TH_LOG("CPU %u off", cpu);
		ASSERT_EQ(0, cpu_set_online(cpu, true));
		ASSERT_EQ(0, get_on(self->r)) TH_LOG("CPU %u on", cpu);
	}
}

/* Without a pause, so that a transition meets the one before. */
TEST_F(hotplug, in_a_hurry)
{
	unsigned int i;

	for (i = 0; i < 10 * scale(); i++)
		ASSERT_EQ(0, cpu_set_online(1, i % 2));
	ASSERT_EQ(0, get_on(self->r));
}

/* A queue that is made while the CPU is away, used after it came back. */
TEST_F(hotplug, set_up_meanwhile)
{
	struct flipq_setup s = raw_setup(2, self->cpus, 64);
	struct flipq_info info;
	struct rawq q, d;

	ASSERT_EQ(0, cpu_set_online(1, false));
	ASSERT_EQ(0, raw_open(&q, &s));
	EXPECT_EQ(0, raw_alive(&q));
	s.partitions = 0;
	ASSERT_EQ(0, raw_open(&d, &s));
	EXPECT_LE(1, d.setup.partitions);
	EXPECT_EQ(0, raw_alive(&d));
	ASSERT_EQ(0, cpu_set_online(1, true));
	EXPECT_EQ(0, raw_submit(&q, self->cpus - 1, 1));
	EXPECT_EQ(0, raw_wait(&q, 1, LONG_TIME, NULL));
	EXPECT_EQ(1, flip_finished(&q.side[self->cpus - 1]));
	EXPECT_EQ(0, raw_alive(&d));
	raw_close(&d);
	raw_close(&q);
	ASSERT_EQ(0, raw_info(&info));
	EXPECT_LE(self->cpus, info.workers);
}

/* Closed while the CPU of one of its workers is away. */
TEST_F(hotplug, close_meanwhile)
{
	struct flipq_setup s = raw_setup(2, self->cpus, 64);
	struct rawq q;
	unsigned int p;

	ASSERT_EQ(0, raw_open(&q, &s));
	ASSERT_EQ(0, cpu_set_online(1, false));
	for (p = 0; p < self->cpus; p++)
		EXPECT_EQ(0, raw_submit(&q, p, 3));
	raw_close(&q);
	ASSERT_EQ(0, cpu_set_online(1, true));
}

TEST_HARNESS_MAIN
