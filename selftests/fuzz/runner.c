// SPDX-License-Identifier: GPL-2.0-only
/*
 * runner.c - a process for each input, killed if need be; and what does not die
 */
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "corpus.h"
#include "fuzz.h"

#define LIMIT_MS	4000	/* of an input */
#define HANG_MS		60000	/* of what was killed */
#define GROUP		"/sys/fs/cgroup/flipq-fuzz"
#define CONTROL		"/sys/fs/cgroup/cgroup.subtree_control"

struct runner {
	struct fuzz_shared *shared;
	const struct fuzz_options *options;
	struct fuzz_samples samples;
	struct corpus corpus;
	u64 random;
};

/* What the kernel says of a thread that does not die. */
static void print_file(const char *path)
{
	char text[4096];
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		return;
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	printf("# %s:\n%.*s", path, (int)n, text);
}

static void print_hang(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	print_file(path);
	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	print_file(path);
}

/* Return: whether @pid ended within that time. */
static bool ended(int pidfd, int ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

/* Those that it left behind are ours now. Return: 0 or -1 for a hang. */
static int collect(struct runner *r, pid_t pid)
{
	u64 end = raw_now() + HANG_MS * MSEC;
	pid_t left;

	while ((left = waitpid(-1, NULL, WNOHANG)) >= 0) {
		if (left)
			continue;
		kill(-pid, SIGKILL);
		if (raw_now() > end) {
			fuzz_fail(r->shared, "hang: a process was left");
			return -1;
		}
		raw_sleep(MSEC);
	}
	return 0;
}

static void judge_end(struct runner *r, const siginfo_t *info, bool killed)
{
	if (info->si_code == CLD_EXITED)
		return;
	if (info->si_status != SIGKILL)
		fuzz_fail(r->shared, "signal: an input died of signal %d",
			  info->si_status);
	else if (!killed)
		fuzz_fail(r->shared, "killed: and not by us");
}

/* Follow one input's process to its end. Return: 0, or -1 for a hang. */
static int follow(struct runner *r, pid_t pid, int pidfd)
{
	/* One of eight does not get the time to end by itself. */
	bool early = rnd_below(&r->random, 8) == 0;
	int ms = early ? (int)rnd_below(&r->random, 100) : LIMIT_MS;
	siginfo_t info = { 0 };
	bool killed = false;

	if (!ended(pidfd, ms)) {
		killed = true;
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
		r->shared->killed++;
		if (!early)
			r->shared->late++;
		if (!ended(pidfd, HANG_MS)) {
			print_hang(pid);
			fuzz_fail(r->shared, "hang: an input does not die");
			return -1;
		}
	}
	waitid(P_PID, (id_t)pid, &info, WEXITED);
	judge_end(r, &info, killed);
	return collect(r, pid);
}

/* Run the input in @r->shared. Return: 0, or -1 for a hang. */
static int run_one(struct runner *r)
{
	u32 before = r->shared->nr_pcs;
	struct fuzz_shared *s = r->shared;
	int pidfd, hang;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		fuzz_child(s, &r->samples, r->options);
	if (pid < 0)
		return 0;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	hang = follow(r, pid, pidfd);
	close(pidfd);
	s->executions++;
	if (s->nr_pcs == before)
		return hang;
	s->nr_kept++;
	corpus_add(&r->corpus, s->input, s->input_len);
	if (r->options->keep)
		corpus_append(r->options->keep, s->input, s->input_len);
	return hang;
}

static void take_input(struct runner *r, const u8 *data, size_t len)
{
	memcpy(r->shared->input, data, len);
	WRITE_ONCE(r->shared->input_len, len);
}

/* Each input of a file, once. Return: 0, or -1 for a hang. */
static int run_file(struct runner *r, const char *path)
{
	struct corpus *c = calloc(1, sizeof(*c));
	int hang = 0;
	u32 i;

	if (!c || corpus_read(c, path)) {
		fuzz_fail(r->shared, "corpus: cannot read %s", path);
		free(c);
		return 0;
	}
	for (i = 0; i < c->nr && i < CORPUS_MAX && !hang; i++) {
		take_input(r, c->input[i].data, c->input[i].len);
		corpus_add(&r->corpus, r->shared->input, r->shared->input_len);
		hang = run_one(r);
	}
	free(c);
	return hang;
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		printf("# %s: %s\n", path, strerror(errno));
	close(fd);
}

/* Without such a group the set-ups that are short of memory are left out. */
static void make_group(void)
{
	if (access(CONTROL, W_OK))
		return;
	write_text(CONTROL, "+memory");
	mkdir(GROUP, 0755);
}

static void run_until(struct runner *r, u64 end)
{
	u8 data[SOURCE_ROOM];

	while (raw_now() < end && !READ_ONCE(r->shared->stop)) {
		size_t len = corpus_draw(&r->corpus, &r->random, data);

		take_input(r, data, len);
		if (run_one(r))
			return;
	}
}

/* The runner's process. Return: its exit status. */
int fuzz_run(struct fuzz_shared *shared, const struct fuzz_options *options,
	     u64 end)
{
	struct runner *r = calloc(1, sizeof(*r));

	if (!r)
		return 1;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	r->shared = shared;
	r->options = options;
	r->random = options->seed * 2 + 1;
	fuzz_samples_make(&r->samples);
	if (fuzz_strings_make(options->seed))
		return 1;
	make_group();
	if (options->replay)
		run_file(r, options->replay);
	else if (!options->corpus || !run_file(r, options->corpus))
		run_until(r, end);
	rmdir(GROUP);
	free(r);
	return 0;
}
