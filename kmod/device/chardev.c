// SPDX-License-Identifier: GPL-2.0-only
/*
 * chardev.c - /dev/flipq: open, ioctl, mmap, poll, fdinfo, close
 *
 * A file has no queue until FLIPQ_IOC_SETUP made one, and has the same queue
 * from then on until it is closed. Every mapping and every call under way holds
 * the file, so release finds the queue unused but by its workers.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/time_namespace.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "device/device.h"

/**
 * struct flipq_file - an open of the device
 * @queue: NULL, then its queue, once and for all
 * @poll_wq: pollers are registered here, before set-up, too
 */
struct flipq_file {
	struct flipq_queue *queue;
	wait_queue_head_t poll_wq;
};

/* The queue of @ff, NULL before set-up. */
static struct flipq_queue *flipq_get_queue(const struct flipq_file *ff)
{
	/* Pairs with the cmpxchg in flipq_publish(). */
	return smp_load_acquire(&ff->queue);
}

/* The queue of @ff for its owner, or an ERR_PTR(): not set up, not yours. */
static struct flipq_queue *flipq_owned(struct flipq_file *ff)
{
	struct flipq_queue *fq = flipq_get_queue(ff);

	if (!fq)
		return ERR_PTR(-ENXIO);
	if (fq->mm != current->mm)
		return ERR_PTR(-EIO);
	return fq;
}

/**
 * flipq_get_arg - read an ioctl's struct
 * @to: where to
 * @ksize: its size here
 * @min: its size in the first version of the ABI
 * @arg: the user's
 *
 * Return: the size as the user knows it, or a negative errno.
 */
static long flipq_get_arg(void *to, size_t ksize, size_t min,
			  const void __user *arg)
{
	u32 size;
	int err;

	if (get_user(size, (const u32 __user *)arg))
		return -EFAULT;
	if (size < min)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(to, ksize, arg, size);
	if (err)
		return err;
	/* Not the copy's: the user may have changed it in between. */
	*(u32 *)to = size;
	return size;
}

static long flipq_put_arg(void __user *arg, const void *from, size_t ksize,
			  size_t size)
{
	return copy_to_user(arg, from, min(ksize, size)) ? -EFAULT : 0;
}

static long flipq_ioctl_info(void __user *arg)
{
	const bool all = ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
	struct flipq_charged charged;
	struct flipq_info info;
	long size = flipq_get_arg(&info, sizeof(info), sizeof(info), arg);

	if (size < 0)
		return size;
	if (info.flags || info.reserved)
		return -EINVAL;
	flipq_charged(&charged);

	info = (struct flipq_info){
		.size = size,
		.abi = FLIPQ_ABI_VERSION,
		.max_slots = FLIPQ_MAX_SLOTS,
		.max_partitions = FLIPQ_MAX_PARTITIONS,
		.max_slot_size = FLIPQ_MAX_SLOT_SIZE,
		.max_codecs = FLIPQ_MAX_CODECS,
		.workers = engine_pool_workers(),
		.default_partitions = flipq_default_partitions(),
		.max_queues = READ_ONCE(flipq_params.max_queues),
		.max_user_queues = READ_ONCE(flipq_params.max_user_queues),
		.features = FLIPQ_FEATURE_ARENA | FLIPQ_FEATURE_SERVE |
			    FLIPQ_FEATURE_CANCEL,
		.opcodes = BIT_ULL(FLIPQ_OP_NR) - 1,
		.req_flags = FLIPQ_REQ_FLAGS,
		.max_workspace = READ_ONCE(flipq_params.max_workspace),
		.max_queue_bytes = READ_ONCE(flipq_params.max_queue_bytes),
		.max_total_bytes = READ_ONCE(flipq_params.max_total_bytes),
		.queues = all ? charged.queues : FLIPQ_INFO_HIDDEN,
		.total_bytes = all ? charged.bytes : FLIPQ_INFO_HIDDEN,
		.worker_bytes = all ? flipq_scratch_total() : FLIPQ_INFO_HIDDEN,
		.max_user_bytes = READ_ONCE(flipq_params.max_user_bytes),
		.user_queues = charged.user_queues,
		.user_bytes = charged.user_bytes,
	};
	return flipq_put_arg(arg, &info, sizeof(info), size);
}

static long flipq_ioctl_codec(void __user *arg)
{
	struct flipq_codec_info info;
	const struct codec_ops *ops;
	struct codec_params *p;
	size_t max_workspace;
	u32 slot_size;
	long size;

	size = flipq_get_arg(&info, sizeof(info), sizeof(info), arg);
	if (size < 0)
		return size;
	slot_size = info.slot_size ? info.slot_size : SZ_64K;
	if (info.flags || info.reserved0 ||
	    memchr_inv(info.reserved, 0, sizeof(info.reserved)) ||
	    slot_size < FLIPQ_MIN_SLOT_SIZE || slot_size > FLIPQ_MAX_SLOT_SIZE)
		return -EINVAL;
	ops = codec_by_index(info.index);
	if (!ops)
		return -ENOENT;

	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	max_workspace = READ_ONCE(flipq_params.max_workspace);
	info = (struct flipq_codec_info){
		.size = size,
		.index = info.index,
		.algorithm = ops->algorithm,
		.caps = ops->caps,
		.min_level = ops->min_level,
		.max_level = ops->max_level,
		.default_level = ops->default_level,
		.slot_size = slot_size,
	};
	info.owner_level = codec_highest_level(ops, FLIPQ_CODEC_OWNER,
					       slot_size, max_workspace, p);
	info.owner_workspace = p->compress_ws;
	info.shared_level = codec_highest_level(ops, 0, slot_size,
						max_workspace, p);
	info.compress_workspace = p->compress_ws;
	info.decompress_workspace = p->decompress_ws;
	kfree(p);
	strscpy(info.name, ops->name, sizeof(info.name));
	return flipq_put_arg(arg, &info, sizeof(info), size);
}

/* There is one already. Return: what to tell the caller. */
static long flipq_set_up(const struct flipq_queue *fq)
{
	return fq->mm == current->mm ? -EBUSY : -EIO;
}

/*
 * Give @fq to the file, unless another set-up was faster. The user knows of it
 * already: no lock is held across the user's memory, which may keep a thread
 * for as long as it likes.
 */
static long flipq_publish(struct flipq_file *ff, struct flipq_queue *fq)
{
	/* Pairs with the acquire in flipq_get_queue(). */
	struct flipq_queue *old = cmpxchg(&ff->queue, NULL, fq);

	return old ? flipq_set_up(old) : 0;
}

/*
 * Where a limit is met that queues of the caller hold which it has closed, wait
 * for them to be freed: who closes one and opens another need not know when.
 */
static struct flipq_queue *flipq_make_queue(struct flipq_file *ff,
					    struct flipq_setup *s)
{
	const struct flipq_setup asked = *s;
	struct flipq_freed freed;
	struct flipq_queue *fq;

	do {
		*s = asked;
		flipq_freed(&freed);
		fq = flipq_queue_setup(s, &ff->poll_wq);
	} while ((fq == ERR_PTR(-EMFILE) || fq == ERR_PTR(-ENFILE) ||
		  fq == ERR_PTR(-EDQUOT) || fq == ERR_PTR(-ENOMEM)) &&
		 flipq_wait_freed(&freed));
	return fq;
}

static long flipq_ioctl_setup(struct flipq_file *ff, void __user *arg)
{
	struct flipq_queue *fq;
	struct flipq_setup s;
	long size, err;

	size = flipq_get_arg(&s, sizeof(s), sizeof(s), arg);
	if (size < 0)
		return size;
	fq = flipq_get_queue(ff);
	if (fq)
		return flipq_set_up(fq);
	fq = flipq_make_queue(ff, &s);
	if (IS_ERR(fq))
		return PTR_ERR(fq);
	err = flipq_put_arg(arg, &s, sizeof(s), size);
	if (!err)
		err = flipq_publish(ff, fq);
	if (err)
		flipq_queue_free(fq);
	return err;
}

/* How far the caller's CLOCK_MONOTONIC is ahead, in a time namespace. */
static ktime_t flipq_clock_offset(void)
{
	struct timespec64 t = {};

	timens_add_monotonic(&t);
	return timespec64_to_ktime(t);
}

/* A point in time that the user gave, as ktime_get() counts; 0 for one past. */
static ktime_t flipq_clock_from_user(u64 time)
{
	ktime_t offset = flipq_clock_offset();

	if (time > KTIME_MAX)
		return KTIME_MAX;
	if (offset < 0)
		return ktime_add_safe(time, -offset);
	return max_t(s64, time - offset, 0);
}

/* The reverse; 0 for KTIME_MAX, which is no point in time. */
static u64 flipq_clock_to_user(ktime_t time)
{
	if (time == KTIME_MAX)
		return 0;
	return time + flipq_clock_offset();
}

static ktime_t flipq_deadline(const struct flipq_enter *e)
{
	if (!e->timeout)
		return 0;
	if (e->timeout > KTIME_MAX)
		return KTIME_MAX;
	if (e->flags & FLIPQ_ENTER_ABSTIME)
		return flipq_clock_from_user(e->timeout);
	if (e->resume)
		return flipq_clock_from_user(e->resume);
	return ktime_add_safe(ktime_get(), e->timeout);
}

/* What a call that was interrupted has to know when it is made again. */
static u64 flipq_enter_resume(const struct flipq_enter *e, ktime_t deadline)
{
	if (e->flags & FLIPQ_ENTER_ABSTIME)
		return 0;
	return flipq_clock_to_user(deadline);
}

/*
 * A signal without a handler, a stop, a debugger, the freezer and task work all
 * look the same here, and after them the call is made again by itself; with a
 * handler the caller gets EINTR. A restart block would do that without a word
 * in the user's memory, but it has to outlive the module.
 */
static long flipq_restart(long err)
{
	return err == -EINTR ? -ERESTARTNOHAND : err;
}

/* Is @i a partition that the owner's threads serve? They are the last ones. */
static bool flipq_owner_served(const struct flipq_queue *fq, unsigned int i)
{
	return i < fq->nr && i >= fq->setup.partitions;
}

/* The number of a partition that exists, whatever a CPU thinks that runs ahead. */
static unsigned int flipq_index(const struct flipq_queue *fq, unsigned int i)
{
	return array_index_nospec(i, fq->nr);
}

static int flipq_check_enter(const struct flipq_enter *e,
			     const struct flipq_queue *fq)
{
	if ((e->flags & ~FLIPQ_ENTER_FLAGS) || e->reserved)
		return -EINVAL;
	if (e->kick && !(e->flags & FLIPQ_ENTER_KICK))
		return -EINVAL;
	if (e->kick & ~flip_mask(fq->nr))
		return -EINVAL;
	if (e->flags & FLIPQ_ENTER_SERVE ? !flipq_owner_served(fq, e->serve) :
					   e->serve)
		return -EINVAL;
	if (e->resume && (!(e->flags & FLIPQ_ENTER_WAIT) ||
			  (e->flags & FLIPQ_ENTER_ABSTIME)))
		return -EINVAL;
	if (!(e->flags & FLIPQ_ENTER_WAIT) &&
	    (e->minimum || e->timeout || e->sigmask ||
	     (e->flags & (FLIPQ_ENTER_ABSTIME | FLIPQ_ENTER_SERVE))))
		return -EINVAL;
	if (e->sigsetsize != (e->sigmask ? sizeof(sigset_t) : 0))
		return -EINVAL;
	return 0;
}

static int flipq_wait(struct flipq_queue *fq, struct flipq_enter *e,
		      ktime_t deadline)
{
	struct engine_queue *q = fq->queue;
	int err = engine_wait_begin(q, flip_mask(fq->nr), e->minimum);

	if (err)
		return err;
	if (e->flags & FLIPQ_ENTER_SERVE)
		err = engine_serve_wait(q, q->parts[flipq_index(fq, e->serve)],
					&flipq_turn_limits, deadline);
	if (!err)
		err = engine_wait(q, deadline);
	e->ready = engine_wait_end(q);
	return err;
}

/*
 * A wait under another signal mask, as ppoll() does it: where a signal ended
 * the wait, the old mask comes back only after its handler was chosen.
 */
static int flipq_wait_masked(struct flipq_queue *fq, struct flipq_enter *e,
			     ktime_t deadline)
{
	sigset_t mask, old;
	int err;

	if (copy_from_user(&mask, u64_to_user_ptr(e->sigmask), sizeof(mask)))
		return -EFAULT;
	sigdelsetmask(&mask, sigmask(SIGKILL) | sigmask(SIGSTOP));
	sigprocmask(SIG_SETMASK, &mask, &old);
	err = flipq_wait(fq, e, deadline);
	if (err == -EINTR) {
		current->saved_sigmask = old;
		set_restore_sigmask();
	} else {
		sigprocmask(SIG_SETMASK, &old, NULL);
	}
	return err;
}

static long flipq_enter_wait(struct flipq_queue *fq, struct flipq_enter *e,
			     struct flipq_enter __user *arg)
{
	ktime_t deadline = flipq_deadline(e);
	u64 resume = 0;
	int err;

	e->ready = 0;
	if (e->sigmask)
		err = flipq_wait_masked(fq, e, deadline);
	else
		err = flipq_wait(fq, e, deadline);
	if (err == -EINTR)
		resume = flipq_enter_resume(e, deadline);
	if (put_user(e->ready, &arg->ready) ||
	    (resume != e->resume && put_user(resume, &arg->resume)))
		return -EFAULT;
	return flipq_restart(err);
}

static long flipq_ioctl_enter(struct flipq_file *ff, void __user *arg)
{
	struct flipq_queue *fq = flipq_owned(ff);
	struct flipq_enter e;
	long size, err;

	if (IS_ERR(fq))
		return PTR_ERR(fq);
	size = flipq_get_arg(&e, sizeof(e), sizeof(e), arg);
	if (size < 0)
		return size;
	err = flipq_check_enter(&e, fq);
	if (err)
		return err;

	/* The mask is for a CPU that runs ahead of the check, too. */
	engine_queue_kick(fq->queue, e.kick & flip_mask(fq->nr));
	if (!(e.flags & FLIPQ_ENTER_WAIT))
		return 0;
	return flipq_enter_wait(fq, &e, arg);
}

/* Tell what was done, and what a call that goes on from there has to know. */
static long flipq_put_served(struct flipq_serve __user *arg, u64 served,
			     u64 resume_served, u64 resume_idle)
{
	if (put_user(served, &arg->served) ||
	    put_user(resume_served, &arg->resume_served) ||
	    put_user(resume_idle, &arg->resume_idle))
		return -EFAULT;
	return 0;
}

static long flipq_ioctl_serve(struct flipq_file *ff, void __user *arg)
{
	struct flipq_queue *fq = flipq_owned(ff);
	struct flipq_serve s;
	ktime_t idle_end = 0;
	long size, err, fault;

	if (IS_ERR(fq))
		return PTR_ERR(fq);
	size = flipq_get_arg(&s, sizeof(s), sizeof(s), arg);
	if (size < 0)
		return size;
	if (s.flags || s.reserved || !flipq_owner_served(fq, s.partition))
		return -EINVAL;
	if (s.resume_idle)
		idle_end = flipq_clock_from_user(s.resume_idle);
	s.served = s.resume_served;
	err = engine_serve(fq->queue->parts[flipq_index(fq, s.partition)],
			   &flipq_turn_limits, s.requests, s.idle, &idle_end,
			   &s.served);
	if (err == -EINTR)
		fault = flipq_put_served(arg, s.served, s.served, idle_end ?
					 flipq_clock_to_user(idle_end) : 0);
	else
		fault = flipq_put_served(arg, s.served, 0, 0);
	return fault ? fault : flipq_restart(err);
}

/* Which slots of which partition? Return: 0 or -EINVAL. */
static int flipq_cancel_slots(const struct flipq_queue *fq,
			      const struct flipq_cancel *c, u64 *slots)
{
	u64 all = flip_mask(fq->setup.slots);
	unsigned int i;

	if ((c->flags & ~FLIPQ_CANCEL_ALL) ||
	    memchr_inv(c->reserved, 0, sizeof(c->reserved)))
		return -EINVAL;
	if (c->flags & FLIPQ_CANCEL_ALL) {
		if (c->partition || c->slots)
			return -EINVAL;
		for (i = 0; i < fq->nr; i++)
			slots[i] = all;
		return 0;
	}
	if (c->partition >= fq->nr || (c->slots & ~all))
		return -EINVAL;
	slots[flipq_index(fq, c->partition)] = c->slots;
	return 0;
}

static long flipq_ioctl_cancel(struct flipq_file *ff, void __user *arg)
{
	struct flipq_queue *fq = flipq_owned(ff);
	u64 slots[FLIPQ_MAX_PARTITIONS] = {};
	struct flipq_cancel c;
	u64 cancelled;
	long size, err;

	if (IS_ERR(fq))
		return PTR_ERR(fq);
	size = flipq_get_arg(&c, sizeof(c), sizeof(c), arg);
	if (size < 0)
		return size;
	err = flipq_cancel_slots(fq, &c, slots);
	if (err)
		return err;
	err = engine_queue_cancel(fq->queue, slots, &cancelled);
	c.cancelled = cancelled;
	if (put_user(c.cancelled,
		     &((struct flipq_cancel __user *)arg)->cancelled))
		return -EFAULT;
	return err;
}

/* All partitions' counters, and the waits, which belong to none of them. */
static void flipq_queue_counters(const struct flipq_queue *fq,
				 struct flipq_counters *c)
{
	unsigned int i;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < fq->nr; i++)
		engine_counters_sum(c, &fq->queue->parts[i]->counters);
	c->waits = READ_ONCE(fq->queue->waits);
	c->sleeping_waits = READ_ONCE(fq->queue->sleeping_waits);
}

static int flipq_read_stats(const struct flipq_queue *fq, struct flipq_stats *s)
{
	unsigned int i;

	switch (s->of) {
	case FLIPQ_STATS_QUEUE:
		if (s->index)
			return -ENOENT;
		s->cpu = ~0U;
		flipq_queue_counters(fq, &s->counters);
		return 0;
	case FLIPQ_STATS_PARTITION:
		if (s->index >= fq->nr)
			return -ENOENT;
		i = flipq_index(fq, s->index);
		s->cpu = flipq_owner_served(fq, i) ? ~0U :
			 fq->parts[i].worker->cpu;
		engine_counters_read(&s->counters,
				     &fq->queue->parts[i]->counters);
		return 0;
	case FLIPQ_STATS_WORKER:
		/* They move with each request of each user. */
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		return engine_pool_counters(s->index, &s->cpu, &s->counters);
	default:
		return -EINVAL;
	}
}

static long flipq_ioctl_stats(struct flipq_file *ff, void __user *arg)
{
	struct flipq_queue *fq = flipq_owned(ff);
	struct flipq_stats s;
	long size, err;

	if (IS_ERR(fq))
		return PTR_ERR(fq);
	size = flipq_get_arg(&s, sizeof(s), sizeof(s), arg);
	if (size < 0)
		return size;
	if (s.flags || s.reserved0)
		return -EINVAL;
	err = flipq_read_stats(fq, &s);
	return err ? err : flipq_put_arg(arg, &s, sizeof(s), size);
}

static long flipq_ioctl(struct file *file, unsigned int cmd, unsigned long a)
{
	struct flipq_file *ff = file->private_data;
	void __user *arg = (void __user *)a;

	switch (cmd) {
	case FLIPQ_IOC_INFO:
		return flipq_ioctl_info(arg);
	case FLIPQ_IOC_CODEC:
		return flipq_ioctl_codec(arg);
	case FLIPQ_IOC_SETUP:
		return flipq_ioctl_setup(ff, arg);
	case FLIPQ_IOC_ENTER:
		return flipq_ioctl_enter(ff, arg);
	case FLIPQ_IOC_STATS:
		return flipq_ioctl_stats(ff, arg);
	case FLIPQ_IOC_SERVE:
		return flipq_ioctl_serve(ff, arg);
	case FLIPQ_IOC_CANCEL:
		return flipq_ioctl_cancel(ff, arg);
	default:
		return -ENOTTY;
	}
}

/* Moving a mapping would let it outlive the checks made for its place. */
static int flipq_vm_mremap(struct vm_area_struct *vma)
{
	return -EINVAL;
}

/* Which region is mapped from @offset on, or part of it? NULL for none. */
static const struct flipq_region *flipq_region_at(const struct flipq_queue *fq,
						  u64 *offset)
{
	const struct {
		const struct flipq_region *region;
		u64 start;
	} all[] = {
		{ &fq->sub, fq->setup.sub_offset },
		{ &fq->comp, fq->setup.comp_offset },
		{ &fq->arena, fq->setup.arena_offset },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		if (*offset - all[i].start < all[i].region->size) {
			*offset -= all[i].start;
			return all[i].region;
		}
	}
	return NULL;
}

/*
 * For debuggers, which cannot pin pages of a mapping with VM_IO. Nobody else
 * looks whether @write is allowed.
 */
static int flipq_vm_access(struct vm_area_struct *vma, unsigned long addr,
			   void *buf, int len, int write)
{
	struct flipq_file *ff = vma->vm_file->private_data;
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
	const struct flipq_region *r;

	r = flipq_region_at(flipq_get_queue(ff), &offset);
	if (!r || (write && !(vma->vm_flags & VM_MAYWRITE)))
		return -EACCES;
	len = min_t(unsigned long, len, vma->vm_end - addr);
	offset += addr - vma->vm_start;
	if (write)
		memcpy(r->addr + offset, buf, len);
	else
		memcpy(buf, r->addr + offset, len);
	return len;
}

static const struct vm_operations_struct flipq_vm_ops = {
	.mremap = flipq_vm_mremap,
	.access = flipq_vm_access,
};

static int flipq_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct flipq_queue *fq = flipq_owned(file->private_data);
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
	const struct flipq_region *r;
	unsigned long clear = VM_MAYEXEC;

	if (IS_ERR(fq))
		return PTR_ERR(fq);
	if (offset == fq->setup.sub_offset) {
		r = &fq->sub;
	} else if (offset == fq->setup.comp_offset) {
		r = &fq->comp;
		/* Nor may mprotect() ever make it writable. */
		clear |= VM_MAYWRITE;
		if (vma->vm_flags & VM_WRITE)
			return -EACCES;
	} else if (offset == fq->setup.arena_offset && fq->arena.addr) {
		r = &fq->arena;
	} else {
		return -EINVAL;
	}
	if (vma->vm_end - vma->vm_start != r->size ||
	    !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EACCES;

	/* VM_IO, as without it the user could undo VM_DONTCOPY. */
	compat_vm_flags_mod(vma, VM_IO | VM_DONTCOPY | VM_DONTEXPAND |
			    VM_DONTDUMP, clear);
	vma->vm_ops = &flipq_vm_ops;
	return remap_vmalloc_range(vma, r->addr, 0);
}

static __poll_t flipq_poll(struct file *file, struct poll_table_struct *table)
{
	struct flipq_file *ff = file->private_data;
	struct flipq_queue *fq;

	/* Before set-up as well: epoll registers only once. */
	poll_wait(file, &ff->poll_wq, table);
	/* (L) once more: the registration before the look at done */
	smp_mb();
	fq = flipq_get_queue(ff);
	if (!fq)
		return EPOLLERR;
	return engine_ready(fq->queue) ? EPOLLIN | EPOLLRDNORM : 0;
}

static void flipq_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct flipq_file *ff = file->private_data;
	struct flipq_queue *fq = flipq_get_queue(ff);
	struct flipq_counters c;

	if (!fq)
		return;
	flipq_queue_counters(fq, &c);
	seq_printf(m, "flipq-queue:\t%u\n", fq->queue->id);
	seq_printf(m, "flipq-partitions:\t%u\n", fq->nr);
	seq_printf(m, "flipq-slots:\t%u\n", fq->setup.slots);
	seq_printf(m, "flipq-bytes:\t%llu\n", fq->charge.bytes);
	seq_printf(m, "flipq-requests:\t%llu\n", c.requests);
	seq_printf(m, "flipq-bytes-in:\t%llu\n", c.bytes_in);
	seq_printf(m, "flipq-bytes-out:\t%llu\n", c.bytes_out);
	seq_printf(m, "flipq-filled:\t%llu\n", c.filled);
	seq_printf(m, "flipq-incompressible:\t%llu\n", c.incompressible);
	seq_printf(m, "flipq-errors:\t%llu\n", c.errors);
	seq_printf(m, "flipq-cancelled:\t%llu\n", c.cancelled);
	seq_printf(m, "flipq-serves:\t%llu\n", c.serves);
	seq_printf(m, "flipq-busy-ns:\t%llu\n", c.busy_ns);
	seq_printf(m, "flipq-turns:\t%llu\n", c.turns);
	seq_printf(m, "flipq-sleeps:\t%llu\n", c.sleeps);
	seq_printf(m, "flipq-wakeups:\t%llu\n", c.wakeups);
	seq_printf(m, "flipq-kicks:\t%llu\n", c.kicks);
	seq_printf(m, "flipq-waits:\t%llu\n", c.waits);
	seq_printf(m, "flipq-sleeping-waits:\t%llu\n", c.sleeping_waits);
}

static int flipq_open(struct inode *inode, struct file *file)
{
	struct flipq_file *ff = kzalloc(sizeof(*ff), GFP_KERNEL_ACCOUNT);

	if (!ff)
		return -ENOMEM;
	init_waitqueue_head(&ff->poll_wq);
	file->private_data = ff;
	return nonseekable_open(inode, file);
}

static void flipq_file_free(void *arg)
{
	kfree(arg);
}

/* Workers look for pollers until they have let go of the queue. */
static int flipq_release(struct inode *inode, struct file *file)
{
	struct flipq_file *ff = file->private_data;

	if (ff->queue)
		flipq_queue_close(ff->queue, flipq_file_free, ff);
	else
		flipq_file_free(ff);
	return 0;
}

static const struct file_operations flipq_fops = {
	.owner = THIS_MODULE,
	.open = flipq_open,
	.release = flipq_release,
	.unlocked_ioctl = flipq_ioctl,
	.mmap = flipq_mmap,
	.poll = flipq_poll,
	.show_fdinfo = flipq_show_fdinfo,
};

static struct miscdevice flipq_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "flipq",
	.fops = &flipq_fops,
	.mode = 0600,
};

/* Let users in. Return: 0 or a negative errno. */
int flipq_device_register(void)
{
	return misc_register(&flipq_misc);
}

/* No file is open, as each holds the module. */
void flipq_device_unregister(void)
{
	misc_deregister(&flipq_misc);
}
