// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * pages.c - copy bytes, and the dirty pages of a range
 *
 * A page is copied before its bit is cleared, and one that cannot be copied
 * stays dirty.
 */
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "soft/soft.h"

/*
 * Copy where one of both, with @user, is an address that the program named, and
 * may be a bad one: the kernel does it, and reports that. Where a sandbox forbids
 * the call a bad address ends the process, as it would anywhere in the program.
 * Return: 0 or -EFAULT.
 */
int flipq_soft_copy(void *dst, const void *src, size_t len, bool user)
{
	const struct iovec to = { .iov_base = dst, .iov_len = len };
	const struct iovec from = { .iov_base = (void *)src, .iov_len = len };
	ssize_t ret;

	if (!len)
		return 0;
	if (!user) {
		memmove(dst, src, len);
		return 0;
	}
	ret = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
	if (ret == (ssize_t)len)
		return 0;
	if (ret >= 0 || (errno != ENOSYS && errno != EPERM))
		return -EFAULT;
	memmove(dst, src, len);
	return 0;
}

/* Where pages and bitmap are, and whether these are addresses. */
struct range {
	unsigned char *src;
	unsigned char *dst;
	unsigned char *bitmap;
	bool user;
};

/* The pages in the word of @page, from @page up to @end. */
static int flush_word(const struct flipq_desc *d, const struct range *r,
		      uint64_t page, uint64_t end, struct flipq_result *res)
{
	const uint64_t base = page / 64 * 64;
	u64 *at = (void *)(r->bitmap + page / 64 * sizeof(u64));
	u64 word, dirty;
	int ret, put;

	ret = flipq_soft_copy(&word, at, sizeof(word), r->user);
	if (ret)
		return ret;
	res->flush.words++;
	dirty = word & (~0ULL << (page - base));
	if (end - base < 64)
		dirty &= ~(~0ULL << (end - base));
	if (!dirty)
		return 0;
	for (; dirty; dirty &= dirty - 1) {
		unsigned int bit = flip_next(dirty, 0);
		uint64_t offset = (base + bit) * d->src_len;

		ret = flipq_soft_copy(r->dst + offset, r->src + offset,
				      d->src_len, r->user);
		if (ret)
			break;
		word &= ~flip_bit(bit);
		res->flush.pages++;
		res->len += d->src_len;
	}
	put = flipq_soft_copy(at, &word, sizeof(word), r->user);
	return ret ? ret : put;
}

static bool within(uint64_t offset, uint64_t len, uint64_t size)
{
	return len <= size && offset <= size - len;
}

/* Can't overflow: the caller has bounded what is added and multiplied. */
static int in_arena(const struct flipq_desc *d, unsigned char *arena,
		    uint64_t arena_size, struct range *r)
{
	const uint64_t pages = d->flush.first + d->flush.count;
	const uint64_t bytes = pages * d->src_len;

	if (!arena || !within(d->src, bytes, arena_size) ||
	    !within(d->dst, bytes, arena_size) ||
	    !within(d->flush.bitmap, (pages + 63) / 64 * sizeof(u64),
		    arena_size))
		return -EINVAL;
	r->src = arena + d->src;
	r->dst = arena + d->dst;
	r->bitmap = arena + d->flush.bitmap;
	return 0;
}

static int place(const struct flipq_desc *d, unsigned char *arena,
		 uint64_t arena_size, struct range *r)
{
	switch (d->flags & FLIPQ_REQ_SRC_MASK) {
	case FLIPQ_PLACE_ARENA:
		return in_arena(d, arena, arena_size, r);
	case FLIPQ_PLACE_USER:
		r->src = (unsigned char *)(uintptr_t)d->src;
		r->dst = (unsigned char *)(uintptr_t)d->dst;
		r->bitmap = (unsigned char *)(uintptr_t)d->flush.bitmap;
		r->user = true;
		return 0;
	case FLIPQ_PLACE_REGION:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

/* FLUSH. Return: its status, with what was done until then in @res. */
int flipq_soft_flush(const struct flipq_desc *d, unsigned char *arena,
		     uint64_t arena_size, struct flipq_result *res)
{
	const uint32_t size = d->src_len;
	const struct flipq_desc_flush *f = &d->flush;
	struct range r = { 0 };
	uint64_t page = f->first, end;
	int ret;

	if (d->dst_len || f->reserved || size < FLIPQ_MIN_PAGE_SIZE ||
	    (size & (size - 1)) || size > FLIPQ_MAX_FLUSH ||
	    f->count > FLIPQ_MAX_FLUSH / size ||
	    f->first > (1ULL << 52) / size || f->bitmap % sizeof(u64) ||
	    (d->flags & FLIPQ_REQ_SRC_MASK) !=
	    (d->flags & FLIPQ_REQ_DST_MASK) >> 4)
		return -EINVAL;
	ret = place(d, arena, arena_size, &r);
	for (end = page + f->count; page < end && !ret;
	     page = (page / 64 + 1) * 64)
		ret = flush_word(d, &r, page, end, res);
	return ret;
}
