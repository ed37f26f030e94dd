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

static inline void compat_vm_flags_mod(struct vm_area_struct *vma,
				       unsigned long set, unsigned long clear)
{
#ifdef COMPAT_HAVE_VM_FLAGS_MOD
	vm_flags_mod(vma, set, clear);
#else
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#endif
}

#endif /* FLIPQ_COMPAT_H */
