// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fake_ops.c - a kernel for the tests: what becomes of a request
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "engine/engine.h"
#include "fake.h"
#include "fake_ops.h"

/* An address in the arena or the process's, by the lowest of the flags. */
static unsigned char *place(const struct fake *f, uint32_t where, uint64_t addr)
{
	if ((where & FLIPQ_REQ_SRC_MASK) == FLIPQ_REQ_SRC_ARENA)
		return f->arena + addr;
	return (unsigned char *)(uintptr_t)addr;
}

static void note_word(struct fake *f, unsigned int part, u64 word)
{
	unsigned char had = READ_ONCE(f->words[word]);

	if (had && had != part + 1)
		WRITE_ONCE(f->words_shared, true);
	WRITE_ONCE(f->words[word], (unsigned char)(part + 1));
}

/* As the module does it, but for a page that cannot be written if a test says. */
static void flush(struct fake *f, unsigned int part, const struct flipq_desc *d,
		  struct flipq_result *r)
{
	u64 *bitmap = (void *)place(f, d->flags, d->flush.bitmap);
	u64 page, last = ~0ULL;

	f->flushes[part]++;
	if ((u64)d->flush.count * d->src_len > FLIPQ_MAX_FLUSH) {
		r->status = -EINVAL;
		return;
	}
	for (page = d->flush.first;
	     page < d->flush.first + d->flush.count; page++) {
		r->flush.words += page / 64 != last;
		last = page / 64;
		note_word(f, part, last);
		if (!(bitmap[last] & flip_bit(page % 64)))
			continue;
		if (page == f->bad_page) {
			r->status = -EFAULT;
			return;
		}
		memcpy(place(f, d->flags, d->dst + page * d->src_len),
		       place(f, d->flags, d->src + page * d->src_len),
		       d->src_len);
		/* plain, so that ThreadSanitizer sees who shares a word */
		bitmap[last] &= ~flip_bit(page % 64);
		r->flush.pages++;
		r->len += d->src_len;
	}
}

static void handle(struct engine_partition *part, unsigned int slot,
		   void *request)
{
	struct fake_part *p = part->priv;
	struct fake *f = p->fake;
	const unsigned char *in = p->in + (size_t)slot * f->made.in_stride;
	unsigned char *out = p->out + (size_t)slot * f->made.out_stride;
	struct flipq_desc d = *fake_part_desc(f, p, slot);
	struct flipq_result r = { 0 };
	uint32_t i;

	(void)request;
	switch (d.opcode) {
	case FLIPQ_OP_NOP:
		break;
	case FAKE_OP_SLOW:
		nanosleep(&(struct timespec){ .tv_nsec = FAKE_SLOW_NS }, NULL);
		break;
	case FLIPQ_OP_COPY:
		memcpy(place(f, d.flags >> 4, d.dst),
		       place(f, d.flags, d.src), d.src_len);
		r.len = d.src_len;
		break;
	case FLIPQ_OP_FLUSH:
		flush(f, part->index, &d, &r);
		break;
	case FLIPQ_OP_COMPRESS:
	case FLIPQ_OP_DECOMPRESS:
		if (d.src_len > d.dst_len) {
			r.status = -ENOSPC;
			break;
		}
		for (i = 0; i < d.src_len; i++) {
			out[i] = fake_code(in[i]);
			r.csum += in[i];
		}
		r.len = d.src_len;
		break;
	default:
		r.status = -EINVAL;
	}
	*fake_part_result(f, p, slot) = r;
}

static void cancelled(struct engine_partition *part, unsigned int slot,
		      void *request)
{
	struct fake_part *p = part->priv;

	(void)request;
	*fake_part_result(p->fake, p, slot) =
		(struct flipq_result){ .status = -ECANCELED };
}

const struct engine_ops fake_ops = {
	.request_handler = handle,
	.request_cancelled = cancelled,
};
