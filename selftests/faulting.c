// SPDX-License-Identifier: GPL-2.0
/*
 * faulting.c - a process whose memory is not there yet, as Firecracker is one that
 * loads a snapshot: it registers memory with userfaultfd, sends descriptor and
 * mappings to a Unix socket, touches all pages, and compares them with a file
 *
 *	faulting [OPTION]... SOCKET FILE
 *
 *	-t N	threads that touch pages, each all of them in an order of its own
 *	-p N	bytes of a page; more than the system's: hugetlbfs
 *	-m N	mappings to cut the file into; the first is the end of the file
 *	-r	in order, not at random
 *	-d	drop each eighth page when it was seen, and expect zeros; in between too
 *	-u	unmap the second half before anything is touched
 *	-f	fork before anything is touched
 *	-v	move a mapping before anything is touched
 *	-b N	SIGBUS is expected at N pages, which are passed over
 *	-s TEXT	send this as the message, and see nothing but the end of it
 *	-n N	send N descriptors, not one
 *	-x	a descriptor that is no userfaultfd
 *	-c N	the message in pieces of N bytes
 *	-w	touch the first page only, say so, and wait
 *	-i	map the file itself: nobody is asked
 *	-y	compare with nothing: add up what is in each page, to compare times
 *	-k	after -s: keep the connection open, as if more would come
 *	-q	say nothing of times
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXIT_SKIP	4
#define MAX_MAPPINGS	16
#define MAX_THREADS	16
#define NS		1000000000ULL

/* Each so many pages are dropped with -d. */
#define DROP_EACH	8

/**
 * struct memory - a mapping that has a part of the file
 * @at: its address
 * @size: bytes
 * @offset: in the file
 */
struct memory {
	__u8 *at;
	size_t size;
	size_t offset;
};

static struct memory memories[MAX_MAPPINGS];
static size_t nr_memories = 1;
static size_t page, size, pages;
static unsigned int nr_threads = 1, nr_descriptors = 1;
static bool in_order, drops, unmaps, forks, moves, other;
static bool waits, keeps, inside, sums, quiet;
static __u64 first_at;
static unsigned long expected_lost, lost, wrong;
static size_t piece;
static const char *said;
static const __u8 *file;
static __u64 *took;
static __u64 sum;
static int uffd;

__attribute__((noreturn))
static void die(const char *what)
{
	fprintf(stderr, "faulting: %s: %s\n", what, strerror(errno));
	exit(1);
}

static __u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * NS + (__u64)t.tv_nsec;
}

static void open_uffd(void)
{
	struct uffdio_api api = { .api = UFFD_API };

	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (uffd < 0) {
		fprintf(stderr, "no userfaultfd here: %s\n", strerror(errno));
		exit(EXIT_SKIP);
	}
	if (drops)
		api.features |= UFFD_FEATURE_EVENT_REMOVE;
	if (unmaps)
		api.features |= UFFD_FEATURE_EVENT_UNMAP;
	if (forks)
		api.features |= UFFD_FEATURE_EVENT_FORK;
	if (moves)
		api.features |= UFFD_FEATURE_EVENT_REMAP;
	if (ioctl(uffd, UFFDIO_API, &api))
		die("UFFDIO_API");
}

static void map_file(const char *path)
{
	struct stat s;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &s))
		die(path);
	size = (size_t)s.st_size / page * page;
	file = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file == MAP_FAILED)
		die(path);
	close(fd);
	pages = size / page;
}

static void map_memory(struct memory *m)
{
	bool huge = page > (size_t)sysconf(_SC_PAGESIZE);
	struct uffdio_register r = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	m->at = mmap(NULL, m->size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | (huge ? MAP_HUGETLB : 0),
		     -1, 0);
	if (m->at == MAP_FAILED && huge) {
		fputs("no pages of hugetlbfs here\n", stderr);
		exit(EXIT_SKIP);
	}
	if (m->at == MAP_FAILED)
		die("mmap");
	/* What the kernel put together there would be no page of ours. */
	if (!huge)
		madvise(m->at, m->size, MADV_NOHUGEPAGE);
	r.range.start = (uintptr_t)m->at;
	r.range.len = m->size;
	if (ioctl(uffd, UFFDIO_REGISTER, &r))
		die("UFFDIO_REGISTER");
}

/* The first has what is last in the file. */
static void map_memories(void)
{
	size_t each = pages / nr_memories * page, i;

	for (i = 0; i < nr_memories; i++) {
		struct memory *m = &memories[nr_memories - 1 - i];

		m->offset = i * each;
		m->size = i + 1 < nr_memories ? each : size - m->offset;
		map_memory(m);
	}
}

static size_t write_message(char *to, size_t room)
{
	size_t len = 0, i;

	for (i = 0; i < nr_memories; i++)
		len += (size_t)snprintf(to + len, room - len,
			"%s{\"base_host_virt_addr\":%llu,\"size\":%zu,\"offset\":%zu,\"page_size\":%zu,\"page_size_kib\":%zu}",
			i ? "," : "[", (unsigned long long)(uintptr_t)memories[i].at,
			memories[i].size, memories[i].offset, page, page);
	return len + (size_t)snprintf(to + len, room - len, "]");
}

static void send_part(int to, const char *text, size_t len, bool with)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} control = { 0 };
	struct iovec part = { (void *)(uintptr_t)text, len };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
	int fds[8] = { 0 };
	unsigned int i;

	for (i = 0; i < nr_descriptors; i++)
		fds[i] = other ? STDIN_FILENO : uffd;
	if (with && nr_descriptors) {
		size_t bytes = nr_descriptors * sizeof(int);

		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(bytes);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(bytes);
		memcpy(CMSG_DATA(&control.align), fds, bytes);
	}
	if (sendmsg(to, &m, MSG_NOSIGNAL) < 0)
		die("sendmsg");
}

static int greet(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[8192];
	size_t len, at = 0;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	while (connect(fd, (struct sockaddr *)&a, sizeof(a))) {
		if (errno != ENOENT && errno != ECONNREFUSED)
			die(path);
		usleep(1000);
	}
	len = said ? (size_t)snprintf(text, sizeof(text), "%s", said) :
		     write_message(text, sizeof(text));
	if (!piece)
		piece = len + 1;
	do {
		size_t n = len - at < piece ? len - at : piece;

		send_part(fd, text + at, n, !at);
		at += n;
		if (at < len)
			usleep(1000);
	} while (at < len);
	return fd;
}

/* An order of all pages: a step that has no divisor in common with their number. */
static size_t pick(size_t i, unsigned int thread)
{
	size_t stride = 7919 + 2 * thread;

	while (pages % stride == 0)
		stride += 2;
	if (in_order)
		return i;
	while (1) {
		size_t a = stride, b = pages;

		while (b) {
			size_t rest = a % b;

			a = b;
			b = rest;
		}
		if (a == 1)
			break;
		stride += 1;
	}
	return (i * (stride % pages) + thread * 31) % pages;
}

static __u8 *address(size_t nr)
{
	size_t offset = nr * page, i;

	for (i = 0; i < nr_memories; i++)
		if (offset - memories[i].offset < memories[i].size)
			return memories[i].at + (offset - memories[i].offset);
	abort();
}

static __thread sigjmp_buf escape;

static void on_sigbus(int signal)
{
	(void)signal;
	siglongjmp(escape, 1);
}

/* Page faults of this thread, up to now. */
static long faults(void)
{
	struct rusage used;

	getrusage(RUSAGE_THREAD, &used);
	return used.ru_minflt + used.ru_majflt;
}

static void add_up(size_t nr, const __u8 *at)
{
	const __u64 *words = (const void *)at;
	__u64 h = 0;
	size_t i;

	for (i = 0; i < page / sizeof(*words); i++)
		h = h * 31 + words[i];
	sum += h * (2 * nr + 1);
}

/* Touch it, then drop it where that is asked for: zeros, from then on. */
static void see(size_t nr, __u64 *time)
{
	static const __u8 zeros[4096];
	bool dropped = drops && nr % DROP_EACH == 0;
	__u8 *at = address(nr);
	long before = faults();
	__u64 start = now(), after;
	__u8 first;

	if (sigsetjmp(escape, 1)) {
		__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
		return;
	}
	first = *(volatile __u8 *)at;
	after = now();
	*time = faults() == before ? 0 : after - start;
	if (!first_at)
		first_at = after;
	(void)first;
	if (sums) {
		add_up(nr, at);
		return;
	}
	if (memcmp(at, file + nr * page, page) &&
	    !(dropped && !memcmp(at, zeros, sizeof(zeros)))) {
		fprintf(stderr, "page %zu is another\n", nr);
		__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	}
	if (!dropped)
		return;
	if (madvise(at, page, MADV_DONTNEED))
		die("madvise");
	if (memcmp(at, zeros, sizeof(zeros))) {
		fprintf(stderr, "page %zu was dropped and is there\n", nr);
		__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	}
}

static void *touch(void *arg)
{
	unsigned int thread = (unsigned int)(uintptr_t)arg;
	__u64 ignored, *to = &ignored;
	size_t i;

	for (i = 0; i < pages; i++) {
		if (!thread)
			to = &took[i];
		see(pick(i, thread), to);
	}
	return NULL;
}

static void change(void)
{
	if (unmaps && pages > 1) {
		pages /= 2;
		if (munmap(memories[0].at + pages * page, size - pages * page))
			die("munmap");
	}
	if (moves) {
		if (mremap(memories[0].at, memories[0].size,
			   memories[0].size * 2, MREMAP_MAYMOVE) == MAP_FAILED)
			die("mremap");
		/* nothing is there any more, and we are to be killed */
		sleep(60);
		die("nobody killed us");
	}
	if (forks) {
		pid_t child = fork();

		if (!child)
			_exit(0);
		waitpid(child, NULL, 0);
	}
}

static void touch_all(void)
{
	pthread_t threads[MAX_THREADS];
	unsigned int i;

	for (i = 1; i < nr_threads; i++)
		if (pthread_create(&threads[i], NULL, touch,
				   (void *)(uintptr_t)i))
			die("pthread_create");
	touch(NULL);
	for (i = 1; i < nr_threads; i++)
		pthread_join(threads[i], NULL);
}

static int by_time(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

/* Points in time are of CLOCK_MONOTONIC, so that another process can count to them. */
static void report(__u64 end)
{
	const __u64 *first = took;
	size_t n = pages;

	qsort(took, pages, sizeof(*took), by_time);
	/* what was there already */
	for (; n > 1 && !*first; n--)
		first++;
	printf("first_at_ns: %llu\nall_at_ns: %llu\n",
	       (unsigned long long)first_at, (unsigned long long)end);
	printf("faults: %zu\np50_us: %.1f\np99_us: %.1f\n", n,
	       (double)first[n / 2] / 1e3, (double)first[n * 99 / 100] / 1e3);
	printf("sum: %llu\n", (unsigned long long)sum);
}

static void parse(int argc, char **argv)
{
	int c;

	page = (size_t)sysconf(_SC_PAGESIZE);
	while ((c = getopt(argc, argv, "t:p:m:rdufvb:s:n:xc:wiykq")) != -1) {
		unsigned long n = optarg ? strtoul(optarg, NULL, 0) : 0;

		switch (c) {
		case 't':
			nr_threads = n < MAX_THREADS ? (unsigned int)n : 1;
			break;
		case 'p':
			page = n;
			break;
		case 'm':
			nr_memories = n <= MAX_MAPPINGS ? n : 1;
			break;
		case 'r':
			in_order = true;
			break;
		case 'd':
			drops = true;
			break;
		case 'u':
			unmaps = true;
			break;
		case 'f':
			forks = true;
			break;
		case 'v':
			moves = true;
			break;
		case 'b':
			expected_lost = n;
			break;
		case 's':
			said = optarg;
			break;
		case 'n':
			nr_descriptors = n < 8 ? (unsigned int)n : 1;
			break;
		case 'x':
			other = true;
			break;
		case 'c':
			piece = n;
			break;
		case 'w':
			waits = true;
			break;
		case 'i':
			inside = true;
			break;
		case 'y':
			sums = true;
			break;
		case 'k':
			keeps = true;
			break;
		case 'q':
			quiet = true;
			break;
		default:
			exit(2);
		}
	}
	if (argc - optind != 2) {
		fputs("usage: faulting [OPTION]... SOCKET FILE\n", stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct sigaction bus = { .sa_handler = on_sigbus };
	int fd = -1;

	parse(argc, argv);
	map_file(argv[optind + 1]);
	if (inside) {
		memories[0] = (struct memory){ (__u8 *)(uintptr_t)file, size, 0 };
	} else {
		open_uffd();
		map_memories();
	}
	took = calloc(pages, sizeof(*took));
	if (!took)
		die("memory");
	if (!inside)
		fd = greet(argv[optind]);
	if (said || other || nr_descriptors != 1) {
		char c;

		if (!keeps)
			shutdown(fd, SHUT_WR);
		/* Killed here, or the handler hangs up on us. */
		return read(fd, &c, 1) ? 1 : 0;
	}
	if (expected_lost)
		sigaction(SIGBUS, &bus, NULL);
	if (waits) {
		printf("seen: %d\n", *(volatile __u8 *)address(0));
		fflush(stdout);
		pause();
	}
	change();
	touch_all();
	if (!quiet)
		report(now());
	if (lost != expected_lost)
		fprintf(stderr, "SIGBUS at %lu pages, expected %lu\n", lost,
			expected_lost);
	return wrong || lost != expected_lost;
}
