// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_image.c - bytes as an image, through the library's reader: all of it and
 * parts of it are the same, and what the formats' own libraries make of it
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zstd.h>

#include "bytes.h"
#include "flipq.h"
#include "formats.h"
#include "image_world.h"
#include "stock.h"
#include "world.h"
#include "xxh64.h"

#define BASE_BLOCK	16384U
#define BASE_BLOCKS	4U
#define BASE_ENTRY	12U
#define BASE_ENTRIES	(BASE_BLOCKS * BASE_ENTRY)
#define BASE_ROOM	(BASE_BLOCKS * BASE_BLOCK + 4096)

/* More is not read at once. */
#define MOST		(4U << 20)
#define RANGES		6

static u8 stock_output[OUTPUT_LIMIT];
static struct flipq_image *base;
static u64 id;

__attribute__((noreturn))
static void broken(const char *what)
{
	fprintf(stderr, "fuzz_image: %s\n", what);
	abort();
}

static int make_file(const u8 *data, size_t len)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	if (fd < 0 || (len && pwrite(fd, data, len, 0) != (ssize_t)len))
		abort();
	return fd;
}

/* Frame @i to @to, and its entry to @entry. */
static size_t make_block(u8 *to, u8 *entry, unsigned int i)
{
	static u8 block[BASE_BLOCK];
	unsigned int at;
	size_t packed;

	for (at = 0; at < BASE_BLOCK; at++)
		block[at] = (u8)(at / 64 * (i + 3));
	packed = ZSTD_compress(to, ZSTD_compressBound(BASE_BLOCK), block,
			       BASE_BLOCK, 1);
	if (ZSTD_isError(packed))
		abort();
	put_le(entry, packed, 4);
	put_le(entry + 4, BASE_BLOCK, 4);
	put_le(entry + 8, xxh64(block, BASE_BLOCK), 4);
	return packed;
}

static void make_base(void)
{
	static const struct flipq_image_config config;
	static u8 file[BASE_ROOM], entries[BASE_ENTRIES];
	size_t len = 0;
	unsigned int i;
	u8 *p;

	for (i = 0; i < BASE_BLOCKS; i++)
		len += make_block(file + len, entries + i * BASE_ENTRY, i);
	id = xxh64(entries, sizeof(entries));
	p = put_le(file + len, SKIPPABLE_MAGIC | TABLE_VARIANT, 4);
	p = put_le(p, sizeof(entries) + 9, 4);
	memcpy(p, entries, sizeof(entries));
	p = put_le(p + sizeof(entries), BASE_BLOCKS, 4);
	*p++ = TABLE_CHECKED;
	p = put_le(p, TABLE_SEEKABLE, 4);
	if (flipq_image_open(&base, make_file(file, (size_t)(p - file)),
			     &config))
		abort();
}

struct flipq_image *base_image(void)
{
	if (!base)
		make_base();
	return base;
}

u64 base_id(void)
{
	base_image();
	return id;
}

u64 base_size(void)
{
	return flipq_image_size(base_image());
}

static bool is_refusal(int err)
{
	return err == -ENODATA || err == -EBADMSG || err == -EFBIG ||
	       err == -EAFNOSUPPORT || err == -EMEDIUMTYPE;
}

/* @len bytes from @offset on in memory of just this size; NULL if damaged. */
static u8 *read_range(struct flipq_image *image, size_t len, u64 offset)
{
	u64 size = flipq_image_size(image), left;
	u8 *buf = malloc(len);
	s64 got;

	if (!buf)
		abort();
	left = offset < size ? size - offset : 0;
	got = flipq_image_read(image, buf, len, offset);
	if (got < 0 && got != -EBADMSG && got != -EAFNOSUPPORT)
		broken("a read fails for no reason of the file's");
	if (got >= 0 && (u64)got != (left < len ? left : len))
		broken("another number of bytes than there are");
	if (got >= 0)
		return buf;
	free(buf);
	return NULL;
}

/* Parts of what was read at once, some of them past its end. */
static void compare_parts(struct flipq_image *image, const u8 *whole,
			  size_t len)
{
	u64 random = len * 0x9e3779b97f4a7c15ULL + 1;
	unsigned int i;

	for (i = 0; i < RANGES; i++) {
		size_t at, n;
		u8 *part;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		at = random % len;
		n = (random >> 32) % (len - at) + 1;
		if (i == RANGES - 1)
			n = len - at;
		part = read_range(image, n, at);
		if (!part)
			broken("a part is damaged, and the whole is not");
		if (memcmp(part, whole + at, n))
			broken("a part is another than in the whole");
		free(part);
	}
}

/* What no checksum is of may have more content than the table knows. */
static void compare_stock(const u8 *data, size_t size, const u8 *whole,
			  size_t len)
{
	struct decoded stock = { .data = stock_output };

	if (stock_decode(data, size, &stock) == STOCK_ACCEPTS &&
	    stock.len == len && memcmp(stock.data, whole, len))
		broken("the content is another than that of its frames");
}

static void read_image(struct flipq_image *image, const u8 *data, size_t size,
		       const struct flipq_image_info *info)
{
	size_t len = info->size < MOST ? (size_t)info->size : MOST;
	u8 *whole;

	if (flipq_image_size(image) != info->size)
		broken("another size than it says");
	whole = read_range(image, len, 0);
	free(read_range(image, 16, info->size - !!info->size));
	free(read_range(image, 16, info->size));
	if (whole && len)
		compare_parts(image, whole, len);
	if (whole && !info->based && len == info->size)
		compare_stock(data, size, whole, len);
	free(whole);
}

int fuzz_one(const u8 *data, size_t size)
{
	struct flipq_image_config config = { .base = base_image() };
	struct flipq_image_info info = { 0 };
	struct flipq_image *image;
	u8 *copy = malloc(size);
	int fd, looked, err;

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	name_base(copy, size);
	fd = make_file(copy, size);
	looked = flipq_image_look(fd, &info);
	err = flipq_image_open(&image, fd, &config);
	if ((looked && !is_refusal(looked)) || (err && !is_refusal(err)))
		broken("refused for no reason of the file's");
	if (looked ? err != looked : err && err != -EMEDIUMTYPE)
		broken("opened otherwise than looked at");
	if (!err) {
		read_image(image, copy, size, &info);
		flipq_image_close(image);
	}
	close(fd);
	free(copy);
	return 0;
}

size_t fuzz_mutate(u8 *data, size_t size, size_t max, unsigned int seed)
{
	size_t len = libfuzzer_mutate(data, size, max);

	if (seed % 4)
		repair_image(data, len);
	return len;
}
