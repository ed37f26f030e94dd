// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * layout.c - does the layout that the kernel reports make sense?
 *
 * Not a defence against the kernel: a library and a module of different
 * versions shall part with an error rather than with a damaged process.
 */
#include <errno.h>

#include "internal.h"

/* Do @nr things of @size bytes, @stride apart, lie within [@start, @end)? */
static bool fits(uint64_t start, uint64_t end, uint64_t offset, uint64_t stride,
		 uint64_t size, uint64_t nr)
{
	/* can't overflow: all but @start and @end, which are small, are u32 */
	return offset >= start && stride >= size && offset % 8 == 0 &&
	       stride % 8 == 0 && offset + stride * (nr - 1) + size <= end;
}

int flipq_check_layout(const struct flipq_setup *s)
{
	const uint64_t parts = (uint64_t)s->partitions + s->owner_partitions;

	if (!s->slots || s->slots > FLIPQ_MAX_SLOTS ||
	    !parts || parts > FLIPQ_MAX_PARTITIONS)
		return -EPROTO;
	if (!fits(0, s->sub_size, 0, s->sub_stride, s->sub_stride, parts) ||
	    !fits(0, s->comp_size, 0, s->comp_stride, s->comp_stride, parts))
		return -EPROTO;
	if (!fits(sizeof(struct flipq_submission), s->sub_stride,
		  s->desc_offset, s->desc_stride,
		  sizeof(struct flipq_desc), s->slots) ||
	    !fits(sizeof(struct flipq_completion), s->comp_stride,
		  s->result_offset, s->result_stride,
		  sizeof(struct flipq_result), s->slots))
		return -EPROTO;
	if (s->in_size &&
	    !fits(sizeof(struct flipq_submission), s->sub_stride,
		  s->in_offset, s->in_stride, s->in_size, s->slots))
		return -EPROTO;
	if (s->out_size &&
	    !fits(sizeof(struct flipq_completion), s->comp_stride,
		  s->out_offset, s->out_stride, s->out_size, s->slots))
		return -EPROTO;
	return 0;
}
