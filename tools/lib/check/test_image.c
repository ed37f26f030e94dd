// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_image.c - any part of an image, and what a damaged one comes to
 */
#include <errno.h>

#include "image_rig.h"
#include "tap.h"

#define BLOCKS	5U
#define SIZE	(BLOCKS * BLOCK + 100)
#define PAGES	(BLOCKS + 1)

static unsigned char content[SIZE], later[SIZE], got[SIZE + 1];
static struct made whole, lz4, based, other;

/* Of @later: pages 0, 2 and 3 are the base's, 1, 4 and the short 5 are not. */
static const uint32_t runs[] = { 1, 1, 2, 2 };

static uint32_t block_len(unsigned int i)
{
	return i < BLOCKS ? BLOCK : SIZE - BLOCKS * BLOCK;
}

static struct flipq *zstd_queue(void)
{
	const struct flipq_codec zstd = { .algorithm = FLIPQ_ALG_ZSTD };
	const struct flipq_config config = {
		.slots = 1, .partitions = 1, .in_size = BLOCK,
		.out_size = 2 * BLOCK, .codecs = &zstd, .nr_codecs = 1,
	};

	return soft_queue(config);
}

static uint64_t id_of(const struct made *m)
{
	return flipq_xxh64(m->entries, 12 * (size_t)m->nr);
}

static void make_all(struct flipq *q)
{
	unsigned int i;

	soft_fill(content, SIZE, 1);
	memcpy(later, content, SIZE);
	soft_fill(later + BLOCK, BLOCK, 2);
	soft_fill(later + 4 * BLOCK, BLOCK + 100, 3);
	for (i = 0; i < PAGES; i++) {
		made_zstd(&whole, q, content + i * BLOCK, block_len(i));
		made_zstd(&other, q, later + i * BLOCK, block_len(i));
		made_lz4(&lz4, i % 2 ? 0x64 : 0x60, content + i * BLOCK,
			 block_len(i));
	}
	made_table(&whole);
	made_table(&other);
	made_table(&lz4);
	made_head(&based, id_of(&whole), SIZE);
	for (i = 0; i < PAGES; i++)
		if (i == 1 || i >= 4)
			made_zstd(&based, q, later + i * BLOCK, block_len(i));
	made_runs(&based, SIZE, runs, ARRAY_SIZE(runs));
	made_table(&based);
}

static int open_fd(struct flipq_image **image, int fd, struct flipq_image *base)
{
	const struct flipq_image_config config = {
		.device = FLIPQ_IN_PROCESS, .partitions = 1, .base = base,
	};

	return flipq_image_open(image, fd, &config);
}

/*
 * Open the first @len bytes of @m, and read all of it. Return: as these do; 1 for
 * other bytes than @want.
 */
static int read_all(const struct made *m, size_t len, struct flipq_image *base,
		    const unsigned char *want)
{
	int fd = made_file(m, len), err;
	struct flipq_image *image;
	int64_t n;

	err = open_fd(&image, fd, base);
	if (!err) {
		memset(got, 0xa5, sizeof(got));
		n = flipq_image_read(image, got, sizeof(got), 0);
		if (n < 0)
			err = (int)n;
		else
			err = n != SIZE || memcmp(got, want, SIZE) ||
			      got[SIZE] != 0xa5;
		flipq_image_close(image);
	}
	close(fd);
	return err;
}

/* Ranges that begin and end around the borders of blocks and runs. */
static bool all_ranges(struct flipq_image *image, const unsigned char *want)
{
	uint32_t at, len, n;
	unsigned int i, k;

	for (i = 0; i < 3 * PAGES; i++) {
		at = i / 3 * BLOCK + i % 3;
		if (i % 3 == 2)
			at += BLOCK - 3;
		for (k = 0; k < 3 * PAGES; k++) {
			len = k / 3 * BLOCK + k % 3;
			n = at >= SIZE ? 0 : len < SIZE - at ? len : SIZE - at;
			memset(got, 0xa5, sizeof(got));
			if (flipq_image_read(image, got, len, at) != n ||
			    (n && memcmp(got, want + at, n)) ||
			    got[n] != 0xa5) {
				printf("# %u from %u on\n", len, at);
				return false;
			}
		}
	}
	return true;
}

static bool reads(const struct made *m, struct flipq_image *base,
		  const unsigned char *want)
{
	int fd = made_file(m, m->len), err;
	struct flipq_image *image;
	bool good;

	err = open_fd(&image, fd, base);
	if (err) {
		printf("# %d: %s\n", err, flipq_image_error(err));
		close(fd);
		return false;
	}
	good = flipq_image_size(image) == SIZE && all_ranges(image, want);
	flipq_image_close(image);
	close(fd);
	return good;
}

static void test_info(void)
{
	int fd = made_file(&whole, whole.len);
	struct flipq_image_info i = { 0 };

	is(flipq_image_look(fd, &i), 0, "an image tells about itself");
	ok(i.size == SIZE && i.own == SIZE && i.blocks == PAGES &&
	   i.block == BLOCK && i.checked && !i.based && i.id == id_of(&whole),
	   "size, blocks, and by what a base is known");
	close(fd);
	fd = made_file(&based, based.len);
	is(flipq_image_look(fd, &i), 0, "so does one that has a base");
	ok(i.size == SIZE && i.own == 2 * BLOCK + 100 && i.blocks == 3 &&
	   i.based && i.base_id == id_of(&whole) && i.base_size == SIZE,
	   "what is its own, and which base that is");
	close(fd);
}

static void test_base(struct flipq_image *base)
{
	struct flipq_image *wrong;
	int fd = made_file(&other, other.len);

	ok(reads(&based, base, later), "any range of an image that has a base");
	is(read_all(&based, based.len, NULL, later), -ENOMEDIUM,
	   "without the base it is ENOMEDIUM");
	is(open_fd(&wrong, fd, NULL), 0, "another base");
	is(read_all(&based, based.len, wrong, later), -EMEDIUMTYPE,
	   "is EMEDIUMTYPE");
	is(read_all(&whole, whole.len, wrong, content), 0,
	   "where none is needed, none is asked");
	flipq_image_close(wrong);
	close(fd);
}

/*
 * Bits of each byte from @from to @to are flipped, one at a time, and @mend is
 * called. No file may crash the reader or be read as something else.
 */
static int mutate(const struct made *m, size_t from, size_t to,
		  struct flipq_image *base, const unsigned char *want,
		  void (*mend)(struct made *m))
{
	static struct made bad;
	unsigned int bit, refused = 0;
	size_t at;
	int err;

	for (at = from; at < to; at++)
		for (bit = 0; bit < 8; bit++) {
			bad = *m;
			bad.bytes[at] ^= (unsigned char)(1U << bit);
			if (mend)
				mend(&bad);
			err = read_all(&bad, bad.len, base, want);
			refused += err < 0;
			if (err > 0) {
				printf("# byte %zu, bit %u: other bytes\n",
				       at, bit);
				return -1;
			}
		}
	/* of a bit that means nothing there may be two, in the foot's flags */
	return refused + 2 >= 8 * (to - from) ? 0 : -1;
}

static void test_mutations(struct flipq_image *base)
{
	is(mutate(&whole, whole.table, whole.len, NULL, content, NULL), 0,
	   "each bit of a table counts");
	is(mutate(&lz4, lz4.table, lz4.len, NULL, content, NULL), 0,
	   "of LZ4's, too");
	is(mutate(&based, 0, BASED_HEAD, base, later, NULL), 0,
	   "each bit of a head");
	is(mutate(&based, based.runs, based.len, base, later, NULL), 0,
	   "of the runs, and the table behind them");
	is(mutate(&based, 0, BASED_HEAD, base, later, made_sum_runs), 0,
	   "a head with the checksum that is right for it");
	is(mutate(&based, based.runs, based.table - RUNS_SUM, base, later,
		  made_sum_runs), 0, "and so the runs");
	is(mutate(&whole, 0, 64, NULL, content, NULL), 0,
	   "and a block is checked");
}

/* A file that lacks its end has no table, or one that cannot be right. */
static bool cut_off(const struct made *m, struct flipq_image *base)
{
	struct flipq_image_info info;
	struct flipq_image *image;
	size_t len;
	int fd, err;

	for (len = 0; len < m->len; len++) {
		fd = made_file(m, len);
		err = flipq_image_look(fd, &info);
		if (err == -ENODATA)
			err = open_fd(&image, fd, base);
		close(fd);
		if (err != -ENODATA) {
			printf("# of %zu bytes: %d\n", len, err);
			return false;
		}
	}
	return true;
}

/* A file without its beginning still has its table. */
static int without_first(const struct made *m, size_t n)
{
	static struct made rest;

	rest.len = m->len - n;
	memcpy(rest.bytes, m->bytes + n, rest.len);
	return read_all(&rest, rest.len, NULL, content);
}

static void test_cut(struct flipq_image *base)
{
	ok(cut_off(&whole, NULL), "an image that is cut off is ENODATA");
	ok(cut_off(&based, base), "and so one that has a base");
	is(without_first(&whole, 1), -EBADMSG, "one that lacks a byte, EBADMSG");
	is(without_first(&whole, whole.table), -EBADMSG, "or all frames");
}

/* The frames of @m with a table whose first entry has @packed and @plain. */
static int with_entry(const struct made *m, uint32_t packed, uint32_t plain)
{
	static struct made bad;

	bad = *m;
	made_set_le32(bad.bytes + bad.table + SKIP_HEAD, packed);
	made_set_le32(bad.bytes + bad.table + SKIP_HEAD + 4, plain);
	return read_all(&bad, bad.len, NULL, content);
}

static void test_lies(void)
{
	uint32_t packed = image_le32(whole.entries);
	static struct made bad;

	is(with_entry(&whole, 0, BLOCK), -EBADMSG, "a frame of no bytes");
	is(with_entry(&whole, packed + 1, BLOCK), -EBADMSG,
	   "frames that end where the table begins no more");
	is(with_entry(&whole, UINT32_MAX, BLOCK), -EFBIG, "a frame of 4 GiB");
	is(with_entry(&whole, packed, UINT32_MAX), -EFBIG, "content of 4 GiB");
	is(with_entry(&whole, packed, BLOCK - 1), -EBADMSG, "content of less");
	is(with_entry(&whole, packed, BLOCK + 1), -EBADMSG, "content of more");
	is(with_entry(&whole, packed, 0), -EBADMSG, "or of none");
	is(with_entry(&lz4, image_le32(lz4.entries), BLOCK + 1), -EBADMSG,
	   "content of more, as it is");
	is(with_entry(&lz4, image_le32(lz4.entries), 0), -EBADMSG, "or of none");
	bad = whole;
	made_set_le32(bad.bytes + bad.len - TABLE_FOOT, UINT32_MAX);
	is(read_all(&bad, bad.len, NULL, content), -EBADMSG,
	   "more frames than a file can have");
	bad = lz4;
	made_set_le32(bad.bytes, 0x184c2102U);
	is(read_all(&bad, bad.len, NULL, content), -EAFNOSUPPORT,
	   "frames of another format");
	bad = lz4;
	bad.bytes[4] = 0x40;
	is(read_all(&bad, bad.len, NULL, content), -EAFNOSUPPORT,
	   "LZ4 frames whose blocks depend on each other");
}

static void test_others(void)
{
	struct flipq_image_info info;
	static struct made empty;
	struct flipq_image *image;
	int fd, ends[2];

	made_table(&empty);
	fd = made_file(&empty, empty.len);
	is(open_fd(&image, fd, NULL), 0, "a table of no frames is an image");
	is(flipq_image_read(image, got, 1, 0), 0, "that is empty");
	flipq_image_close(image);
	close(fd);
	if (pipe(ends))
		abort();
	is(flipq_image_look(ends[0], &info), -ENODATA, "a pipe has no table");
	close(ends[0]);
	close(ends[1]);
	is(flipq_image_look(-1, &info), -EBADF, "nor has what is not open");
	ok(flipq_image_error(-EBADMSG) != flipq_image_error(-ENODATA) &&
	   flipq_image_error(-ENOMEM) == flipq_open_error(-ENOMEM),
	   "errors have words");
	flipq_image_close(NULL);
}

int main(void)
{
	struct flipq *q = zstd_queue();
	struct flipq_image *base;
	int fd;

	if (!q)
		return 1;
	make_all(q);
	flipq_close(q);
	test_info();
	ok(reads(&whole, NULL, content), "any range of zstd's frames");
	ok(reads(&lz4, NULL, content), "and of LZ4's");
	fd = made_file(&whole, whole.len);
	is(open_fd(&base, fd, NULL), 0, "a base");
	test_base(base);
	test_mutations(base);
	test_cut(base);
	flipq_image_close(base);
	close(fd);
	test_lies();
	test_others();
	return tap_end();
}
