/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * worst_zstd.h - zstd frames that take a decoder long (RFC 8878)
 *
 * A frame is filled with copies of one block, or with blocks of sequences that
 * differ. All are valid and decode to what their header says.
 */
#ifndef SELFTEST_WORST_ZSTD_H
#define SELFTEST_WORST_ZSTD_H

#include <stdlib.h>

#include "worst_fse.h"

#define ZSTD_BLOCK	(128U << 10)
/* Of a block: what is packed must not be larger than a block, either. */
#define ZSTD_SEQS	32000U

enum { ZSTD_B_RAW, ZSTD_B_RLE, ZSTD_B_PACKED };
enum { ZSTD_T_BASIC, ZSTD_T_RLE, ZSTD_T_FSE, ZSTD_T_REPEAT };
enum { ZSTD_LL, ZSTD_OF, ZSTD_ML, ZSTD_TABLES };

/**
 * struct zstd_seq - a sequence, by codes that need no table of extra bits
 * @code: of the length of its literals (up to 15, which is the length itself),
 *	of its offset, and of the length of its match (up to 31: less 3)
 * @extra: bits of the offset
 */
struct zstd_seq {
	u8 code[ZSTD_TABLES];
	u32 extra;
};

/**
 * struct zstd_tables - how a block's sequences are coded
 * @mode: of each table
 * @fse: each table; with ZSTD_T_RLE one of one cell
 */
struct zstd_tables {
	u8 mode[ZSTD_TABLES];
	struct fse fse[ZSTD_TABLES];
};

/* Backwards, as bits that were written last are read first. */
struct zstd_read {
	u32 value;
	u8 nr;
};

static inline void zstd_rle(struct zstd_tables *t, unsigned int table,
			    u8 symbol)
{
	struct fse *f = &t->fse[table];

	t->mode[table] = ZSTD_T_RLE;
	f->log = 0;
	f->symbol[0] = symbol;
	f->nr_bits[0] = 0;
	f->base[0] = 0;
}

static inline void zstd_seq_header(struct bits *b, const struct zstd_tables *t,
				   unsigned int nr)
{
	unsigned int i;

	if (nr < 128) {
		bits_byte(b, nr);
	} else if (nr < 0x7f00) {
		bits_byte(b, 128 + (nr >> 8));
		bits_byte(b, nr & 255);
	} else {
		bits_byte(b, 255);
		bits_put(b, nr - 0x7f00, 16);
	}
	if (!nr)
		return;
	bits_byte(b, (unsigned int)(t->mode[ZSTD_LL] << 6 |
		     t->mode[ZSTD_OF] << 4 | t->mode[ZSTD_ML] << 2));
	for (i = 0; i < ZSTD_TABLES; i++) {
		if (t->mode[i] == ZSTD_T_FSE)
			fse_describe(&t->fse[i], b);
		if (t->mode[i] == ZSTD_T_RLE)
			bits_byte(b, t->fse[i].symbol[0]);
	}
}

/* What a decoder reads for @s, in this order, last things first in @r. */
static inline size_t zstd_seq_reads(const struct zstd_tables *t,
				    const struct zstd_seq *s, size_t nr,
				    struct zstd_read *r)
{
	static const u8 order[] = { ZSTD_OF, ZSTD_ML, ZSTD_LL };
	unsigned int cell[ZSTD_TABLES], i;
	size_t n = 0, at;

	for (i = 0; i < ZSTD_TABLES; i++)
		cell[i] = fse_cell(&t->fse[i], s[nr - 1].code[i]);
	for (at = nr; at--;) {
		for (i = 0; i < ZSTD_TABLES && at + 1 < nr; i++) {
			const struct fse *f = &t->fse[order[i]];
			unsigned int *c = &cell[order[i]];
			unsigned int to = *c;

			*c = fse_before(f, s[at].code[order[i]], to);
			r[n].value = to - f->base[*c];
			r[n++].nr = f->nr_bits[*c];
		}
		r[n].value = s[at].extra;
		r[n++].nr = s[at].code[ZSTD_OF];
	}
	for (i = 0; i < ZSTD_TABLES; i++) {
		static const u8 first[] = { ZSTD_ML, ZSTD_OF, ZSTD_LL };

		r[n].value = cell[first[i]];
		r[n++].nr = (u8)t->fse[first[i]].log;
	}
	return n;
}

/* The section of sequences. @nr may be 0. */
static inline void zstd_sequences(struct bits *b, const struct zstd_tables *t,
				  const struct zstd_seq *s, unsigned int nr)
{
	struct zstd_read *r;
	size_t n, i;

	zstd_seq_header(b, t, nr);
	if (!nr)
		return;
	r = malloc((4 * nr + ZSTD_TABLES) * sizeof(*r));
	n = zstd_seq_reads(t, s, nr, r);
	for (i = 0; i < n; i++)
		bits_put(b, r[i].value, r[i].nr);
	bits_put(b, 1, 1);
	bits_align(b);
	free(r);
}

/* Literals as they are. */
static inline void zstd_raw_literals(struct bits *b, u32 len)
{
	if (len < 32) {
		bits_put(b, len << 3, 8);
	} else {
		bits_put(b, 12, 4);
		bits_put(b, len, 20);
	}
	for (; len; len--)
		bits_byte(b, 'x');
}

/* One literal, many times. */
static inline void zstd_rle_literals(struct bits *b, u32 len)
{
	bits_put(b, 13, 4);
	bits_put(b, len, 20);
	bits_byte(b, 'x');
}

/*
 * A Huffman table of @nr + 1 symbols, whose depth is @nr: the first symbol has
 * one bit, 1, and the last two have @nr of them.
 */
static inline void zstd_deep_table(struct bits *b, unsigned int nr)
{
	unsigned int i;

	bits_byte(b, 127 + nr);
	for (i = 0; i < nr; i += 2) {
		unsigned int second = i + 1 < nr ? nr - i - 1 : 0;

		bits_byte(b, (nr - i) << 4 | second);
	}
}

/* One of 128 symbols of seven bits each. */
static inline void zstd_wide_table(struct bits *b)
{
	unsigned int i;

	bits_byte(b, 127 + 127);
	for (i = 0; i < 63; i++)
		bits_byte(b, 0x11);
	bits_byte(b, 0x10);
}

/* @nr bits that are 1, and a mark: so many symbols of a deep table. */
static inline void zstd_ones(struct bits *b, unsigned int nr)
{
	for (; nr > 32; nr -= 32)
		bits_put(b, ~0U, 32);
	bits_put(b, (1ULL << (nr + 1)) - 1, nr + 1);
	bits_align(b);
}

static inline size_t zstd_ones_len(unsigned int nr)
{
	return nr / 8 + 1;
}

/**
 * struct zstd_literals - literals that are coded
 * @len: how many, at most 1023
 * @streams: 1 or 4
 * @repeat: without a table of their own
 * @deep: depth of the table; 0 for the wide one
 */
struct zstd_literals {
	unsigned int len;
	unsigned int streams;
	bool repeat;
	unsigned int deep;
};

static inline unsigned int zstd_stream_bits(const struct zstd_literals *l,
					    unsigned int stream)
{
	unsigned int part = l->len;

	if (l->streams == 4) {
		part = (l->len + 3) / 4;
		if (stream == 3)
			part = l->len - 3 * part;
	}
	return l->deep ? part : 7 * part;
}

static inline void zstd_coded_literals(struct bits *b,
				       const struct zstd_literals *l)
{
	struct bits body = { .out = malloc(2048) };
	unsigned int i;

	if (!l->repeat && l->deep)
		zstd_deep_table(&body, l->deep);
	else if (!l->repeat)
		zstd_wide_table(&body);
	for (i = 0; l->streams == 4 && i < 3; i++)
		bits_put(&body, zstd_ones_len(zstd_stream_bits(l, i)), 16);
	for (i = 0; i < l->streams; i++)
		zstd_ones(&body, zstd_stream_bits(l, i));
	bits_put(b, l->repeat ? 3 : 2, 2);
	bits_put(b, l->streams == 4, 2);
	bits_put(b, l->len, 10);
	bits_put(b, body.len, 10);
	memcpy(b->out + b->len, body.out, body.len);
	b->len += body.len;
	free(body.out);
}

/**
 * struct zstd_frame - a frame being filled
 * @b: where to
 * @room: of the frame
 * @left: bytes that may still be decoded
 * @plain: bytes that are
 * @size: where the header says so
 * @last: the last block's header
 */
struct zstd_frame {
	struct bits b;
	size_t room;
	size_t left;
	size_t plain;
	size_t size;
	size_t last;
};

static inline void zstd_begin(struct zstd_frame *f, u8 *out, size_t room,
			      size_t plain)
{
	*f = (struct zstd_frame){
		.b.out = out, .room = room, .left = plain,
	};
	/* A single segment, its size in four bytes. */
	bits_put(&f->b, 0xfd2fb528, 32);
	bits_byte(&f->b, 0xa0);
	f->size = f->b.len;
	bits_put(&f->b, 0, 32);
}

/* Before the first block: with a window of 32 MiB. */
static inline void zstd_large_window(struct zstd_frame *f)
{
	f->b.out[4] = 0x80;
	f->b.out[5] = 15 << 3;
	f->b.len++;
	f->size++;
}

/* A block that decodes to @plain bytes, or false where it does not fit. */
static inline bool zstd_block(struct zstd_frame *f, unsigned int type,
			      const u8 *body, size_t len, size_t size,
			      size_t plain)
{
	if (f->b.len + 3 + len > f->room || plain > f->left)
		return false;
	f->last = f->b.len;
	bits_put(&f->b, type << 1 | size << 3, 24);
	memcpy(f->b.out + f->b.len, body, len);
	f->b.len += len;
	f->left -= plain;
	f->plain += plain;
	return true;
}

static inline size_t zstd_end(struct zstd_frame *f)
{
	unsigned int i;

	f->b.out[f->last] |= 1;
	for (i = 0; i < 4; i++)
		f->b.out[f->size + i] = (u8)(f->plain >> 8 * i);
	return f->b.len;
}

/* As many as there is room for, and the frame is done. */
static inline size_t zstd_repeat(struct zstd_frame *f, const u8 *body,
				 size_t len, size_t plain)
{
	while (zstd_block(f, ZSTD_B_PACKED, body, len, len, plain))
		;
	return zstd_end(f);
}

/* As large as they may be. */
static const unsigned int zstd_logs[] = { 9, 8, 9 };

/* Three FSE tables of up to @symbols symbols, which are alike. */
static inline void zstd_even_tables(struct zstd_tables *t, unsigned int symbols)
{
	static const unsigned int most[] = { 36, 29, 53 };
	unsigned int i;

	for (i = 0; i < ZSTD_TABLES; i++) {
		t->mode[i] = ZSTD_T_FSE;
		fse_even(&t->fse[i], zstd_logs[i],
			 symbols < most[i] ? symbols : most[i]);
	}
}

/*
 * With a symbol of "less than one", for which a decoder takes another way, that
 * looks at each cell on its own.
 */
static inline void zstd_low_tables(struct zstd_tables *t)
{
	unsigned int i;

	for (i = 0; i < ZSTD_TABLES; i++) {
		struct fse *f = &t->fse[i];

		t->mode[i] = ZSTD_T_FSE;
		f->log = zstd_logs[i];
		f->nr = 3;
		f->count[0] = (1 << f->log) - 3;
		f->count[1] = 2;
		f->count[2] = -1;
		fse_build(f);
	}
}

/* No literals, a match of 3 that repeats the first offset less one: 1. */
static const struct zstd_seq zstd_one_seq = { .code = { 1, 0, 0 } };

/* Blocks of one sequence with these tables, and literals of one kind. */
static inline size_t zstd_tables(u8 *out, size_t room, size_t plain,
				 const struct zstd_tables *t,
				 const struct zstd_literals *l)
{
	u8 body[512];
	struct bits b = { .out = body };
	struct zstd_frame f;

	if (l)
		zstd_coded_literals(&b, l);
	else
		zstd_raw_literals(&b, 1);
	zstd_sequences(&b, t, &zstd_one_seq, 1);
	zstd_begin(&f, out, room, plain);
	return zstd_repeat(&f, body, b.len, 4);
}

/* Three tables of two symbols each: the least bytes. */
static inline size_t zstd_short_tables(u8 *out, size_t room, size_t plain)
{
	struct zstd_tables t = { 0 };

	zstd_even_tables(&t, 2);
	return zstd_tables(out, room, plain, &t, NULL);
}

/* Of all symbols. */
static inline size_t zstd_long_tables(u8 *out, size_t room, size_t plain)
{
	struct zstd_tables t = { 0 };

	zstd_even_tables(&t, FSE_SYMBOLS);
	return zstd_tables(out, room, plain, &t, NULL);
}

/* And a Huffman table, all of the slowest kind. */
static inline size_t zstd_all_tables(u8 *out, size_t room, size_t plain)
{
	const struct zstd_literals l = { .len = 1, .streams = 1, .deep = 11 };
	struct zstd_tables t = { 0 };

	zstd_low_tables(&t);
	return zstd_tables(out, room, plain, &t, &l);
}

/* Blocks of a few literals with a Huffman table, and no sequence. */
static inline size_t zstd_huffman(u8 *out, size_t room, size_t plain,
				  const struct zstd_literals *l)
{
	u8 body[2048];
	struct bits b = { .out = body };
	struct zstd_frame f;

	zstd_coded_literals(&b, l);
	zstd_sequences(&b, NULL, NULL, 0);
	zstd_begin(&f, out, room, plain);
	return zstd_repeat(&f, body, b.len, l->len);
}

static inline size_t zstd_deep_huffman(u8 *out, size_t room, size_t plain)
{
	return zstd_huffman(out, room, plain, &(struct zstd_literals){
			    .len = 1, .streams = 1, .deep = 11 });
}

static inline size_t zstd_wide_huffman(u8 *out, size_t room, size_t plain)
{
	return zstd_huffman(out, room, plain, &(struct zstd_literals){
			    .len = 1, .streams = 1 });
}

/* Four streams, and literals enough for a table of pairs. */
static inline size_t zstd_four_streams(u8 *out, size_t room, size_t plain)
{
	return zstd_huffman(out, room, plain, &(struct zstd_literals){
			    .len = 900, .streams = 4, .deep = 11 });
}

static inline size_t zstd_four_short(u8 *out, size_t room, size_t plain)
{
	return zstd_huffman(out, room, plain, &(struct zstd_literals){
			    .len = 6, .streams = 4, .deep = 11 });
}

/* One block with a table, then blocks that use it again. */
static inline size_t zstd_treeless(u8 *out, size_t room, size_t plain)
{
	struct zstd_literals l = { .len = 8, .streams = 4, .deep = 11 };
	u8 body[512];
	struct bits b = { .out = body };
	struct zstd_frame f;

	zstd_begin(&f, out, room, plain);
	zstd_coded_literals(&b, &l);
	zstd_sequences(&b, NULL, NULL, 0);
	zstd_block(&f, ZSTD_B_PACKED, body, b.len, b.len, l.len);
	b = (struct bits){ .out = body };
	l.repeat = true;
	zstd_coded_literals(&b, &l);
	zstd_sequences(&b, NULL, NULL, 0);
	return zstd_repeat(&f, body, b.len, l.len);
}

/* Blocks of nothing: raw and of no length. */
static inline size_t zstd_empty_blocks(u8 *out, size_t room, size_t plain)
{
	struct zstd_frame f;

	zstd_begin(&f, out, room, plain);
	while (zstd_block(&f, ZSTD_B_RAW, (const u8 *)"", 0, 0, 0))
		;
	return zstd_end(&f);
}

static inline size_t zstd_rle_blocks(u8 *out, size_t room, size_t plain)
{
	struct zstd_frame f;

	zstd_begin(&f, out, room, plain);
	while (zstd_block(&f, ZSTD_B_RLE, (const u8 *)"y", 1, 3, 3))
		;
	return zstd_end(&f);
}

/* Packed blocks of the least that one can be: a literal, no sequence. */
static inline size_t zstd_least_blocks(u8 *out, size_t room, size_t plain)
{
	static const u8 body[] = { 1 << 3, 'x', 0 };
	struct zstd_frame f;

	zstd_begin(&f, out, room, plain);
	return zstd_repeat(&f, body, sizeof(body), 1);
}

/**
 * struct zstd_shape - what the sequences of a block are like
 * @ll: lengths of literals are below this
 * @far: farthest matches only; else now here, now there
 * @window: said to be larger than the content, for which some decoders have
 *	another way
 */
struct zstd_shape {
	unsigned int ll;
	bool far;
	bool window;
};

/* @at bytes are there to look back at. The match has 3 bytes. */
static inline void zstd_random_seq(struct zstd_seq *s,
				   const struct zstd_shape *h, u64 *state,
				   size_t at)
{
	/* The last offset, the one before, near, and as far as can be. */
	static const u8 codes[] = { 0, 1, 3 };
	unsigned int most = bits_high((unsigned int)at / 2);
	unsigned int way = h->far ? 3 : rnd_below(state, 4);

	s->code[ZSTD_LL] = (u8)rnd_below(state, h->ll);
	s->code[ZSTD_ML] = 0;
	s->code[ZSTD_OF] = way < 3 ? codes[way] : (u8)most;
	s->extra = 0;
	if (way >= 2)
		s->extra = (u32)rnd(state) & ((1U << s->code[ZSTD_OF]) - 1);
}

static inline void zstd_shape_tables(struct zstd_tables *t,
				     const struct zstd_shape *h)
{
	unsigned int i;

	for (i = 0; i < ZSTD_TABLES; i++)
		t->mode[i] = ZSTD_T_FSE;
	fse_even(&t->fse[ZSTD_LL], 5, h->ll);
	fse_even(&t->fse[ZSTD_OF], 5, 22);
	zstd_rle(t, ZSTD_ML, 0);
	if (h->ll == 1)
		zstd_rle(t, ZSTD_LL, 0);
}

/* A block of them, in @b. Return: bytes that it decodes to. */
static inline size_t zstd_seq_block(struct bits *b, const struct zstd_tables *t,
				    const struct zstd_shape *h, size_t at)
{
	struct zstd_seq *s = calloc(ZSTD_SEQS, sizeof(*s));
	u64 state = at;
	size_t plain = 0;
	u32 literals = 0;
	unsigned int n;

	for (n = 0; n < ZSTD_SEQS && plain + 64 < ZSTD_BLOCK; n++) {
		zstd_random_seq(&s[n], h, &state, at + plain);
		literals += s[n].code[ZSTD_LL];
		plain += s[n].code[ZSTD_LL] + 3U;
	}
	b->len = 0;
	zstd_raw_literals(b, literals);
	zstd_sequences(b, t, s, n);
	free(s);
	return plain;
}

/* Sequences without end. A block is used again until half is behind it. */
static inline size_t zstd_seqs(u8 *out, size_t room, size_t plain,
			       const struct zstd_shape *h)
{
	struct zstd_tables t = { 0 };
	struct bits b = { .out = malloc(2 * ZSTD_BLOCK) };
	struct zstd_frame f;
	size_t made = 0, again = 0;

	zstd_shape_tables(&t, h);
	zstd_begin(&f, out, room, plain);
	if (h->window)
		zstd_large_window(&f);
	/* Something to look back at. */
	zstd_block(&f, ZSTD_B_RLE, (const u8 *)"z", 1, 64, 64);
	do {
		if (f.plain >= again) {
			made = zstd_seq_block(&b, &t, h, f.plain);
			again = 2 * f.plain;
		}
	} while (zstd_block(&f, ZSTD_B_PACKED, b.out, b.len, b.len, made));
	free(b.out);
	return zstd_end(&f);
}

/* Shortest matches, as far away as can be. */
static inline size_t zstd_far_seqs(u8 *out, size_t room, size_t plain)
{
	return zstd_seqs(out, room, plain, &(struct zstd_shape){
			 .ll = 1, .far = true });
}

/* Offsets that nobody guesses. */
static inline size_t zstd_mixed_seqs(u8 *out, size_t room, size_t plain)
{
	return zstd_seqs(out, room, plain, &(struct zstd_shape){ .ll = 1 });
}

/* And literals. */
static inline size_t zstd_mixed_literals(u8 *out, size_t room, size_t plain)
{
	return zstd_seqs(out, room, plain, &(struct zstd_shape){ .ll = 2 });
}

static inline size_t zstd_far_window(u8 *out, size_t room, size_t plain)
{
	return zstd_seqs(out, room, plain, &(struct zstd_shape){
			 .ll = 1, .far = true, .window = true });
}

/*
 * In a frame with a large window: blocks of nine sequences, so that the table of
 * offsets, of as many cells as there can be, is looked through in each.
 */
static inline size_t zstd_window_blocks(u8 *out, size_t room, size_t plain)
{
	struct zstd_seq s[9] = { { .code = { 0, 0, 0 } } };
	struct zstd_tables t = { 0 };
	u8 body[512];
	struct bits b = { .out = body };
	struct zstd_frame f;

	zstd_rle(&t, ZSTD_LL, 0);
	zstd_rle(&t, ZSTD_ML, 0);
	t.mode[ZSTD_OF] = ZSTD_T_FSE;
	fse_even(&t.fse[ZSTD_OF], 8, 2);
	zstd_begin(&f, out, room, plain);
	zstd_large_window(&f);
	zstd_block(&f, ZSTD_B_RLE, (const u8 *)"z", 1, 64, 64);
	zstd_raw_literals(&b, 0);
	zstd_sequences(&b, &t, s, 9);
	zstd_block(&f, ZSTD_B_PACKED, body, b.len, b.len, 27);
	b.len = 0;
	t.mode[ZSTD_OF] = ZSTD_T_REPEAT;
	zstd_raw_literals(&b, 0);
	zstd_sequences(&b, &t, s, 9);
	return zstd_repeat(&f, body, b.len, 27);
}

#endif /* SELFTEST_WORST_ZSTD_H */
