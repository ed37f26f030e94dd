// SPDX-License-Identifier: GPL-2.0-only
/*
 * flush.c - copy the dirty pages of a range, as COLO flushes its RAM cache
 *
 * The bitmap is read word by word. A page is copied before its bit is cleared,
 * and a page that cannot be copied stays dirty.
 */
#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/uaccess.h>

#include "device/device.h"

/* The word of the bitmap with page @page. Return: 0 or -EFAULT. */
static int flipq_word_read(const struct flipq_job *job, u64 page, u64 *word)
{
	u64 addr = job->desc.flush.bitmap + page / 64 * sizeof(u64);

	if (job->src) {
		*word = READ_ONCE(*(u64 *)(job->part->shape->arena + addr));
		return 0;
	}
	return get_user(*word, (u64 __user *)u64_to_user_ptr(addr));
}

static int flipq_word_write(const struct flipq_job *job, u64 page, u64 word)
{
	u64 addr = job->desc.flush.bitmap + page / 64 * sizeof(u64);

	if (job->src) {
		WRITE_ONCE(*(u64 *)(job->part->shape->arena + addr), word);
		return 0;
	}
	return put_user(word, (u64 __user *)u64_to_user_ptr(addr));
}

static int flipq_page_copy(const struct flipq_job *job, u64 page)
{
	const struct flipq_desc *d = &job->desc;
	u64 at = page * d->src_len;

	if (job->src)
		return flipq_copy(job->part, job->dst + at, 0, job->src + at, 0,
				  d->src_len);
	return flipq_copy(job->part, NULL, d->dst + at, NULL, d->src + at,
			  d->src_len);
}

/* Flush the pages in the word of @page, from @page up to @end. */
static int flipq_flush_word(struct flipq_job *job, u64 page, u64 end)
{
	u64 base = round_down(page, 64);
	u64 last = min(end, base + 64) - base;
	u64 range = GENMASK_ULL(last - 1, page - base);
	u64 word, dirty;
	int err, put;

	err = flipq_word_read(job, page, &word);
	if (err)
		return err;
	job->res.flush.words++;
	dirty = word & range;
	if (!dirty)
		return 0;
	for (; dirty && !err; dirty &= dirty - 1) {
		unsigned int bit = __ffs64(dirty);

		err = flipq_page_copy(job, base + bit);
		if (err)
			break;
		word &= ~BIT_ULL(bit);
		job->res.flush.pages++;
		job->res.len += job->desc.src_len;
	}
	put = flipq_word_write(job, page, word);
	return err ? err : put;
}

/* FLUSH, checked. Return: 0 or -EFAULT, with what was done until then. */
int flipq_flush(struct flipq_job *job)
{
	u64 page = job->desc.flush.first;
	u64 end = page + job->desc.flush.count;
	int err = 0;

	while (page < end && !err) {
		err = flipq_flush_word(job, page, end);
		page = round_down(page, 64) + 64;
	}
	return err;
}
