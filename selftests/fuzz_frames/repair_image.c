// SPDX-License-Identifier: GPL-2.0-only
/*
 * repair_image.c - tables and runs of images made right again in what was mutated
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <lz4frame.h>
#include <zstd.h>

#include "bytes.h"
#include "formats.h"
#include "image_world.h"
#include "xxh32.h"
#include "xxh64.h"

#define ROOM	(4U << 20)
#define HEAD	8U
#define FOOT	9U

/* Of the head of one with a base. */
#define HEAD_ID		8
#define HEAD_BASE	16

static u8 content[ROOM];

/**
 * struct layout - where things are in an image
 * @p: its bytes
 * @table: offset of the table
 * @nr: entries
 * @entry: bytes of each
 * @checked: they have checksums
 * @frames: offset of the first frame
 * @end: of what the frames should take
 */
struct layout {
	u8 *p;
	size_t table;
	size_t nr;
	size_t entry;
	bool checked;
	size_t frames;
	size_t end;
};

static bool is_based(const u8 *p, size_t len)
{
	return len >= BASED_HEAD && get_le32(p) == BASED_MAGIC;
}

/* As many entries as there is room for; a table says itself how long it is. */
static bool find_table(struct layout *l, u8 *p, size_t len)
{
	size_t room;
	u8 *foot;

	if (len < HEAD + FOOT)
		return false;
	room = len - HEAD - FOOT;
	foot = p + len - FOOT;
	l->p = p;
	l->checked = foot[4] & TABLE_CHECKED;
	l->entry = l->checked ? 12 : 8;
	l->nr = get_le32(foot) % (room / l->entry + 1);
	l->table = room - l->nr * l->entry;
	l->frames = is_based(p, l->table) ? BASED_HEAD : 0;
	put_le(foot, l->nr, 4);
	foot[4] &= TABLE_CHECKED;
	put_le(foot + 5, TABLE_SEEKABLE, 4);
	put_le(p + l->table, SKIPPABLE_MAGIC | TABLE_VARIANT, 4);
	put_le(p + l->table + 4, l->nr * l->entry + FOOT, 4);
	return true;
}

/* What a frame becomes, ROOM at most; -1 if it is none. */
static ssize_t unpack(const u8 *p, size_t len)
{
	size_t room = ROOM, used = len;
	LZ4F_dctx *dctx;
	size_t left;

	if (len < 4)
		return -1;
	if (get_le32(p) == ZSTD_FRAME_MAGIC) {
		room = ZSTD_decompress(content, ROOM, p, len);
		return ZSTD_isError(room) ? -1 : (ssize_t)room;
	}
	if (LZ4F_isError(LZ4F_createDecompressionContext(&dctx, LZ4F_VERSION)))
		abort();
	left = LZ4F_decompress(dctx, content, &room, p, &used, NULL);
	LZ4F_freeDecompressionContext(dctx);
	return left || used != len ? -1 : (ssize_t)room;
}

/* What the table says of frames that can be decoded. */
static void repair_entries(struct layout *l)
{
	u8 *entry = l->p + l->table + HEAD;
	size_t i;

	l->end = l->frames;
	for (i = 0; i < l->nr; i++, entry += l->entry) {
		size_t packed = get_le32(entry);
		ssize_t plain;

		if (packed > l->table - l->end)
			return;
		plain = unpack(l->p + l->end, packed);
		l->end += packed;
		if (plain < 0)
			continue;
		put_le(entry + 4, (u64)plain, 4);
		if (l->checked)
			put_le(entry + 8, xxh64(content, (size_t)plain), 4);
	}
}

/* Behind the frames and before the table. */
static void repair_runs(const struct layout *l)
{
	size_t room = l->table - l->end, len;
	u8 *copy, *p = l->p + l->end;

	if (room < HEAD + 12)
		return;
	put_le(l->p + HEAD_ID, base_id(), 8);
	put_le(l->p + HEAD_BASE, base_size(), 8);
	put_le(p, SKIPPABLE_MAGIC | RUNS_VARIANT, 4);
	put_le(p + 4, room - HEAD, 4);
	len = room - HEAD - 4;
	copy = malloc(BASED_HEAD + len);
	if (!copy)
		abort();
	memcpy(copy, l->p, BASED_HEAD);
	memcpy(copy + BASED_HEAD, p + HEAD, len);
	put_le(p + HEAD + len, xxh32(copy, BASED_HEAD + len), 4);
	free(copy);
}

void repair_image(u8 *p, size_t len)
{
	struct layout l;

	if (!find_table(&l, p, len))
		return;
	repair_entries(&l);
	if (l.frames)
		repair_runs(&l);
}

void name_base(u8 *p, size_t len)
{
	if (is_based(p, len) && !get_le64(p + HEAD_ID))
		repair_image(p, len);
}
