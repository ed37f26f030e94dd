/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * image_rig.h - images that tests make byte by byte, right ones and others
 */
#ifndef IMAGE_RIG_H
#define IMAGE_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image/image.h"
#include "soft/soft.h"
#include "soft_rig.h"

#define BLOCK	4096U
#define ROOM	(1U << 20)

/**
 * struct made - a file, and where its parts are
 * @bytes: of the file
 * @len: how many
 * @runs: where the frame of the runs begins; 0: none
 * @table: where the frame of the table begins
 * @entries: of the table
 * @nr: how many
 */
struct made {
	unsigned char bytes[ROOM];
	size_t len;
	size_t runs;
	size_t table;
	unsigned char entries[64 * 12];
	uint32_t nr;
};

static inline void made_le(struct made *m, uint64_t value, unsigned int bytes)
{
	for (; bytes; bytes--, value >>= 8)
		m->bytes[m->len++] = (unsigned char)value;
}

static inline void made_bytes(struct made *m, const void *p, size_t len)
{
	memcpy(m->bytes + m->len, p, len);
	m->len += len;
}

static inline void made_set_le32(unsigned char *p, uint32_t value)
{
	p[0] = (unsigned char)value;
	p[1] = (unsigned char)(value >> 8);
	p[2] = (unsigned char)(value >> 16);
	p[3] = (unsigned char)(value >> 24);
}

static inline void made_entry(struct made *m, size_t from,
			      const unsigned char *plain, uint32_t len)
{
	unsigned char *p = m->entries + 12 * m->nr++;

	made_set_le32(p, (uint32_t)(m->len - from));
	made_set_le32(p + 4, len);
	made_set_le32(p + 8, (uint32_t)flipq_xxh64(plain, len));
}

/* By zstd, of a queue in the process. Without content there is no frame. */
static inline void made_zstd(struct made *m, struct flipq *q,
			     const unsigned char *plain, uint32_t len)
{
	size_t from = m->len;
	int slot = flipq_get(q);
	struct flipq_event e;

	memcpy(flipq_input(q, slot), plain, len);
	flipq_prep_compress(q, slot, 0, len, 2 * BLOCK, 0, 0);
	e = soft_result(q);
	if (e.status || !e.len)
		abort();
	made_bytes(m, flipq_output(q, slot), e.len);
	made_entry(m, from, plain, len);
}

/* By LZ4, whose block is in its frame as it is; @flags: of the frame. */
static inline void made_lz4(struct made *m, unsigned int flags,
			    const unsigned char *plain, uint32_t len)
{
	size_t from = m->len;

	made_le(m, 0x184d2204U, 4);
	made_le(m, flags, 1);
	/* blocks of 64 KiB; the checksum of the head, which nobody looks at */
	made_le(m, 0x0040U, 2);
	if (len) {
		made_le(m, 0x80000000U | len, 4);
		made_bytes(m, plain, len);
	}
	made_le(m, 0, 4);
	if (flags & 4)
		made_le(m, flipq_xxh32(plain, len), 4);
	made_entry(m, from, plain, len);
}

static inline void made_table(struct made *m)
{
	m->table = m->len;
	made_le(m, TABLE_MAGIC, 4);
	made_le(m, 12 * m->nr + TABLE_FOOT, 4);
	made_bytes(m, m->entries, 12 * (size_t)m->nr);
	made_le(m, m->nr, 4);
	made_le(m, TABLE_CHECKED, 1);
	made_le(m, TABLE_SEEKABLE, 4);
}

static inline void made_head(struct made *m, uint64_t base_id,
			     uint64_t base_size)
{
	made_le(m, BASED_MAGIC, 4);
	made_le(m, BLOCK, 4);
	made_le(m, base_id, 8);
	made_le(m, base_size, 8);
}

/* As who changed the head or the runs would do it. */
static inline void made_sum_runs(struct made *m)
{
	size_t body = m->runs + SKIP_HEAD, len = m->table - body - RUNS_SUM;
	unsigned char copy[ROOM / 16];

	memcpy(copy, m->bytes, BASED_HEAD);
	memcpy(copy + BASED_HEAD, m->bytes + body, len);
	made_set_le32(m->bytes + body + len,
		      flipq_xxh32(copy, BASED_HEAD + len));
}

static inline void made_runs(struct made *m, uint64_t size,
			     const uint32_t *runs, uint32_t nr)
{
	uint32_t i;

	m->runs = m->len;
	made_le(m, RUNS_MAGIC, 4);
	made_le(m, RUNS_SIZE + 4 * nr + RUNS_SUM, 4);
	made_le(m, size, 8);
	for (i = 0; i < nr; i++)
		made_le(m, runs[i], 4);
	made_le(m, 0, 4);
	m->table = m->len;
	made_sum_runs(m);
}

/* The first @len bytes, as a file. */
static inline int made_file(const struct made *m, size_t len)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	if (fd < 0 || write(fd, m->bytes, len) != (ssize_t)len)
		abort();
	return fd;
}

#endif /* IMAGE_RIG_H */
