// SPDX-License-Identifier: GPL-2.0-only
/*
 * region.c - memory that the kernel and one process share
 *
 * Pages, each charged to the caller and on its partition's node, then one
 * mapping of all of them for the kernel. Areas of vmalloc_user() would be
 * charged to nobody.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "device/device.h"

/* Make room for @size bytes of pages. Return: 0 or -ENOMEM. */
int flipq_region_init(struct flipq_region *r, u64 size)
{
	r->pages = kvcalloc(size >> PAGE_SHIFT, sizeof(*r->pages),
			    ENGINE_GFP);
	if (!r->pages)
		return -ENOMEM;
	r->size = size;
	return 0;
}

/* Add @bytes of zeroed pages from @node. Return: 0 or -ENOMEM. */
int flipq_region_populate(struct flipq_region *r, u64 bytes, int node)
{
	const gfp_t gfp = ENGINE_GFP | __GFP_ZERO;
	unsigned long n = bytes >> PAGE_SHIFT;

	while (n--) {
		struct page *page = alloc_pages_node(node, gfp, 0);

		if (!page)
			return -ENOMEM;
		r->pages[r->nr++] = page;
		/* The signal's sender sets it under a lock; next time will do. */
		if (data_race(fatal_signal_pending(current)))
			return -ENOMEM;
		cond_resched();
	}
	return 0;
}

/* Map all pages for the kernel. Return: 0 or -ENOMEM. */
int flipq_region_map(struct flipq_region *r)
{
	r->addr = vmap(r->pages, r->nr, VM_MAP | VM_USERMAP, PAGE_KERNEL);
	return r->addr ? 0 : -ENOMEM;
}

/* Undo all of it, however far it went. No user mapping is left. */
void flipq_region_free(struct flipq_region *r)
{
	vunmap(r->addr);
	while (r->nr)
		__free_page(r->pages[--r->nr]);
	kvfree(r->pages);
	r->pages = NULL;
	r->addr = NULL;
}
