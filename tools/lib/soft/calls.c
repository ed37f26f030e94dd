// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * calls.c - a queue in the process, behind the table of system calls
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "soft/soft.h"

static struct soft *soft_of(const struct flipq_sys *sys)
{
	return (struct soft *)sys;
}

static int soft_open(const struct flipq_sys *sys, const char *path)
{
	struct soft *s = soft_of(sys);

	(void)path;
	s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->fd < 0)
		return -errno;
	s->refs++;
	return s->fd;
}

static int soft_enter(struct soft *s, struct flipq_enter *e)
{
	u64 set;

	for (set = e->kick; set; set &= set - 1)
		flipq_soft_kick(&s->parts[flip_next(set, 0)]);
	return e->flags & FLIPQ_ENTER_WAIT ? flipq_soft_wait(s, e) : 0;
}

static int soft_serve(struct soft *s, struct flipq_serve *serve)
{
	if (serve->partition >= soft_parts(s))
		return -EINVAL;
	return flipq_soft_serve(&s->parts[serve->partition], serve);
}

/* The library's calls only, whose structs have its size and no flag unknown. */
static int soft_ioctl(const struct flipq_sys *sys, int fd,
		      unsigned long request, void *arg)
{
	struct soft *s = soft_of(sys);

	(void)fd;
	if (request == FLIPQ_IOC_SETUP)
		return s->parts ? -EBUSY : flipq_soft_setup(s, arg);
	if (!s->parts)
		return -ENXIO;
	switch (request) {
	case FLIPQ_IOC_ENTER:
		return soft_enter(s, arg);
	case FLIPQ_IOC_SERVE:
		return soft_serve(s, arg);
	case FLIPQ_IOC_CANCEL:
		return flipq_soft_cancel(s, arg);
	case FLIPQ_IOC_STATS:
		return flipq_soft_stats(s, arg);
	default:
		return -ENOTTY;
	}
}

static int soft_map(const struct flipq_sys *sys, int fd, size_t size, int prot,
		    uint64_t offset, void **addr)
{
	const struct soft *s = soft_of(sys);

	(void)fd;
	(void)size;
	(void)prot;
	if (offset == s->setup.sub_offset)
		*addr = s->sub;
	else if (offset == s->setup.comp_offset)
		*addr = s->comp;
	else
		*addr = s->arena;
	return 0;
}

/* The queue has the memory, which goes when it is closed. */
static void soft_unmap(const struct flipq_sys *sys, void *addr, size_t size)
{
	(void)sys;
	(void)addr;
	(void)size;
}

static void soft_put(struct soft *s)
{
	if (--s->refs)
		return;
	flipq_soft_unmake(s);
	if (!s->left) {
		pthread_mutex_destroy(&s->level);
		pthread_mutex_destroy(&s->cancel_lock);
	}
	free(s);
}

static void soft_close(const struct flipq_sys *sys, int fd)
{
	struct soft *s = soft_of(sys);

	close(fd);
	soft_put(s);
}

/* No eventfd can be told from another, so a child's copy of it stays. */
static void soft_leave(const struct flipq_sys *sys)
{
	struct soft *s = soft_of(sys);

	s->left = true;
	soft_put(s);
}

static unsigned int soft_cpus(const struct flipq_sys *sys)
{
	(void)sys;
	return flipq_linux.cpus(&flipq_linux);
}

/* Threads run where they may. */
static int soft_cpu_node(const struct flipq_sys *sys, unsigned int cpu)
{
	(void)sys;
	(void)cpu;
	return -1;
}

static int soft_this_node(const struct flipq_sys *sys)
{
	(void)sys;
	return -1;
}

/* From now on the eventfd says what there is. */
static void soft_watch(const struct flipq_sys *sys)
{
	struct soft *s = soft_of(sys);

	if (READ_ONCE(s->polled))
		return;
	WRITE_ONCE(s->polled, 1);
	/* pairs with (M): it is kept up before the look at done */
	smp_mb();
	flipq_soft_level(s);
}

static void soft_collected(const struct flipq_sys *sys)
{
	struct soft *s = soft_of(sys);

	if (READ_ONCE(s->polled))
		flipq_soft_level(s);
}

int flipq_soft_open(struct flipq **queue, const struct flipq_config *config)
{
	struct soft *s = calloc(1, sizeof(*s));
	int ret;

	*queue = NULL;
	if (!s)
		return -ENOMEM;
	s->sys = (struct flipq_sys){
		.in_process = true,
		.open = soft_open,
		.ioctl = soft_ioctl,
		.map = soft_map,
		.unmap = soft_unmap,
		.close = soft_close,
		.cpus = soft_cpus,
		.cpu_node = soft_cpu_node,
		.this_node = soft_this_node,
		.watch = soft_watch,
		.collected = soft_collected,
		.leave = soft_leave,
	};
	s->refs = 1;
	pthread_mutex_init(&s->level, NULL);
	pthread_mutex_init(&s->cancel_lock, NULL);
	ret = flipq_open_with(&s->sys, queue, config);
	soft_put(s);
	return ret;
}
