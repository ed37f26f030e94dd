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
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#ifndef COMPAT_HAVE_RB_ADD_CACHED
static inline void rb_add_cached(struct rb_node *node,
				 struct rb_root_cached *tree,
				 bool (*less)(struct rb_node *,
					      const struct rb_node *))
{
	struct rb_node **link = &tree->rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (less(node, parent)) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(node, parent, link);
	rb_insert_color_cached(node, tree, leftmost);
}
#endif

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

/* What follows is not for the engine, which compiles in user space, too. */
#ifdef __KERNEL__

#include <linux/lzo.h>
#include <linux/vmalloc.h>

/*
 * Map all of a vmalloc area into @vma, which has its size. Where memcg marks the
 * pages that it charges by their type, they cannot be inserted as pages. The
 * file holds the area as long as it is mapped, so their numbers will do: VM_IO
 * is set anyway, and nobody gets a reference through the mapping.
 */
static inline int compat_map_area(struct vm_area_struct *vma, void *area)
{
#ifdef COMPAT_HAVE_MEMCG_DATA_KMEM
	return remap_vmalloc_range(vma, area, 0);
#else
	unsigned long at;
	int err = 0;

	for (at = vma->vm_start; at < vma->vm_end && !err; at += PAGE_SIZE)
		err = remap_pfn_range(vma, at,
				      vmalloc_to_pfn(area + at - vma->vm_start),
				      PAGE_SIZE, vma->vm_page_prot);
	return err;
#endif
}

#ifndef COMPAT_HAVE_HK_TYPE
#define HK_TYPE_DOMAIN	HK_FLAG_DOMAIN
#define HK_TYPE_KTHREAD	HK_FLAG_KTHREAD
#endif

#ifndef COMPAT_HAVE_KTHREAD_COMPLETE_AND_EXIT
#define kthread_complete_and_exit(done, code) complete_and_exit(done, code)
#endif

/*
 * The other compressor does not know where its output ends: without this one
 * there is none.
 */
#ifdef COMPAT_HAVE_LZO1X_1_COMPRESS_SAFE
#define COMPAT_LZO_COMPRESSES	true
#else
#define COMPAT_LZO_COMPRESSES	false
static inline int lzo1x_1_compress_safe(const unsigned char *src,
					size_t src_len, unsigned char *dst,
					size_t *dst_len, void *ws)
{
	return LZO_E_ERROR;
}
#endif

#ifndef COMPAT_HAVE_ZSTD_GET_PARAMS
/* W=1 warns of the constants that it defines, in each file that has no use. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include <linux/zstd.h>
#pragma GCC diagnostic pop

#define zstd_parameters			ZSTD_parameters
#define zstd_cctx			ZSTD_CCtx
#define zstd_dctx			ZSTD_DCtx
#define zstd_get_params(level, size)	ZSTD_getParams(level, size, 0)
#define zstd_cctx_workspace_bound(p)	ZSTD_CCtxWorkspaceBound(*(p))
#define zstd_dctx_workspace_bound()	ZSTD_DCtxWorkspaceBound()
#define zstd_init_cctx(ws, size)	ZSTD_initCCtx(ws, size)
#define zstd_init_dctx(ws, size)	ZSTD_initDCtx(ws, size)
#define zstd_compress_cctx(c, dst, dst_len, src, src_len, p) \
	ZSTD_compressCCtx(c, dst, dst_len, src, src_len, *(p))
#define zstd_decompress_dctx(d, dst, dst_len, src, src_len) \
	ZSTD_decompressDCtx(d, dst, dst_len, src, src_len)
#define zstd_find_frame_compressed_size(src, len) \
	ZSTD_findFrameCompressedSize(src, len)
#define zstd_is_error(code)		ZSTD_isError(code)
#define zstd_get_error_code(code)	ZSTD_getErrorCode(code)
#endif

#endif /* __KERNEL__ */

#endif /* FLIPQ_COMPAT_H */
