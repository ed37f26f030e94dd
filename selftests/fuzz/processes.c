// SPDX-License-Identifier: GPL-2.0-only
/*
 * processes.c - a queue in the hands of others: forked, executed, passed, and
 * set up where there is hardly any memory
 */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "fuzz.h"

#define GROUP		"/sys/fs/cgroup/flipq-fuzz"
#define FORK_ACTIONS	8
#define NOT_REFUSED	3

/* In a forked process: what its parent set up is another one's. */
static void be_a_child(struct fuzz_actor *a)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	a->child->pid = getpid();
	a->child->nr_threads = 0;
	fuzz_tick();
}

static void wait_for(struct fuzz_actor *a, enum fuzz_op op, pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return;
	if (WIFSIGNALED(status))
		fuzz_fail(a->child->shared, "%s: killed by signal %d",
			  fuzz_op_name(op), WTERMSIG(status));
	else if (WEXITSTATUS(status) == NOT_REFUSED)
		fuzz_fail(a->child->shared, "owner: %s: not refused",
			  fuzz_op_name(op));
}

void fuzz_fork(struct fuzz_actor *a)
{
	const u64 allowed = FUZZ_ANYWHERE | 1ULL << OP_MMAP | 1ULL << OP_SETUP;
	pid_t pid = fork();
	int i;

	fuzz_note(a->child->shared, OP_FORK, pid < 0 ? errno : 0);
	if (pid < 0)
		return;
	if (!pid) {
		be_a_child(a);
		for (i = 0; i < FORK_ACTIONS; i++)
			fuzz_act(a, allowed);
		_exit(0);
	}
	wait_for(a, OP_FORK, pid);
}

/* What a process that was passed @fd is to find: @expected from all calls. */
int fuzz_passed(int fd, int expected)
{
	struct flipq_enter e = { .size = sizeof(e) };
	struct flipq_stats t = { .size = sizeof(t) };
	struct flipq_cancel c = { .size = sizeof(c), .flags = 1 };
	struct flipq_serve s = { .size = sizeof(s) };
	void *at = mmap(NULL, page_size(), PROT_READ, MAP_SHARED, fd, 0);

	if (at != MAP_FAILED || errno != expected ||
	    raw_ioctl(fd, FLIPQ_IOC_ENTER, &e) != -expected ||
	    raw_ioctl(fd, FLIPQ_IOC_STATS, &t) != -expected ||
	    raw_ioctl(fd, FLIPQ_IOC_CANCEL, &c) != -expected ||
	    raw_ioctl(fd, FLIPQ_IOC_SERVE, &s) != -expected)
		return NOT_REFUSED;
	return 0;
}

/* Another program with the file open: it has an address space of its own. */
void fuzz_exec(struct fuzz_actor *a)
{
	const struct fuzz_queue *q = fuzz_pick(a);
	char fd[16], expected[16];
	pid_t pid;

	if (q->fd < 0)
		return;
	snprintf(fd, sizeof(fd), "%d", q->fd);
	snprintf(expected, sizeof(expected), "%d", q->owner ? EIO : ENXIO);
	pid = fork();
	fuzz_note(a->child->shared, OP_EXEC, pid < 0 ? errno : 0);
	if (pid < 0)
		return;
	if (!pid) {
		be_a_child(a);
		fcntl(q->fd, F_SETFD, 0);
		execl("/proc/self/exe", "fuzz", "--passed", fd, expected,
		      NULL);
		_exit(1);
	}
	wait_for(a, OP_EXEC, pid);
}

/* A message with a descriptor. Return: 0 or -1. */
static int send_fd(int socket, int fd)
{
	char byte = 0;
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(int));
	return sendmsg(socket, &m, 0) == 1 ? 0 : -1;
}

/* Return: the descriptor that came, or -1. */
static int receive_fd(int socket)
{
	char byte;
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};
	struct cmsghdr *h;
	int fd;

	if (recvmsg(socket, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != 1)
		return -1;
	h = CMSG_FIRSTHDR(&m);
	if (!h || h->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(h), sizeof(int));
	return fd;
}

/* Received in another process, which may set it up if nobody has. */
static void pass_to_child(struct fuzz_actor *a, struct fuzz_queue *q,
			  int socket)
{
	pid_t pid = fork();

	if (pid < 0)
		return;
	if (!pid) {
		int fd;

		be_a_child(a);
		fd = receive_fd(socket);
		if (fd >= 0 && q->owner)
			_exit(fuzz_passed(fd, EIO));
		if (fd >= 0) {
			q->fd = fd;
			fuzz_set_up(a, q);
		}
		_exit(0);
	}
	wait_for(a, OP_PASS, pid);
}

/* The file goes through a socket: to this process, another one, or nowhere. */
void fuzz_pass(struct fuzz_actor *a)
{
	struct fuzz_queue *q = fuzz_pick(a);
	int pair[2], fd;

	if (q->fd < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				    pair))
		return;
	if (!send_fd(pair[0], q->fd)) {
		switch (source_below(&a->in, 3)) {
		case 2:
			pass_to_child(a, q, pair[1]);
			break;
		case 1:
			fd = receive_fd(pair[1]);
			if (fd < 0)
				break;
			close(q->fd);
			WRITE_ONCE(q->fd, fd);
			break;
		default:
			break;
		}
	}
	fuzz_note(a->child->shared, OP_PASS, 0);
	close(pair[0]);
	close(pair[1]);
}

static int write_fd(int fd, const char *text)
{
	ssize_t n = write(fd, text, strlen(text));

	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/*
 * A set-up with a limit that it may meet anywhere. The limit goes before
 * anything else is done: what the kernel does then is not ours to judge.
 */
static void set_up_short_of_memory(struct fuzz_actor *a, int max)
{
	struct fuzz_queue *q = &a->child->q[0];
	u32 pages = 64 + source_below(&a->in, 2048);
	struct flipq_setup s = {
		.size = sizeof(s),
		.slots = 1 + source_below(&a->in, FLIPQ_MAX_SLOTS),
		.partitions = 1 + source_below(&a->in, 8),
		.in_size = 1024U << source_below(&a->in, 5),
		.out_size = 1024U << source_below(&a->in, 5),
		.arena_size = page_size() * source_below(&a->in, 1024),
	};
	struct flipq_codec codecs[] = {
		{ .algorithm = FLIPQ_ALG_ZSTD, .flags = FLIPQ_CODEC_OWNER },
		{ .algorithm = FLIPQ_ALG_DEFLATE, .flags = FLIPQ_CODEC_OWNER },
	};
	char text[32];
	int error;

	s.owner_partitions = source_below(&a->in, 8);
	if (s.owner_partitions) {
		s.codecs = (uintptr_t)codecs;
		s.nr_codecs = 2;
	}
	snprintf(text, sizeof(text), "%zu", pages * page_size());
	q->fd = raw_device();
	if (q->fd < 0 || write_fd(max, text))
		_exit(0);
	error = -raw_ioctl(q->fd, FLIPQ_IOC_SETUP, &s);
	write_fd(max, "max");
	fuzz_note(a->child->shared, OP_MEMCG, error);
	_exit(0);
}

/* In a process of its own, as no other may meet the limit. */
void fuzz_memcg(struct fuzz_actor *a)
{
	int procs = open(GROUP "/cgroup.procs", O_WRONLY | O_CLOEXEC);
	int max = open(GROUP "/memory.max", O_WRONLY | O_CLOEXEC);
	pid_t pid;

	if (procs >= 0 && max >= 0) {
		pid = fork();
		if (!pid) {
			be_a_child(a);
			if (!write_fd(procs, "0"))
				set_up_short_of_memory(a, max);
			_exit(0);
		}
		if (pid > 0)
			wait_for(a, OP_MEMCG, pid);
	}
	if (procs >= 0)
		close(procs);
	if (max >= 0)
		close(max);
}
