// SPDX-License-Identifier: GPL-2.0-only
/*
 * chardev.c - /dev/flipq: open, mmap, poll, fdinfo, close
 *
 * A file has no queue until FLIPQ_IOC_SETUP made one, and has the same queue
 * from then on until it is closed. Every mapping and every call under way holds
 * the file, so release finds the queue unused but by its workers.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "device/call.h"

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
	return compat_map_area(vma, r->addr);
}

static __poll_t flipq_poll(struct file *file, struct poll_table_struct *table)
{
	struct flipq_file *ff = file->private_data;
	struct flipq_queue *fq;

	/* Before set-up as well: epoll registers only once. */
	poll_wait(file, &ff->poll_wq, table);
	/* (n) pairs with (M): the registration before the look at done */
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
