/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - what differs between kernels, and the only place that says so
 *
 * Kbuild looks for what is asked here in the kernel's headers: a version says
 * little, as stable releases and distributions carry changes back.
 */
#ifndef FLIPQ_COMPAT_H
#define FLIPQ_COMPAT_H

#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

static inline void compat_vm_flags_mod(struct vm_area_struct *vma,
				       unsigned long set, unsigned long clear)
{
#ifdef COMPAT_HAVE_VM_FLAGS_MOD
	vm_flags_mod(vma, set, clear);
#else
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#endif
}

/*
 * A point where others may run on this CPU, however the kernel is preempted,
 * and where Tasks RCU sees that this thread is in no trampoline. A loop that
 * never sleeps and has no such point holds up all who wait for that, for
 * instance to remove a probe.
 *
 * Return: whether it was time for others.
 */
static inline bool compat_resched(void)
{
	bool due = need_resched();

	cond_resched_tasks_rcu_qs();
#ifdef TIF_NEED_RESCHED_LAZY
	/* Where only such a flag is set cond_resched() does nothing. */
	if (test_thread_flag(TIF_NEED_RESCHED_LAZY)) {
		schedule();
		due = true;
	}
#endif
	return due;
}

#endif /* FLIPQ_COMPAT_H */
