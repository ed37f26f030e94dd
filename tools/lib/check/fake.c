// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fake.c - a kernel for the tests: set-up, regions, kicks and waits
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "fake.h"

/* Longer than any scheduling delay, shorter than a tester's patience. */
#define HUNG_SECONDS	60

#define COMP_OFFSET	0x100000000ULL
#define ARENA_OFFSET	0x200000000ULL

/*
 * The user's view is a second mapping without PROT_WRITE, so that a library
 * that writes where it must not dies, as it would with the module.
 * ThreadSanitizer knows memory by its address and needs a single one.
 */
static void *make_region(size_t size, int prot, void **user)
{
	void *p;
	int fd = memfd_create("flipq", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)size))
		abort();
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
#ifdef FLIP_SHIM_TSAN
	(void)prot;
	*user = p;
#else
	*user = mmap(NULL, size, prot, MAP_SHARED, fd, 0);
#endif
	if (p == MAP_FAILED || *user == MAP_FAILED)
		abort();
	close(fd);
	return p;
}

static void init_part(struct fake *f, unsigned int n)
{
	const struct flipq_setup *s = &f->made;
	unsigned char *sub = (unsigned char *)f->sub + n * s->sub_stride;
	unsigned char *comp = (unsigned char *)f->comp + n * s->comp_stride;
	struct flipq_submission *words = (void *)sub;
	struct flipq_completion *server = (void *)comp;
	struct fake_part *p = &f->parts[n];

	p->server.fill_word = &words->fill;
	p->server.done_word = &server->done;
	p->server.need_wakeup = &server->need_wakeup;
	p->server.mask = flip_mask(s->slots);
	p->desc = sub + s->desc_offset;
	p->in = sub + s->in_offset;
	p->result = comp + s->result_offset;
	p->out = comp + s->out_offset;
	server->need_wakeup = 1;
	pthread_mutex_init(&p->lock, NULL);
}

static uint32_t round_up(uint32_t n, uint32_t to)
{
	return (n + to - 1) / to * to;
}

static int do_setup(struct fake *f, struct flipq_setup *s)
{
	unsigned int n;

	if (f->setup_error)
		return f->setup_error;
	if (s->size != sizeof(*s) || s->slots > 64 || s->partitions > 64 ||
	    s->sub_size || s->comp_size || s->sub_stride || s->desc_offset)
		return -EINVAL;
	if (f->barred && (s->partitions || !s->owner_partitions))
		return -EPERM;
	if (!s->slots)
		s->slots = 32;
	if (!s->partitions && !s->owner_partitions)
		s->partitions = 2;
	f->nr_parts = s->partitions + s->owner_partitions;
	s->desc_offset = sizeof(struct flipq_submission);
	s->desc_stride = (uint32_t)sizeof(struct flipq_desc) + f->newer;
	s->in_stride = round_up(s->in_size, 64);
	s->in_offset = s->desc_offset + s->slots * s->desc_stride;
	s->sub_stride = round_up(s->in_offset + s->slots * s->in_stride, 4096);
	s->result_offset = sizeof(struct flipq_completion);
	s->result_stride = (uint32_t)sizeof(struct flipq_result) + f->newer;
	s->out_stride = round_up(s->out_size, 64);
	s->out_offset = s->result_offset + s->slots * s->result_stride;
	s->comp_stride = round_up(s->out_offset + s->slots * s->out_stride,
				  4096);
	s->sub_size = (uint64_t)s->sub_stride * f->nr_parts;
	s->comp_size = (uint64_t)s->comp_stride * f->nr_parts;
	s->comp_offset = COMP_OFFSET;
	s->arena_offset = ARENA_OFFSET;
	f->made = *s;
	f->sub = make_region(s->sub_size, PROT_READ | PROT_WRITE, &f->user_sub);
	f->comp = make_region(s->comp_size, PROT_READ, &f->user_comp);
	if (s->arena_size)
		f->arena = calloc(1, s->arena_size);
	for (n = 0; n < f->nr_parts; n++)
		init_part(f, n);
	if (f->tamper)
		f->tamper(s);
	return 0;
}

static void wake_worker(struct fake *f)
{
	pthread_mutex_lock(&f->lock);
	f->awake = true;
	pthread_cond_broadcast(&f->cond);
	pthread_mutex_unlock(&f->lock);
}

static void kick(struct fake *f, uint64_t set)
{
	unsigned int n;

	/* who serves an owner's partition sleeps on the same condition */
	if (f->made.owner_partitions && set >> f->made.partitions)
		wake_worker(f);
	for (n = 0; n < f->made.partitions; n++)
		if (set & flip_bit(n) &&
		    flip_kick(&f->parts[n].node, &f->mailbox) && f->threaded)
			wake_worker(f);
}

unsigned int fake_count_done(struct fake *f)
{
	unsigned int count = 0, n;

	for (n = 0; n < f->nr_parts; n++) {
		struct fake_part *p = &f->parts[n];
		u64 fill = READ_ONCE(p->snap_fill);
		u64 reap = READ_ONCE(p->snap_reap);

		count += flip_count(READ_ONCE(*p->server.done_word), reap,
				    (fill ^ reap) & p->server.mask);
	}
	return count;
}

static unsigned int take_snapshot(struct fake *f)
{
	unsigned int flight = 0, n;

	for (n = 0; n < f->nr_parts; n++) {
		struct fake_part *p = &f->parts[n];
		struct flipq_submission *words =
			(void *)((unsigned char *)f->sub +
				 n * f->made.sub_stride);

		WRITE_ONCE(p->snap_fill, READ_ONCE(words->fill));
		WRITE_ONCE(p->snap_reap, READ_ONCE(words->reap));
		flight += hweight64((p->snap_fill ^ p->snap_reap) &
				    p->server.mask);
	}
	return flight;
}

/* The waiter sleeps on its wake-up alone, so that a lost one shows. */
static int sleep_until_woken(struct fake *f, const struct timespec *end)
{
	int ret = 0;

	pthread_mutex_lock(&f->lock);
	while (!f->woken && !ret)
		ret = pthread_cond_timedwait(&f->cond, &f->lock, end);
	f->woken = false;
	pthread_mutex_unlock(&f->lock);
	return ret ? -ETIME : 0;
}

static int wait_for_worker(struct fake *f, uint64_t timeout)
{
	bool endless = timeout == FLIPQ_TIMEOUT_NONE;
	struct timespec end;
	int ret = 0;

	if (endless)
		timeout = HUNG_SECONDS * 1000000000ULL;
	clock_gettime(CLOCK_MONOTONIC, &end);
	timeout += (uint64_t)end.tv_nsec;
	end.tv_sec += (time_t)(timeout / 1000000000);
	end.tv_nsec = (long)(timeout % 1000000000);
	flip_wait_arm(&f->waiting);
	while (!ret && fake_count_done(f) < READ_ONCE(f->minimum)) {
		ret = sleep_until_woken(f, &end);
		flip_wait_arm(&f->waiting);
	}
	flip_wait_disarm(&f->waiting);
	if (ret && endless)
		f->hung = true;
	return ret;
}

static int wait_alone(struct fake *f)
{
	unsigned int n, served;

	while (fake_count_done(f) < f->minimum) {
		if (!f->serve_in_wait)
			return -ETIME;
		fake_receive(f);
		served = 0;
		for (n = 0; n < f->made.partitions && !served; n++)
			if (f->parts[n].active)
				served = fake_turn(f, n, 1);
		if (!served)
			return -ETIME;
	}
	return 0;
}

static int do_enter(struct fake *f, struct flipq_enter *e)
{
	unsigned int flight, minimum;
	int ret;

	f->enters++;
	f->last = *e;
	if (f->enter_error)
		return f->enter_error;
	if (e->size != sizeof(*e) || e->flags & ~FLIPQ_ENTER_FLAGS ||
	    e->sigmask || e->sigsetsize || e->resume || e->ready ||
	    e->wait_partitions || e->reserved ||
	    e->kick & ~flip_mask(f->nr_parts) ||
	    (e->serve && !(e->flags & FLIPQ_ENTER_SERVE)) ||
	    (e->kick && !(e->flags & FLIPQ_ENTER_KICK)))
		return -EINVAL;
	kick(f, e->kick);
	if (!(e->flags & FLIPQ_ENTER_WAIT))
		return 0;
	flight = take_snapshot(f);
	minimum = e->minimum ? e->minimum : flight - flight / 2;
	/* the worker may still look at the wait before */
	WRITE_ONCE(f->minimum, minimum < flight ? minimum : flight);
	if (e->flags & FLIPQ_ENTER_SERVE) {
		ret = fake_wait_serve(f, e->serve);
		if (ret)
			return ret;
	}
	ret = f->threaded ? wait_for_worker(f, e->timeout) : wait_alone(f);
	e->ready = fake_count_done(f);
	return ret;
}

static int do_stats(const struct fake *f, struct flipq_stats *s)
{
	if (s->cpu || s->counters.requests)
		return -EINVAL;
	if (s->of != FLIPQ_STATS_PARTITION || s->index >= f->nr_parts)
		return -ENOENT;
	/* a CPU for each partition, so that cpu_node() can tell them apart */
	s->cpu = s->index < f->made.partitions ? s->index : ~0U;
	return 0;
}

static struct fake *fake_of(const struct flipq_sys *sys)
{
	return (struct fake *)(uintptr_t)sys;
}

static int fake_ioctl(const struct flipq_sys *sys, int fd,
		      unsigned long request, void *arg)
{
	struct fake *f = fake_of(sys);

	if (fd != FAKE_FD)
		return -EBADF;
	__atomic_fetch_add(&f->ioctls, 1, __ATOMIC_RELAXED);
	switch (request) {
	case FLIPQ_IOC_SETUP:
		return do_setup(f, arg);
	case FLIPQ_IOC_ENTER:
		return do_enter(f, arg);
	case FLIPQ_IOC_STATS:
		return do_stats(f, arg);
	case FLIPQ_IOC_SERVE:
		return fake_serve(f, arg);
	case FLIPQ_IOC_CANCEL:
		return fake_cancel(f, arg);
	default:
		return -ENOTTY;
	}
}

static int fake_open(const struct flipq_sys *sys, const char *path)
{
	struct fake *f = fake_of(sys);

	(void)path;
	if (f->open_error)
		return f->open_error;
	f->opens++;
	return FAKE_FD;
}

static int fake_map(const struct flipq_sys *sys, int fd, size_t size, int prot,
		    uint64_t offset, void **addr)
{
	struct fake *f = fake_of(sys);
	const struct {
		uint64_t offset;
		uint64_t size;
		int prot;
		void *user;
	} regions[] = {
		{ 0, f->made.sub_size, PROT_READ | PROT_WRITE, f->user_sub },
		{ COMP_OFFSET, f->made.comp_size, PROT_READ, f->user_comp },
		{ ARENA_OFFSET, f->made.arena_size, PROT_READ | PROT_WRITE,
		  f->arena },
	};
	size_t n = 0;

	while (n < 3 && regions[n].offset != offset)
		n++;
	if (fd != FAKE_FD || n == 3 || !size || size != regions[n].size ||
	    prot != regions[n].prot)
		return -EINVAL;
	if (f->map_error && f->maps + 1 == f->map_fails)
		return f->map_error;
	f->maps++;
	*addr = regions[n].user;
	return 0;
}

static void fake_unmap(const struct flipq_sys *sys, void *addr, size_t size)
{
	struct fake *f = fake_of(sys);

	if ((addr == f->user_sub && size == f->made.sub_size) ||
	    (addr == f->user_comp && size == f->made.comp_size) ||
	    (addr == f->arena && size == f->made.arena_size))
		f->unmaps++;
}

static unsigned int fake_cpus(const struct flipq_sys *sys)
{
	return fake_of(sys)->cpus;
}

static int fake_cpu_node(const struct flipq_sys *sys, unsigned int cpu)
{
	const struct fake *f = fake_of(sys);

	return f->nodes && cpu < f->nr_parts ? f->nodes[cpu] : -1;
}

static int fake_this_node(const struct flipq_sys *sys)
{
	return fake_of(sys)->node;
}

static void fake_close(const struct flipq_sys *sys, int fd)
{
	if (fd == FAKE_FD)
		fake_of(sys)->closes++;
}

void fake_init(struct fake *f)
{
	pthread_condattr_t attr;

	memset(f, 0, sizeof(*f));
	f->bad_page = ~0ULL;
	f->sys.open = fake_open;
	f->sys.ioctl = fake_ioctl;
	f->sys.map = fake_map;
	f->sys.unmap = fake_unmap;
	f->sys.close = fake_close;
	f->sys.cpus = fake_cpus;
	f->sys.cpu_node = fake_cpu_node;
	f->sys.this_node = fake_this_node;
	pthread_mutex_init(&f->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&f->cond, &attr);
	pthread_condattr_destroy(&attr);
}

void fake_destroy(struct fake *f)
{
	unsigned int n;

	for (n = 0; n < f->nr_parts; n++)
		pthread_mutex_destroy(&f->parts[n].lock);
	free(f->arena);
	if (f->sub)
		munmap(f->sub, f->made.sub_size);
	if (f->user_sub && f->user_sub != f->sub)
		munmap(f->user_sub, f->made.sub_size);
	if (f->comp)
		munmap(f->comp, f->made.comp_size);
	if (f->user_comp && f->user_comp != f->comp)
		munmap(f->user_comp, f->made.comp_size);
	pthread_cond_destroy(&f->cond);
	pthread_mutex_destroy(&f->lock);
}

const struct flipq_desc *fake_desc(const struct fake *f, int slot)
{
	unsigned int n = (unsigned int)slot / f->made.slots;

	return fake_part_desc(f, &f->parts[n],
			      (unsigned int)slot % f->made.slots);
}

struct flipq_result *fake_result(const struct fake *f, int slot)
{
	unsigned int n = (unsigned int)slot / f->made.slots;

	return fake_part_result(f, &f->parts[n],
				(unsigned int)slot % f->made.slots);
}
