// SPDX-License-Identifier: GPL-2.0-only
/*
 * requests.c - descriptors, inputs and flips: mostly plausible, so that they get
 * as far as a codec, and never wholly right
 */
#include "fuzz.h"

void fuzz_samples_make(struct fuzz_samples *s)
{
	u32 algorithm;

	data_text(s->text, sizeof(s->text), 1);
	for (algorithm = 1; algorithm < FLIPQ_ALG_NR; algorithm++) {
		long n = stock_pack(algorithm, s->text, 2048,
				    s->packed[algorithm], FUZZ_BYTES);

		s->len[algorithm] = n > 0 ? (u32)n : 0;
	}
}

/* The words of partition @p; NULL where they are not mapped. */
struct flipq_submission *fuzz_words(const struct fuzz_queue *q, u32 p)
{
	u8 *map = READ_ONCE(q->map[AREA_SUB]);

	return map ? (void *)(map + (size_t)p * q->setup.sub_stride) : NULL;
}

static u32 some_length(struct fuzz_actor *a, u32 size)
{
	switch (source_below(&a->in, 8)) {
	case 7:
		return (u32)source_edge(&a->in);
	case 6:
		return size + 1;
	case 5:
		return size ? size - 1 : 0;
	case 4:
	case 3:
		return source_below(&a->in, size + 1);
	default:
		return size < FUZZ_BYTES ? size : FUZZ_BYTES;
	}
}

/* An address of the process': regions, arguments, and where nothing is. */
static u64 some_address(struct fuzz_actor *a)
{
	const struct fuzz_queue *q = fuzz_pick(a);
	u8 *map = READ_ONCE(q->map[source_below(&a->in, AREAS)]);

	switch (source_below(&a->in, 8)) {
	case 7:
		return source_edge(&a->in);
	case 6:
	case 5:
		return (uintptr_t)map + source_number(&a->in, 2);
	case 4:
		return (uintptr_t)a->args + 2 * page_size() -
		       source_below(&a->in, 64);
	default:
		return (uintptr_t)a->args;
	}
}

static u64 some_place(struct fuzz_actor *a, u32 flags)
{
	if ((flags & FLIPQ_REQ_SRC_MASK) == FLIPQ_REQ_SRC_USER)
		return some_address(a);
	if (source_one_in(&a->in, 4))
		return source_edge(&a->in);
	return source_one_in(&a->in, 3) ? 64 * source_byte(&a->in) : 0;
}

static void some_flush(struct fuzz_actor *a, struct flipq_desc *d)
{
	u32 where = 1 + source_below(&a->in, 2);

	d->flags = FLIPQ_REQ_KINDS(where, where, 0);
	d->src_len = 64U << source_below(&a->in, 9);
	d->dst_len = 0;
	d->codec = 0;
	d->src = some_place(a, d->flags);
	d->dst = some_place(a, d->flags >> 4);
	d->flush.bitmap = some_place(a, d->flags) & ~7ULL;
	d->flush.first = source_byte(&a->in) % 70;
	d->flush.count = source_byte(&a->in);
}

/* Two bits for each of the numbers, which thus are what is defined mostly. */
static u32 some_flags(struct fuzz_actor *a)
{
	u32 bits = source_byte(&a->in);
	u32 flags = FLIPQ_REQ_KINDS(bits & 3, bits >> 2 & 3, bits >> 5 & 3);

	if (bits & 0x10)
		flags |= FLIPQ_REQ_DETECT_FILL;
	if (bits & 0x80)
		flags |= FLIPQ_REQ_CSUM_ENCODED;
	return flags;
}

static struct flipq_desc some_desc(struct fuzz_actor *a,
				   const struct flipq_setup *s)
{
	struct flipq_desc d = {
		.opcode = (u8)(1 + source_below(&a->in, FLIPQ_OP_NR)),
		.codec = (u8)source_below(&a->in, s->nr_codecs + 1),
	};

	/* No codec, or one past the last, is rarely what is wanted. */
	if (d.codec >= s->nr_codecs && !source_one_in(&a->in, 4))
		d.codec = 0;
	d.flags = some_flags(a);
	if (d.opcode >= FLIPQ_OP_COPY)
		d.flags &= FLIPQ_REQ_SRC_MASK | FLIPQ_REQ_DST_MASK;
	if (!source_one_in(&a->in, 3))
		d.flags &= ~(FLIPQ_REQ_SRC_MASK | FLIPQ_REQ_DST_MASK);
	d.src_len = some_length(a, s->in_size);
	d.dst_len = some_length(a, s->out_size);
	d.src = some_place(a, d.flags);
	d.dst = some_place(a, d.flags >> 4);
	if (d.opcode == FLIPQ_OP_FLUSH)
		some_flush(a, &d);
	if (d.opcode >= FLIPQ_OP_NR)
		d = (struct flipq_desc){ .opcode = FLIPQ_OP_NOP };
	if (source_one_in(&a->in, 8)) {
		u64 value = source_edge(&a->in);

		memcpy((u8 *)&d + 4 * source_below(&a->in, 15), &value, 8);
	}
	return d;
}

/* Input that a decoder takes for a while; *@len becomes its length. */
static void some_input(struct fuzz_actor *a, u8 *to, u32 room, u32 *len)
{
	const struct fuzz_samples *s = a->child->samples;
	u32 algorithm = source_below(&a->in, FLIPQ_ALG_NR + 1);
	u32 i, n = room < FUZZ_BYTES ? room : FUZZ_BYTES;

	if (algorithm == FLIPQ_ALG_NR) {
		memset(to, source_byte(&a->in), n);
	} else if (!algorithm) {
		memcpy(to, s->text, n);
	} else {
		n = s->len[algorithm] < n ? s->len[algorithm] : n;
		memcpy(to, s->packed[algorithm], n);
		if (!source_one_in(&a->in, 4))
			*len = n;
	}
	for (i = source_below(&a->in, 6); i > 2 && n; i--)
		to[source_below(&a->in, n)] = source_byte(&a->in);
}

static void write_slot(struct fuzz_actor *a, const struct fuzz_queue *q, u32 p,
		       u32 slot)
{
	const struct flipq_setup *s = &q->setup;
	u8 *chunk = (u8 *)fuzz_words(q, p);
	struct flipq_desc d = some_desc(a, s);

	if (s->in_size)
		some_input(a, chunk + s->in_offset + (size_t)slot *
			   s->in_stride, s->in_size, &d.src_len);
	memcpy(chunk + s->desc_offset + slot * s->desc_stride, &d, sizeof(d));
}

static u32 a_partition(struct fuzz_actor *a, const struct fuzz_queue *q)
{
	return source_below(&a->in, q->setup.partitions +
			    q->setup.owner_partitions);
}

/* Some slots, free or not, as a submitter would: write, flip, kick. */
void fuzz_request(struct fuzz_actor *a)
{
	struct fuzz_queue *q = fuzz_pick(a);
	struct flipq_submission *w;
	u32 p, n, slot;
	u64 slots = 0;

	if (!q->known || !READ_ONCE(q->map[AREA_SUB]))
		return;
	p = a_partition(a, q);
	w = fuzz_words(q, p);
	slot = source_below(&a->in, q->setup.slots);
	for (n = 1 + source_below(&a->in, 6); n; n--) {
		write_slot(a, q, p, slot);
		slots |= flip_bit(slot);
		slot = (slot + 1) % q->setup.slots;
	}
	/* What has finished is collected, or what is in use stays so. */
	if (!source_one_in(&a->in, 8))
		w->reap = w->fill;
	/* (A): descriptors and input before fill */
	smp_store_release(&w->fill, w->fill ^ slots);
	fuzz_note(a->child->shared, OP_REQUEST, 0);
	if (!source_one_in(&a->in, 4)) {
		struct flipq_enter e = {
			.size = sizeof(e),
			.flags = FLIPQ_ENTER_KICK,
			.kick = 1ULL << p,
		};

		fuzz_note(a->child->shared, OP_ENTER,
			  raw_ioctl(q->fd, FLIPQ_IOC_ENTER, &e) ? errno : 0);
	}
}

/* The two words, with anything. */
void fuzz_flip(struct fuzz_actor *a)
{
	struct fuzz_queue *q = fuzz_pick(a);
	struct flipq_submission *w;
	u64 *word;

	if (!q->known || !READ_ONCE(q->map[AREA_SUB]))
		return;
	w = fuzz_words(q, a_partition(a, q));
	word = (u64 *)(source_one_in(&a->in, 3) ? &w->reap : &w->fill);
	switch (source_below(&a->in, 4)) {
	case 3:
		*word = source_edge(&a->in);
		break;
	case 2:
		*word = ~*word;
		break;
	case 1:
		*word ^= source_number(&a->in, 8);
		break;
	default:
		*word ^= flip_bit(source_below(&a->in, 64));
		break;
	}
	fuzz_note(a->child->shared, OP_FLIP, 0);
}
