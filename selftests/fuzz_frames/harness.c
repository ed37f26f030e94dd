// SPDX-License-Identifier: GPL-2.0-only
/*
 * harness.c - bytes through the tool's decompress command, and the same bytes
 * through the formats' own libraries: both must say the same, and so must the
 * list command, as far as it can know
 *
 * The command is the tool's own, over the stand-in for libflipq of the tool's
 * check. Input and output are memory; reads and writes are cut into pieces of
 * any length. What source_peek() gives is copied to memory of just that length,
 * which is freed with the next call, as its comment in source.h has it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "list_print.h"
#include "message.h"
#include "stock.h"
#include "tool.h"
#include "world.h"

/**
 * struct world - what the tool sees of it in one run
 * @in: the file
 * @len: its length
 * @at: read so far
 * @piece: most bytes of a read or write
 * @sized: it is a file whose size is known
 * @out: written
 * @peeked: what source_peek() gave last
 * @said: messages of failure
 * @said_gzip: one of them is about a gzip member
 * @listed: what the list command found, if nothing was wrong
 */
struct world {
	const u8 *in;
	size_t len;
	size_t at;
	size_t piece;
	bool sized;
	struct decoded out;
	u8 *peeked;
	unsigned int said;
	bool said_gzip;
	struct list_sum listed;
};

/* The functions that the linker puts in place of others have no argument. */
static struct world world;
static u8 tool_output[OUTPUT_LIMIT], stock_output[OUTPUT_LIMIT];

static size_t at_most(size_t a, size_t b)
{
	return a < b ? a : b;
}

ssize_t world_readv(int fd, const struct iovec *iov, int nr)
{
	size_t left = at_most(world.piece, world.len - world.at), done = 0;

	(void)fd;
	for (; nr && left; iov++, nr--) {
		size_t n = at_most(iov->iov_len, left);

		memcpy(iov->iov_base, world.in + world.at, n);
		world.at += n;
		done += n;
		left -= n;
	}
	return (ssize_t)done;
}

ssize_t world_writev(int fd, const struct iovec *iov, int nr)
{
	size_t left = at_most(world.piece, OUTPUT_LIMIT - world.out.len);
	size_t done = 0;

	(void)fd;
	if (world.out.len == OUTPUT_LIMIT) {
		errno = ENOSPC;
		return -1;
	}
	for (; nr && left; iov++, nr--) {
		size_t n = at_most(iov->iov_len, left);

		memcpy(world.out.data + world.out.len, iov->iov_base, n);
		world.out.len += n;
		done += n;
		left -= n;
	}
	return (ssize_t)done;
}

off_t world_lseek(int fd, off_t offset, int whence)
{
	(void)fd;
	if (whence != SEEK_CUR)
		abort();
	world.at += (size_t)offset;
	if (world.at > world.len)
		abort();
	return (off_t)world.at;
}

static void forget_peeked(void)
{
	free(world.peeked);
	world.peeked = NULL;
}

static ssize_t copy_peeked(ssize_t got, const u8 **data)
{
	forget_peeked();
	if (got < 0)
		return got;
	world.peeked = malloc((size_t)got);
	if (!world.peeked)
		abort();
	memcpy(world.peeked, *data, (size_t)got);
	*data = world.peeked;
	return got;
}

ssize_t world_peek(struct source *s, size_t len, const u8 **data)
{
	return copy_peeked(true_peek(s, len, data), data);
}

ssize_t world_peek_some(struct source *s, size_t len, const u8 **data)
{
	return copy_peeked(true_peek_some(s, len, data), data);
}

ssize_t world_read(struct source *s, void *dst, size_t len)
{
	forget_peeked();
	return true_read(s, dst, len);
}

void world_skip(struct source *s, size_t len)
{
	forget_peeked();
	true_skip(s, len);
}

size_t world_zstd_set(ZSTD_DCtx *dctx, ZSTD_dParameter name, int value)
{
	if (name == ZSTD_d_windowLogMax)
		value = WINDOW_LOG;
	return true_zstd_set(dctx, name, value);
}

int fail(const char *name, const char *format, ...)
{
	char text[256];
	va_list args;

	(void)name;
	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) < 1)
		abort();
	va_end(args);
	world.said_gzip = world.said_gzip || strstr(text, "gzip member");
	world.said++;
	return -1;
}

void warn(const char *name, const char *format, ...)
{
	(void)name;
	(void)format;
}

/* A file whose size is known, or what looks like a pipe. */
static char *input_path(size_t len, bool sized)
{
	static char path[64], zero[] = "/dev/zero";
	static int fd = -1;

	if (!sized)
		return zero;
	if (fd < 0) {
		fd = memfd_create("frames", 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, (off_t)len))
		abort();
	return path;
}

/* How the file is read depends on nothing but what is in it. */
static void make_world(const u8 *data, size_t len)
{
	static const size_t pieces[] = { SIZE_MAX, 1, 7, 4096 };
	u8 sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum = (u8)(sum * 31 + data[i]);
	world = (struct world) {
		.in = data,
		.len = len,
		.piece = pieces[sum % 4],
		.sized = sum & 4,
		.out = { .data = tool_output },
	};
	/* A byte at a time would take too long. */
	if (len > 4096 && world.piece < 4096)
		world.piece = 4096;
}

static int run_tool(const u8 *data, size_t len)
{
	struct options options = {
		.output = "/dev/null",
		.quiet = true,
		.window = MAX_WINDOW,
	};
	int status;

	make_world(data, len);
	options.input = input_path(len, world.sized);
	status = cmd_decompress(&options);
	forget_peeked();
	return status;
}

/* The forms of the list: nothing is to be seen, but what it found. */
static void list_begin(const struct options *o)
{
	(void)o;
}

static void list_file(const struct options *o, const char *name)
{
	(void)o;
	(void)name;
}

static void list_part(const struct part *p)
{
	(void)p;
}

static void list_file_end(const struct options *o, const char *name,
			  const struct list_sum *sum)
{
	(void)o;
	(void)name;
	if (sum)
		world.listed = *sum;
}

static void list_end(const struct options *o, unsigned int files,
		     const struct list_sum *total)
{
	(void)o;
	(void)files;
	(void)total;
}

const struct list_printer list_table = {
	.begin = list_begin,
	.file = list_file,
	.part = list_part,
	.file_end = list_file_end,
	.end = list_end,
};

/* Not asked for. */
const struct list_printer list_json;

static int run_list(const u8 *data, size_t len)
{
	char *files[1];
	struct options options = {
		.files = files,
		.nr_files = 1,
		.quiet = true,
		.verbose = true,
	};
	int status;

	make_world(data, len);
	files[0] = input_path(len, world.sized);
	status = cmd_list(&options);
	forget_peeked();
	return status;
}

__attribute__((noreturn))
static void broken(const char *what, const struct decoded *stock)
{
	fprintf(stderr, "fuzz_frames: %s (tool %zu bytes, stock %zu bytes)\n",
		what, world.out.len, stock->len);
	abort();
}

static void compare(int status, enum verdict verdict,
		    const struct decoded *stock)
{
	size_t both = at_most(world.out.len, stock->len);
	bool accepted = status != STATUS_FAILED;

	if (accepted == !!world.said)
		broken("a failure without a message, or the reverse", stock);
	if (memcmp(world.out.data, stock->data, both))
		broken("the content differs", stock);
	if (verdict == STOCK_STOPPED)
		return;
	if (accepted && verdict == STOCK_REFUSES)
		broken("taken by the tool only", stock);
	if (accepted && world.out.len != stock->len)
		broken("the length differs", stock);
	if (!accepted && verdict == STOCK_ACCEPTS && !stock->excused)
		broken("refused by the tool only", stock);
}

/*
 * Of a file that was decoded. What follows a gzip member without a length of its
 * own, and a length that is wrong, the list takes for damage.
 */
static void compare_list(int status, size_t len, const struct decoded *stock)
{
	const struct list_sum *sum = &world.listed;
	bool accepted = status != STATUS_FAILED;

	if (accepted == !!world.said)
		broken("a list that fails without a message, or the reverse",
		       stock);
	if (!accepted && !world.said_gzip)
		broken("decoded, but not listed", stock);
	if (accepted && sum->sized && !sum->open && sum->plain != len)
		broken("listed with another length", stock);
}

int fuzz_one(const u8 *data, size_t size)
{
	struct decoded stock = { .data = stock_output };
	int status = run_tool(data, size), listed;
	enum verdict verdict = stock_decode(data, size, &stock);
	size_t len = world.out.len;

	compare(status, verdict, &stock);
	listed = run_list(data, size);
	if (status == STATUS_OK)
		compare_list(listed, len, &stock);
	return 0;
}
