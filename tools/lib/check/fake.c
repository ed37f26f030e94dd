// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fake.c - a kernel for the tests: its system calls
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "engine/engine.h"
#include "fake.h"
#include "fake_ops.h"

/* Longer than any scheduling delay, shorter than a tester's patience. */
#define HUNG_NS	60000000000ULL

#define COMP_OFFSET	0x100000000ULL
#define ARENA_OFFSET	0x200000000ULL

/* As the module's defaults, but for the time, which a sanitizer stretches. */
static const struct engine_turn_limits limits = {
	.requests = 8, .ns = ~0U, .percent = 100,
};

/*
 * The user's view is a second mapping without PROT_WRITE, so that a library
 * that writes where it must not dies, as it would with the module. A child of
 * fork() has none of it, as there.
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
	if (p == MAP_FAILED || *user == MAP_FAILED ||
	    madvise(*user, size, MADV_DONTFORK))
		abort();
	close(fd);
	return p;
}

/* Make a partition, and tell the engine, which is to have it parked. */
static void init_part(struct fake *f, unsigned int n,
		      struct engine_worker *worker)
{
	const struct flipq_setup *s = &f->made;
	unsigned char *sub = (unsigned char *)f->sub + n * s->sub_stride;
	unsigned char *comp = (unsigned char *)f->comp + n * s->comp_stride;
	struct flipq_submission *words = (void *)sub;
	struct flipq_completion *server = (void *)comp;
	const struct engine_words all = {
		.fill = &words->fill,
		.reap = &words->reap,
		.done = &server->done,
		.need_wakeup = &server->need_wakeup,
	};
	struct fake_part *p = &f->parts[n];

	p->fake = f;
	p->done = &server->done;
	p->desc = sub + s->desc_offset;
	p->in = sub + s->in_offset;
	p->result = comp + s->result_offset;
	p->out = comp + s->out_offset;
	if (engine_queue_add(f->queue, &all, s->worker_spin_ns, worker, p))
		abort();
}

/*
 * A worker for each shared partition, if they are not to have the same one, and
 * one where there need be none.
 */
static void init_queue(struct fake *f)
{
	struct engine_worker *workers[FLIPQ_MAX_PARTITIONS] = { NULL };
	unsigned int shared = f->made.partitions, n;

	shim_cpus(shared && !f->awake ? shared : 1);
	if (engine_pool_init("fake", cpu_possible_mask, 0, &limits))
		abort();
	f->pool = true;
	f->queue = engine_queue_create(&fake_ops, f, f->made.slots, f->nr_parts,
				       f->made.wait_spin_ns);
	if (!f->queue)
		abort();
	engine_pool_choose(workers, shared);
	for (n = 0; n < f->nr_parts; n++)
		init_part(f, n, workers[n]);
	shim_hold();
}

static uint32_t round_up(uint32_t n, uint32_t to)
{
	return (n + to - 1) / to * to;
}

static int do_setup(struct fake *f, struct flipq_setup *s)
{
	if (f->setup_error)
		return f->setup_error;
	if (s->size != sizeof(*s) || s->slots > 64 || s->partitions > 64 ||
	    s->owner_partitions > 64 - s->partitions ||
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
	init_queue(f);
	if (f->tamper)
		f->tamper(s);
	return 0;
}

static bool owner_served(const struct fake *f, unsigned int part)
{
	return part >= f->made.partitions && part < f->nr_parts;
}

/* Note that somebody else serves a partition, if that was the error. */
static int note_refused(struct fake *f, unsigned int part, int err)
{
	if (err == -EBUSY)
		__atomic_fetch_add(&f->parts[part].refused, 1,
				   __ATOMIC_RELAXED);
	return err;
}

static int wait_serve(struct fake *f, unsigned int part, ktime_t deadline)
{
	const struct timespec late = { .tv_nsec = (long)f->taken_after };

	if (f->taken_after) {
		nanosleep(&late, NULL);
		return -EBUSY;
	}
	return note_refused(f, part,
			    engine_serve_wait(f->queue, f->queue->parts[part],
					      &limits, deadline));
}

/* Until the workers have done enough; those that are held do nothing. */
static int wait_for_workers(struct fake *f, ktime_t deadline)
{
	if (f->going)
		return engine_wait(f->queue, deadline);
	return f->serve_in_wait ? fake_serve_wait(f) :
				  engine_wait(f->queue, 0);
}

static int wait_enter(struct fake *f, struct flipq_enter *e)
{
	bool endless = e->timeout == FLIPQ_TIMEOUT_NONE;
	bool point = e->flags & FLIPQ_ENTER_ABSTIME && !endless;
	ktime_t deadline =
		ktime_add_safe(point ? 0 : ktime_get(),
			       endless ? HUNG_NS : e->timeout);
	int err = engine_wait_begin(f->queue, flip_mask(f->nr_parts),
				    e->minimum);

	if (err)
		return err;
	if (e->flags & FLIPQ_ENTER_SERVE)
		err = wait_serve(f, e->serve, deadline);
	if (!err)
		err = wait_for_workers(f, deadline);
	if (err == -ETIME && endless && f->going)
		f->hung = true;
	e->ready = engine_wait_end(f->queue);
	return err;
}

static int do_enter(struct fake *f, struct flipq_enter *e)
{
	f->enters++;
	f->last = *e;
	if (f->enter_error)
		return f->enter_error;
	if (e->size != sizeof(*e) || e->flags & ~FLIPQ_ENTER_FLAGS ||
	    e->sigmask || e->sigsetsize || e->resume || e->ready ||
	    e->wait_partitions || e->reserved ||
	    e->kick & ~flip_mask(f->nr_parts) ||
	    (e->flags & FLIPQ_ENTER_SERVE ? !owner_served(f, e->serve) :
					    e->serve) ||
	    (e->kick && !(e->flags & FLIPQ_ENTER_KICK)))
		return -EINVAL;
	engine_queue_kick(f->queue, e->kick);
	return e->flags & FLIPQ_ENTER_WAIT ? wait_enter(f, e) : 0;
}

static int do_serve(struct fake *f, struct flipq_serve *s)
{
	ktime_t idle_end = 0;
	u64 served;
	int err;

	if (s->size != sizeof(*s) || s->flags || s->served ||
	    !owner_served(f, s->partition))
		return -EINVAL;
	s->served = s->resume_served;
	if (f->taken_served) {
		s->served = f->taken_served;
		return -EBUSY;
	}
	served = s->served;
	err = engine_serve(f->queue->parts[s->partition], &limits, s->requests,
			   s->idle, &idle_end, &served);
	s->served = served;
	return note_refused(f, s->partition, err);
}

static int do_cancel(struct fake *f, struct flipq_cancel *c)
{
	u64 slots[FLIPQ_MAX_PARTITIONS] = { 0 };
	unsigned int n;

	f->cancels++;
	if (c->size != sizeof(*c) || c->flags & ~FLIPQ_CANCEL_ALL ||
	    (c->flags && (c->partition || c->slots)) ||
	    c->partition >= f->nr_parts || c->slots & ~flip_mask(f->made.slots))
		return -EINVAL;
	slots[c->partition] = c->slots;
	for (n = 0; c->flags && n < f->nr_parts; n++)
		slots[n] = flip_mask(f->made.slots);
	c->cancelled = fake_cancel(f, slots);
	return 0;
}

static int do_stats(const struct fake *f, struct flipq_stats *s)
{
	const struct engine_worker *worker;

	if (s->cpu || s->counters.requests)
		return -EINVAL;
	if (s->of != FLIPQ_STATS_PARTITION || s->index >= f->nr_parts)
		return -ENOENT;
	worker = f->queue->parts[s->index]->worker;
	s->cpu = worker ? worker->cpu : ~0U;
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
	if (f->owner != getpid())
		return -EIO;
	switch (request) {
	case FLIPQ_IOC_SETUP:
		return do_setup(f, arg);
	case FLIPQ_IOC_ENTER:
		return do_enter(f, arg);
	case FLIPQ_IOC_STATS:
		return do_stats(f, arg);
	case FLIPQ_IOC_SERVE:
		return do_serve(f, arg);
	case FLIPQ_IOC_CANCEL:
		return do_cancel(f, arg);
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

/* What was not served never is. */
static void end_queue(struct fake *f)
{
	unsigned int n;

	if (!f->queue)
		return;
	shim_release();
	f->going = true;
	for (n = 0; n < f->made.partitions; n++)
		engine_pool_put(f->queue->parts[n]->worker);
	engine_queue_destroy(f->queue);
	f->queue = NULL;
}

static void fake_close(const struct flipq_sys *sys, int fd)
{
	struct fake *f = fake_of(sys);

	if (fd != FAKE_FD)
		return;
	f->closes++;
	/* the threads of the queue are the parent's */
	if (f->owner == getpid())
		end_queue(f);
}

void fake_init(struct fake *f)
{
	memset(f, 0, sizeof(*f));
	f->bad_page = ~0ULL;
	f->owner = getpid();
	f->sys.open = fake_open;
	f->sys.ioctl = fake_ioctl;
	f->sys.map = fake_map;
	f->sys.unmap = fake_unmap;
	f->sys.close = fake_close;
	f->sys.cpus = fake_cpus;
	f->sys.cpu_node = fake_cpu_node;
	f->sys.this_node = fake_this_node;
}

void fake_destroy(struct fake *f)
{
	end_queue(f);
	if (f->pool)
		engine_pool_exit();
	if (shim_warnings())
		abort();
	free(f->arena);
	if (f->sub)
		munmap(f->sub, f->made.sub_size);
	if (f->user_sub && f->user_sub != f->sub)
		munmap(f->user_sub, f->made.sub_size);
	if (f->comp)
		munmap(f->comp, f->made.comp_size);
	if (f->user_comp && f->user_comp != f->comp)
		munmap(f->user_comp, f->made.comp_size);
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

unsigned int fake_serves(const struct fake *f, unsigned int part)
{
	return (unsigned int)READ_ONCE(f->queue->parts[part]->counters.serves);
}

bool fake_lease(struct fake *f, unsigned int part)
{
	return engine_lease_try(f->queue->parts[part]);
}

void fake_lease_end(struct fake *f, unsigned int part)
{
	engine_lease_end(f->queue->parts[part]);
}
