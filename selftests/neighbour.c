// SPDX-License-Identifier: GPL-2.0-only
/*
 * neighbour - whatever other users do, an honest one has its share of a worker
 * and its results, and another's rare request is answered soon
 *
 * Attackers are processes of users of their own, after the worker of one CPU,
 * and run on another one as all do here. A table at the end says what was seen:
 *
 *	users	that keep the worker busy, the honest one among them
 *	share	of its time that the honest one had; 1.00 is an equal one
 *	turns	of all others that began before a rare request, after its kick:
 *		median and most
 *	reqs	in these: most
 *	wait	from the kick until the worker began the rare request: median
 *		and most
 */
#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

#include "common.h"
#include "neighbour_attack.h"
#include "neighbour_client.h"
#include "neighbour_table.h"
#include "params.h"

#define UID(n)		(2001 + (n))
/* How long the two watch: each user is to have had its share often enough. */
#define WINDOW		(600 * MSEC)
#define WINDOW_USER	(100 * MSEC)
/* In hundredths of an equal share. */
#define FAIR		90
#define TRIES		3
static pid_t all_tests;
static int traced;

/* Before the first test is forked, and after the last. */
static __attribute__((constructor)) void before_all(void)
{
	all_tests = getpid();
	nb_table = nb_share(sizeof(*nb_table));
	traced = no_device() ? -ENODEV : nb_trace_make();
}

static __attribute__((destructor)) void after_all(void)
{
	if (getpid() != all_tests)
		return;
	nb_trace_remove();
	nb_table_print();
}

FIXTURE(neighbour) {
	struct nb_client client;
	struct rawq light;
	struct nb_crowd crowd;
	struct nb_trace trace;
	struct nb_seen seen;
	struct flipq_info before;
	mode_t mode;
};

static u64 window(unsigned int busy)
{
	return (WINDOW + busy * WINDOW_USER) * scale() * slow();
}

/* What was closed may be with its worker for a while. */
static int all_gone(const struct flipq_info *before)
{
	u64 end = raw_now() + LONG_TIME;
	struct flipq_info now;
	int error;

	do {
		error = raw_info(&now);
		if (error)
			return error;
		if (now.queues <= before->queues &&
		    now.total_bytes <= before->total_bytes)
			return 0;
		raw_sleep(MSEC);
	} while (raw_now() < end);
	return -ETIME;
}

FIXTURE_SETUP(neighbour)
{
	struct stat st;

	DEVICE_OR_SKIP(return);
	if (geteuid())
		SKIP(return, "needs root");
	if (run_on(NB_OTHER_CPU))
		SKIP(return, "there is only one CPU");
	if (traced)
		SKIP(return, "no events of flipq in %s", NB_TRACES);
	ASSERT_EQ(0, stat(DEVICE, &st));
	self->mode = st.st_mode & 07777;
	ASSERT_EQ(0, chmod(DEVICE, 0666));
	ASSERT_EQ(0, raw_quiet(0, &self->before));
	ASSERT_EQ(0, nb_client_open(&self->client));
	ASSERT_EQ(0, nb_light_open(&self->light));
	ASSERT_EQ(0, nb_trace_open(&self->trace, self->light.fd));
}

FIXTURE_TEARDOWN(neighbour)
{
	nb_trace_close(&self->trace);
	nb_stop(&self->crowd);
	raw_close(&self->client.q);
	raw_close(&self->light);
	EXPECT_EQ(0, all_gone(&self->before));
	EXPECT_EQ(0, chmod(DEVICE, self->mode));
}

/* lz4hc, which takes its time; more of it the larger the input. */
static struct nb_plan heavy(unsigned int queues, unsigned int partitions,
			    unsigned int slots, unsigned int bytes)
{
	return (struct nb_plan){
		.attack = nb_busy,
		.queues = queues,
		.partitions = partitions,
		.slots = slots,
		.bytes = bytes,
		.algorithm = FLIPQ_ALG_LZ4HC,
		.level = 9,
		.sleep = 4 * MSEC,
	};
}

/*
 * What the share is of: the worker's time for requests; all the time there was,
 * for attackers without requests; or it is not looked at, where a single request
 * takes longer than we watch.
 */
enum share { OF_WORK, OF_TIME, OF_NOTHING };

/*
 * Watch the two. A host that keeps the VM from its CPUs is not unfair, but what
 * is unfair is so each time. Return: the share, in hundredths of an equal one.
 */
static u64 watch(struct __test_metadata *_metadata,
		 struct _test_data_neighbour *self, unsigned int users,
		 enum share of, u64 ns)
{
	struct nb_seen *seen = &self->seen;
	unsigned int i;
	u64 share = 0;

	for (i = 0; i < TRIES && share < FAIR; i++) {
		ASSERT_EQ(0, nb_watch(&self->client, &self->light,
				      &self->trace, ns, seen));
		share = nb_share_of(seen, users, of == OF_TIME ?
				    seen->work.time : seen->work.all);
		if (of == OF_NOTHING)
			break;
	}
	return share;
}

/*
 * What the two saw beside the crowd, of which @busy are always at work. Who asks
 * rarely waits for the request under way and for a turn of each user.
 */
static void beside_for(struct __test_metadata *_metadata,
		       struct _test_data_neighbour *self, const char *name,
		       unsigned int busy, enum share of, u64 ns)
{
	struct nb_seen *seen = &self->seen;
	u64 share = watch(_metadata, self, busy + 1, of, ns);

	seen->foreign = nb_stop(&self->crowd);
	nb_row(name, busy + 1, share, seen);
	/*
	 * Time that passes is not the worker's alone: of it the crowd's system
	 * calls take their part, and much of it where each access is checked.
	 */
	if (of == OF_WORK || (of == OF_TIME && slow() == 1))
		EXPECT_LE(FAIR, share);
	EXPECT_GE(busy + 1, seen->turns[seen->rounds / 2]);
	EXPECT_EQ(0, seen->errors);
	EXPECT_EQ(0, seen->foreign);
	EXPECT_LT(0, seen->done);
	EXPECT_LT(0, seen->rounds);
}

static void beside(struct __test_metadata *_metadata,
		   struct _test_data_neighbour *self, const char *name,
		   unsigned int busy, enum share of)
{
	beside_for(_metadata, self, name, busy, of, window(busy));
}

TEST_F(neighbour, nobody)
{
	beside(_metadata, self, "nobody", 0, OF_NOTHING);
}

/* One other user, with more and more partitions. */
static void partitions(struct __test_metadata *_metadata,
		       struct _test_data_neighbour *self, unsigned int queues,
		       unsigned int of_each)
{
	const struct nb_plan plan = heavy(queues, of_each,
					  queues * of_each < 8 ? 32 : 4, 16384);
	char name[NB_LINE];

	snprintf(name, sizeof(name), "%u busy partitions", queues * of_each);
	ASSERT_EQ(0, nb_add(&self->crowd, &plan, UID(0)));
	beside(_metadata, self, name, 1, OF_WORK);
}

TEST_F(neighbour, partition_1)
{
	partitions(_metadata, self, 1, 1);
}

TEST_F(neighbour, partitions_8)
{
	partitions(_metadata, self, 1, 8);
}

TEST_F(neighbour, partitions_63)
{
	partitions(_metadata, self, 1, 63);
}

TEST_F(neighbour, partitions_512)
{
	partitions(_metadata, self, 8, 64);
}

/* Partitions that park after each request, and come back all at once. */
TEST_F(neighbour, partitions_that_park)
{
	struct nb_plan plan = heavy(8, 64, 1, 16384);

	plan.sleep = MSEC;
	ASSERT_EQ(0, nb_add(&self->crowd, &plan, UID(0)));
	beside(_metadata, self, "512 partitions that park", 1, OF_WORK);
}

/* More users, with some partitions each. */
static void users(struct __test_metadata *_metadata,
		  struct _test_data_neighbour *self, unsigned int nr)
{
	const struct nb_plan plan = heavy(1, 4, 16, 8192);
	char name[NB_LINE];
	unsigned int i;

	snprintf(name, sizeof(name), "%u users of 4 partitions", nr - 1);
	for (i = 0; i < nr - 1; i++)
		ASSERT_EQ(0, nb_add(&self->crowd, &plan, UID(i)));
	beside(_metadata, self, name, nr - 1, OF_WORK);
}

TEST_F(neighbour, users_2)
{
	users(_metadata, self, 2);
}

TEST_F(neighbour, users_4)
{
	users(_metadata, self, 4);
}

TEST_F(neighbour, users_16)
{
	users(_metadata, self, 16);
}

static int write_file(const char *path, const char *text)
{
	int error, fd = open(path, O_WRONLY);

	if (fd < 0)
		return -errno;
	error = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return error;
}

/* Let there be users in the namespace of a process. */
static int map_users(const struct nb_process *p)
{
	u64 end = raw_now() + LONG_TIME;
	char path[64];
	int error;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", p->pid);
	error = write_file(path, "0 2001 1\n1 3001 3\n");
	while (!error && READ_ONCE(p->shared->made) < NB_SUB_UIDS) {
		error = p->shared->ready < 0 ? p->shared->ready : 0;
		if (raw_now() > end)
			return -ETIME;
		raw_sleep(MSEC);
	}
	return error;
}

/* Sub-uids of one user are no users. */
TEST_F(neighbour, sub_uids)
{
	struct nb_plan plan = heavy(1, 4, 16, 8192);
	int error;

	plan.attack = nb_namespace;
	error = nb_add(&self->crowd, &plan, UID(0));
	if (error == -EINVAL || error == -ENOSPC || error == -EPERM)
		SKIP(return, "no user namespaces");
	ASSERT_EQ(0, error);
	ASSERT_EQ(0, map_users(&self->crowd.processes[0]));
	beside(_metadata, self, "3 sub-uids of one user", 1, OF_WORK);
}

/* Whatever the codec, the size and the number of slots. */
TEST_F(neighbour, many_small_requests)
{
	struct nb_plan plan = heavy(4, 8, 64, 1024);

	plan.algorithm = FLIPQ_ALG_LZ4;
	plan.level = 1;
	plan.sleep = MSEC;
	ASSERT_EQ(0, nb_add(&self->crowd, &plan, UID(0)));
	beside(_metadata, self, "small requests of lz4", 1, OF_WORK);
}

TEST_F(neighbour, many_queues)
{
	struct nb_plan plan = heavy(16, 2, 16, 4096);

	plan.algorithm = FLIPQ_ALG_DEFLATE;
	plan.level = 8;
	ASSERT_EQ(0, nb_add(&self->crowd, &plan, UID(0)));
	beside(_metadata, self, "16 queues of deflate", 1, OF_WORK);
}

/* Opening and closing leaves what was done on the user's account. */
TEST_F(neighbour, open_and_close)
{
	struct nb_plan plan = heavy(1, 8, 8, 16384);

	plan.attack = nb_storm;
	ASSERT_EQ(0, nb_add(&self->crowd, &plan, UID(0)));
	beside(_metadata, self, "open, submit, close", 1, OF_WORK);
}

TEST_F(neighbour, kicks)
{
	const struct nb_plan plan = {
		.attack = nb_kicks,
		.queues = 8,
		.partitions = 64,
		.slots = 1,
		.bytes = 64,
	};

	ASSERT_EQ(0, nb_add(&self->crowd, &plan, UID(0)));
	beside(_metadata, self, "kicks of 512 partitions", 1, OF_TIME);
}

TEST_F(neighbour, calls)
{
	struct nb_plan plan = heavy(2, 8, 8, 16384);

	plan.attack = nb_calls;
	ASSERT_EQ(0, nb_add(&self->crowd, &plan, UID(0)));
	beside(_metadata, self, "kick, cancel, poll", 1, OF_WORK);
}

TEST_F(neighbour, reader)
{
	const struct nb_plan plan = {
		.attack = nb_reader,
		.partitions = 1,
		.slots = 1,
		.bytes = 8192,
		.algorithm = FLIPQ_ALG_ZSTD,
		.level = 1,
		.spin = 100000,
	};

	ASSERT_EQ(0, nb_add(&self->crowd, &plan, UID(0)));
	beside(_metadata, self, "reads beyond its results", 1, OF_WORK);
}

#define IDLE_SLOTS	4
#define IDLE_BYTES	64
#define IDLE_ROUNDS	41

static u64 idle_wanted(void)
{
	struct sysinfo info;

	if (sysinfo(&info))
		return 0;
	return (u64)info.totalram * info.mem_unit >> 31 ? 32768 : 8192;
}

/* As many as that, of as many users as it takes. Return: how many. */
static u64 idle_start(struct nb_crowd *crowd, struct nb_plan plan, u64 wanted)
{
	u64 made = 0;
	unsigned int i;

	for (i = 0; i < 8 && made < wanted; i++) {
		plan.queues = (unsigned int)(wanted - made) / plan.partitions;
		if (nb_add(crowd, &plan, UID(i)))
			break;
		made += crowd->processes[crowd->nr - 1].shared->made;
	}
	return made;
}

static struct nb_plan idle_plan(void)
{
	return (struct nb_plan){
		.attack = nb_idle,
		.partitions = 64,
		.slots = IDLE_SLOTS,
		.bytes = IDLE_BYTES,
		.spin = SECOND,
		.sleep = 250 * MSEC,
	};
}

static int light_rounds(struct _test_data_neighbour *self, unsigned int rounds)
{
	int error = 0;

	memset(&self->seen, 0, sizeof(self->seen));
	while (!error && self->seen.rounds < rounds) {
		error = nb_light(&self->light, &self->trace, &self->seen);
		raw_sleep(5 * MSEC);
	}
	nb_sort(&self->seen);
	return error;
}

/* Empty partitions are polled by somebody else's worker only. */
TEST_F(neighbour, idle_partitions)
{
	const u64 wanted = idle_wanted();
	u64 alone, made, beside_them;

	ASSERT_EQ(0, light_rounds(self, IDLE_ROUNDS));
	alone = self->seen.wait[IDLE_ROUNDS / 2];
	made = idle_start(&self->crowd, idle_plan(), wanted);
	EXPECT_LE(wanted / 2, made);
	ASSERT_EQ(0, light_rounds(self, IDLE_ROUNDS));
	beside_them = self->seen.wait[IDLE_ROUNDS / 2];
	nb_note("rare request: %llu us alone, %llu beside %llu empty partitions, at most %llu",
		alone, beside_them, made, self->seen.wait[IDLE_ROUNDS - 1]);
	EXPECT_GE(2 * alone + 1000 * slow(), beside_them);
	beside(_metadata, self, "empty partitions", 1, OF_TIME);
}

/* How long a process with so many queues takes to go; 0: it could not start. */
static u64 leave(unsigned int queues)
{
	const struct nb_plan plan = {
		.attack = nb_leaver,
		.queues = queues,
		.partitions = 1,
		.slots = 1,
		.bytes = 64,
	};
	struct nb_process p;
	u64 ns;

	if (nb_start(&p, &plan, UID(9)) || p.shared->made != queues)
		queues = 0;
	ns = nb_kill(&p);
	return queues ? ns : 0;
}

/* It takes no longer beside one that keeps the worker busy. */
static void leaving(struct __test_metadata *_metadata,
		    struct _test_data_neighbour *self, unsigned int queues)
{
	const struct nb_plan plan = heavy(1, 1, 16, 65536);
	u64 alone, beside_it, gone;
	struct flipq_info with;

	ASSERT_EQ(0, raw_info(&with));
	alone = leave(queues);
	ASSERT_EQ(0, all_gone(&with));
	ASSERT_EQ(0, nb_add(&self->crowd, &plan, UID(0)));
	ASSERT_EQ(0, raw_info(&with));
	beside_it = leave(queues);
	gone = raw_now();
	EXPECT_EQ(0, all_gone(&with));
	gone = raw_now() - gone;
	nb_note("kill -9, %u queues: %llu ms alone, %llu by a busy worker, free %llu later",
		queues, alone / MSEC, beside_it / MSEC, gone / MSEC);
	EXPECT_LT(0, alone);
	EXPECT_LT(0, beside_it);
	EXPECT_GE(2 * alone + 300 * MSEC * slow(), beside_it);
}

TEST_F(neighbour, leaving_200)
{
	leaving(_metadata, self, 200);
}

TEST_F(neighbour, leaving_4096)
{
	leaving(_metadata, self, scale() > 1 ? 4096 : 1024);
}

/* The highest level that a worker takes for so much; below 0: none. */
static int shared_level(u32 algorithm, u32 bytes)
{
	struct flipq_codec_info info;
	int error, fd = raw_device();
	u32 i;

	for (i = 0;; i++) {
		info = (struct flipq_codec_info){
			.size = sizeof(info),
			.index = i,
			.slot_size = bytes,
		};
		error = raw_ioctl(fd, FLIPQ_IOC_CODEC, &info);
		if (error || info.algorithm == algorithm)
			break;
	}
	close(fd);
	if (error || info.shared_level < info.min_level)
		return -1;
	/* Of lz4 the highest is the fastest. */
	return algorithm == FLIPQ_ALG_LZ4 ? 1 : info.shared_level;
}

static void largest(struct __test_metadata *_metadata,
		    struct _test_data_neighbour *self, u32 algorithm,
		    const char *name)
{
	const u32 bytes = scale() > 1 ? 1U << 20 : 65536;
	struct nb_plan plan = heavy(1, 1, 4, bytes);
	char text[NB_LINE];

	plan.algorithm = algorithm;
	plan.level = shared_level(algorithm, bytes);
	ASSERT_LE(0, plan.level);
	snprintf(text, sizeof(text), "%s level %d, %u KiB", name, plan.level,
		 bytes / 1024);
	ASSERT_EQ(0, nb_add(&self->crowd, &plan, UID(0)));
	beside(_metadata, self, text, 1, OF_NOTHING);
}

TEST_F(neighbour, largest_lz4hc)
{
	largest(_metadata, self, FLIPQ_ALG_LZ4HC, "lz4hc");
}

TEST_F(neighbour, largest_zstd)
{
	largest(_metadata, self, FLIPQ_ALG_ZSTD, "zstd");
}

TEST_F(neighbour, largest_deflate)
{
	largest(_metadata, self, FLIPQ_ALG_DEFLATE, "deflate");
}

/* How long all of this is watched, unless the caller wants it longer. */
static u64 everything_window(unsigned int busy)
{
	const char *text = getenv("FLIPQ_NEIGHBOUR_SECONDS");
	u64 ns = text ? strtoull(text, NULL, 10) * SECOND : 0;

	return ns > 2 * window(busy) ? ns : 2 * window(busy);
}

/* Return: how many of them are always at work; a negative errno. */
static int everything_start(struct nb_crowd *crowd)
{
	struct nb_plan plans[] = {
		heavy(8, 64, 1, 8192), heavy(1, 4, 16, 16384),
		heavy(4, 4, 8, 4096), heavy(1, 8, 8, 8192),
		heavy(1, 4, 8, 8192), heavy(1, 1, 1, 8192),
		idle_plan(), idle_plan(), idle_plan(),
	};
	unsigned int i;
	int error;

	plans[2].algorithm = FLIPQ_ALG_DEFLATE;
	plans[3].attack = nb_storm;
	plans[4].attack = nb_calls;
	plans[5].attack = nb_reader;
	plans[5].algorithm = FLIPQ_ALG_ZSTD;
	plans[5].level = 1;
	plans[6].queues = 32;
	plans[7].attack = nb_kicks;
	plans[7].queues = 2;
	plans[7].spin = 0;
	plans[8].attack = nb_leavers;
	plans[8].queues = 20;
	for (i = 0; i < ARRAY_SIZE(plans); i++) {
		error = nb_add(crowd, &plans[i], UID(i));
		if (error)
			return error;
	}
	return 6;
}

TEST_F(neighbour, everything)
{
	int busy = everything_start(&self->crowd);

	ASSERT_LT(0, busy);
	beside_for(_metadata, self, "all of this at once", (unsigned int)busy,
		   OF_WORK, everything_window((unsigned int)busy));
}

#define GROUPS		"/sys/fs/cgroup"
#define GROUP		GROUPS "/flipq-neighbour"
#define CEILING		20
#define CEILING_ROOM	5
#define CEILING_NS	(2 * SECOND)

/* ns of a CPU that the process @entry has had, if its name is @name. */
static u64 cpu_time(const char *entry, const char *name)
{
	char path[300], line[512] = "", comm[32] = "";
	unsigned long user, kernel;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/stat", entry);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	if (read(fd, line, sizeof(line) - 1) < 0)
		line[0] = '\0';
	close(fd);
	if (sscanf(line, "%*d (%31[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
		   comm, &user, &kernel) != 3 || strcmp(comm, name))
		return 0;
	return (user + kernel) * SECOND / (u64)sysconf(_SC_CLK_TCK);
}

/* The worker's. */
static u64 worker_time(void)
{
	char name[32];
	struct dirent *d;
	DIR *dir = opendir("/proc");
	u64 ns = 0;

	snprintf(name, sizeof(name), "flipq/%u", NB_WORKER_CPU);
	while (dir && !ns) {
		d = readdir(dir);
		if (!d)
			break;
		if (*d->d_name >= '0' && *d->d_name <= '9')
			ns = cpu_time(d->d_name, name);
	}
	if (dir)
		closedir(dir);
	return ns;
}

/* Percent of its CPU that the worker takes. */
static u64 worker_percent(void)
{
	u64 start = raw_now(), ns = worker_time();

	raw_sleep(CEILING_NS);
	ns = worker_time() - ns;
	return ns * 100 / (raw_now() - start);
}

static int group_make(void)
{
	/* The first limit changes the scheduler's code: not under load. */
	raw_sleep(SECOND / 4);
	if (mkdir(GROUP, 0755) && errno != EEXIST)
		return -errno;
	return write_file(GROUP "/cpu.max", "10000 100000");
}

static int group_enter(pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	return write_file(GROUP "/cgroup.procs", text);
}

/* Who may have little of a CPU gets no more through workers than these may. */
TEST_F(neighbour, cpu_controller)
{
	const struct nb_plan plan = heavy(1, 4, 32, 16384);
	struct param ceiling;
	u64 percent;

	if (write_file(GROUPS "/cgroup.subtree_control", "+cpu") ||
	    group_make())
		SKIP(return, "no cpu controller in %s", GROUPS);
	ASSERT_EQ(0, nb_add(&self->crowd, &plan, UID(0)));
	ASSERT_EQ(0, group_enter(self->crowd.processes[0].pid));
	percent = worker_percent();
	nb_note("a group of 10 %% of a CPU: its worker takes %llu %%", percent);
	EXPECT_LT(CEILING + CEILING_ROOM, percent);
	if (param_open(&ceiling, "worker_percent")) {
		nb_stop(&self->crowd);
		rmdir(GROUP);
		SKIP(return, "no parameter worker_percent");
	}
	ASSERT_EQ(0, param_set(&ceiling, CEILING));
	raw_sleep(SECOND / 5);
	percent = worker_percent();
	nb_note("the same with worker_percent=%u: %llu %%", CEILING, percent);
	EXPECT_EQ(0, param_restore(&ceiling));
	EXPECT_GE(CEILING + CEILING_ROOM, percent);
	EXPECT_LT(0, percent);
	nb_stop(&self->crowd);
	rmdir(GROUP);
}

TEST_HARNESS_MAIN
