// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * table.c - the table at the end of an image: where each frame is
 *
 * It is believed only if it accounts for each byte of the file, as it has no
 * checksum of its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/image.h"
#include "soft/soft.h"

/* Lower half of the XXH64 of nothing. */
#define EMPTY_SUM	0x51d8e999U

/**
 * struct table - the table while it is read
 * @at: where its frame begins in the file
 * @nr: frames
 * @entry: bytes of an entry
 * @checked: entries have checksums
 * @bytes: the entries
 */
struct table {
	uint64_t at;
	uint32_t nr;
	uint32_t entry;
	bool checked;
	unsigned char *bytes;
};

int flipq_image_pread(int fd, void *buf, size_t len, uint64_t at)
{
	unsigned char *p = buf;

	while (len) {
		ssize_t got = pread(fd, p, len, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return -EBADMSG;
		p += got;
		at += (uint64_t)got;
		len -= (size_t)got;
	}
	return 0;
}

/* What the end of a file of @size bytes says. */
static int read_foot(struct table *t, int fd, uint64_t size)
{
	unsigned char foot[TABLE_FOOT];
	uint64_t bytes;
	int err;

	if (size < SKIP_HEAD + TABLE_FOOT)
		return -ENODATA;
	err = flipq_image_pread(fd, foot, sizeof(foot), size - sizeof(foot));
	if (err)
		return err;
	if (image_le32(foot + 5) != TABLE_SEEKABLE)
		return -ENODATA;
	t->nr = image_le32(foot);
	t->checked = foot[4] & TABLE_CHECKED;
	t->entry = t->checked ? 12 : 8;
	bytes = SKIP_HEAD + (uint64_t)t->nr * t->entry + TABLE_FOOT;
	if (foot[4] & TABLE_RESERVED || t->nr > TABLE_MAX ||
	    bytes > size)
		return -EBADMSG;
	t->at = size - bytes;
	return 0;
}

static int read_entries(struct table *t, int fd)
{
	size_t bytes = (size_t)t->nr * t->entry;
	unsigned char head[SKIP_HEAD];
	int err = flipq_image_pread(fd, head, sizeof(head), t->at);

	if (err)
		return err;
	if (image_le32(head) != TABLE_MAGIC ||
	    image_le32(head + 4) != bytes + TABLE_FOOT)
		return -EBADMSG;
	t->bytes = malloc(bytes);
	if (!t->bytes)
		return -ENOMEM;
	return flipq_image_pread(fd, t->bytes, bytes, t->at + SKIP_HEAD);
}

/* One frame: neither sum can wrap, as there are less than 2^32 of 2^32 bytes. */
static int add_frame(struct flipq_image *image, const unsigned char *p,
		     struct image_frame *f, bool checked)
{
	uint32_t packed = image_le32(p), plain = image_le32(p + 4);

	if (!packed)
		return -EBADMSG;
	if (packed > FLIPQ_MAX_SLOT_SIZE || plain > FLIPQ_MAX_SLOT_SIZE)
		return -EFBIG;
	if (packed > image->packed)
		image->packed = packed;
	if (plain > image->info.block)
		image->info.block = plain;
	f[0].sum = checked ? image_le32(p + 8) : 0;
	/* it is never decoded, so nobody else would see that it has content */
	if (checked && !plain && f[0].sum != EMPTY_SUM)
		return -EBADMSG;
	f[1].plain = f[0].plain + plain;
	f[1].at = f[0].at + packed;
	return 0;
}

static int take_entries(struct flipq_image *image, const struct table *t,
			uint64_t first)
{
	uint32_t i;
	int err;

	image->frames = calloc((size_t)t->nr + 1, sizeof(*image->frames));
	if (!image->frames)
		return -ENOMEM;
	image->frames[0].at = first;
	for (i = 0; i < t->nr; i++) {
		err = add_frame(image, t->bytes + (size_t)i * t->entry,
				&image->frames[i], t->checked);
		if (err)
			return err;
	}
	image->info.blocks = t->nr;
	image->info.checked = t->checked;
	image->info.own = image->frames[t->nr].plain;
	image->info.size = image->info.own;
	image->info.id = flipq_xxh64(t->bytes, (size_t)t->nr * t->entry);
	return 0;
}

/* Which format the first frame has, and with it all others. */
static int find_algorithm(struct flipq_image *image)
{
	unsigned char magic[4];
	int err;

	/* all of it may be the base's */
	if (!image->info.blocks)
		return 0;
	err = flipq_image_pread(image->fd, magic, sizeof(magic),
				image->frames[0].at);
	if (err)
		return err;
	image->algorithm = flipq_image_algorithm(magic, sizeof(magic));
	return image->algorithm ? 0 : -EAFNOSUPPORT;
}

static int take_table(struct flipq_image *image, const struct table *t)
{
	unsigned char head[BASED_HEAD] = { 0 };
	uint64_t end;
	bool based;
	int err = flipq_image_pread(image->fd, head,
				    t->at < sizeof(head) ? (size_t)t->at :
				    sizeof(head), 0);

	if (err)
		return err;
	based = image_le32(head) == BASED_MAGIC;
	if (based && t->at < sizeof(head))
		return -EBADMSG;
	err = take_entries(image, t, based ? BASED_HEAD : 0);
	if (err)
		return err;
	end = image->frames[t->nr].at;
	if (based)
		err = flipq_image_runs(image, head, end, t->at);
	else if (end != t->at)
		err = -EBADMSG;
	return err ? err : find_algorithm(image);
}

int flipq_image_table(struct flipq_image *image, int fd)
{
	struct table t = { 0 };
	struct stat st;
	int err;

	image->fd = fd;
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENODATA;
	err = read_foot(&t, fd, (uint64_t)st.st_size);
	if (!err)
		err = read_entries(&t, fd);
	if (!err)
		err = take_table(image, &t);
	free(t.bytes);
	return err;
}
