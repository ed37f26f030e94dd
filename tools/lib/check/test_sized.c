// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_sized.c - callers whose public structs are older or newer than the
 * library's
 *
 * A struct given to a call ends where a page without access begins, so no byte
 * past the size that was named is read or written.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake.h"
#include "tap.h"

#define ARENA	4096
#define MORE	24		/* bytes that only a newer caller knows */
#define SLOTS	8
#define JUNK	0xa5

static struct fake kernel;
static struct flipq *q;
static struct flipq_pool *pool;
static int slot;
static unsigned char *end;

/* What flipq_linux reaches instead of a device: that of set-up is kept. */
static struct flipq_setup asked;

int ioctl(int fd, unsigned long request, ...)
{
	va_list list;
	void *arg;

	(void)fd;
	va_start(list, request);
	arg = va_arg(list, void *);
	va_end(list);
	if (request == FLIPQ_IOC_INFO)
		((struct flipq_info *)arg)->max_slots = 64;
	if (request == FLIPQ_IOC_CODEC)
		memset(((struct flipq_codec_info *)arg)->name, 'n',
		       sizeof(((struct flipq_codec_info *)arg)->name));
	if (request != FLIPQ_IOC_SETUP)
		return 0;
	asked = *(struct flipq_setup *)arg;
	errno = EINVAL;
	return -1;
}

/* What a call leaves on the stack must not be taken for members. */
static __attribute__((noinline)) void dirty_stack(void)
{
	volatile unsigned char junk[2048];
	unsigned int n;

	for (n = 0; n < sizeof(junk); n++)
		junk[n] = JUNK;
}

/*
 * A struct that a call reads: how large it is here, how large a first part of
 * it may be, one with which the call works, the call, what it returns, and
 * whether what is past the first part was zero, where the call would not fail
 * otherwise.
 */
struct reads {
	const char *name;
	size_t known;
	size_t part;
	const void *good;
	int (*call)(void *s, size_t size);
	int want;
	bool (*zero)(void);
};

static int call_open(void *s, size_t size)
{
	struct flipq *none;

	memset(&asked, 0xff, sizeof(asked));
	return flipq_open_sized(&none, s, size);
}

static bool zero_open(void)
{
	return !asked.slots && !asked.partitions && !asked.in_size &&
	       !asked.arena_size && !asked.codecs && !asked.flags;
}

static int call_raw(void *s, size_t size)
{
	return flipq_prep_raw_sized(q, slot, s, 7, size);
}

static bool zero_raw(void)
{
	const struct flipq_desc *d = fake_desc(&kernel, slot);

	return d->opcode == FLIPQ_OP_COPY && !d->src && !d->dst &&
	       !d->reserved1;
}

static int call_prep_flush(void *s, size_t size)
{
	return flipq_prep_flush_sized(q, slot, s, 7, size);
}

static bool zero_prep_flush(void)
{
	const struct flipq_desc *d = fake_desc(&kernel, slot);

	return d->flush.count == 1 &&
	       d->flags == (FLIPQ_REQ_SRC_ARENA | FLIPQ_REQ_DST_ARENA);
}

/* It takes nothing in hand while something is prepared. */
static int call_flush(void *s, size_t size)
{
	int ret;

	flipq_abort(q);
	ret = flipq_flush_sized(q, s, size);
	slot = flipq_get(q);
	return ret;
}

static int call_pool_open(void *s, size_t size)
{
	int ret = flipq_pool_open_sized(&pool, q, s, size);

	flipq_pool_close(pool);
	return ret;
}

static int call_pool_set(void *s, size_t size)
{
	const struct flipq_pool_config c = { .min = 1 };
	int ret = flipq_pool_open(&pool, q, &c);

	if (ret)
		return ret;
	ret = flipq_pool_set_sized(pool, s, size);
	flipq_pool_close(pool);
	return ret;
}

static const struct flipq_config config = { .device = "/dev/null", .slots = 3 };
static const struct flipq_desc desc = { .opcode = FLIPQ_OP_COPY };
static const struct flipq_flush flush = { .count = 1, .page_size = 64 };
static const struct flipq_pool_config limits = { .max = 1 };

static const struct reads reads[] = {
	{ "flipq_open", sizeof(config), offsetof(struct flipq_config, slots),
	  &config, call_open, -EINVAL, zero_open },
	{ "flipq_prep_raw", sizeof(desc), offsetof(struct flipq_desc, src),
	  &desc, call_raw, 0, zero_raw },
	{ "flipq_prep_flush", sizeof(flush), offsetof(struct flipq_flush, mode),
	  &flush, call_prep_flush, 0, zero_prep_flush },
	{ "flipq_flush", sizeof(flush), offsetof(struct flipq_flush, mode),
	  &flush, call_flush, 0, NULL },
	{ "flipq_pool_open", sizeof(limits),
	  offsetof(struct flipq_pool_config, max),
	  &limits, call_pool_open, 0, NULL },
	{ "flipq_pool_set", sizeof(limits),
	  offsetof(struct flipq_pool_config, max),
	  &limits, call_pool_set, 0, NULL },
};

static void test_reads(const struct reads *r)
{
	unsigned char *s = end - r->known - MORE;

	printf("# %s\n", r->name);
	memset(s, 0, r->known + MORE);
	memcpy(s, r->good, r->known);
	is(r->call(s, r->known + MORE), r->want, "a newer struct is taken");
	s[r->known] = 1;
	is(r->call(s, r->known + MORE), -E2BIG,
	   "unless the first byte that is not known says something");
	s[r->known] = 0;
	end[-1] = 1;
	is(r->call(s, r->known + MORE), -E2BIG, "or the last one");
	is(r->call(s, r->known), r->want, "which is past the library's size");
	s = end - r->part;
	memcpy(s, r->good, r->part);
	dirty_stack();
	is(r->call(s, r->part), r->want, "an older struct is taken");
	ok(!r->zero || r->zero(), "and the rest of it is zero");
}

/*
 * A struct that a call fills in: how large it is here, how large a first part
 * of it may be, the call, and what it returns.
 */
struct fills {
	const char *name;
	size_t known;
	size_t part;
	int (*call)(void *s, size_t size);
	int want;
};

static void one_more(void)
{
	int s = flipq_get(q);

	flipq_prep_nop(q, s, 42);
	flipq_submit(q);
	fake_run(&kernel);
}

static int call_peek(void *s, size_t size)
{
	one_more();
	return flipq_peek_sized(q, s, size);
}

static int call_reap(void *s, size_t size)
{
	one_more();
	return flipq_reap_sized(q, s, 1, size);
}

static int call_state(void *s, size_t size)
{
	flipq_pool_state_sized(pool, s, size);
	return 0;
}

static int call_info(void *s, size_t size)
{
	return flipq_query_info_sized("/dev/null", s, size);
}

static int call_codec(void *s, size_t size)
{
	return flipq_query_codec_sized("/dev/null", 1, 0, s, size);
}

static int call_stats(void *s, size_t size)
{
	return flipq_stats_sized(q, FLIPQ_STATS_PARTITION, 0, s, size);
}

static int call_usage(void *s, size_t size)
{
	flipq_usage_sized(q, s, size);
	return 0;
}

static const struct fills fills[] = {
	{ "flipq_peek", sizeof(struct flipq_event),
	  offsetof(struct flipq_event, flags), call_peek, 1 },
	{ "flipq_reap", sizeof(struct flipq_event),
	  offsetof(struct flipq_event, flags), call_reap, 1 },
	{ "flipq_query_info", sizeof(struct flipq_info),
	  offsetof(struct flipq_info, abi), call_info, 0 },
	{ "flipq_query_codec", sizeof(struct flipq_codec_info),
	  offsetof(struct flipq_codec_info, slot_size), call_codec, 0 },
	{ "flipq_stats", sizeof(struct flipq_stats),
	  offsetof(struct flipq_stats, index), call_stats, 0 },
	{ "flipq_usage", sizeof(struct flipq_usage),
	  offsetof(struct flipq_usage, batches), call_usage, 0 },
};

static const struct fills state = {
	"flipq_pool_state", sizeof(struct flipq_pool_state),
	offsetof(struct flipq_pool_state, started), call_state, 0
};

static bool all(const unsigned char *s, size_t n, unsigned char byte)
{
	while (n && s[n - 1] == byte)
		n--;
	return !n;
}

static void test_fills(const struct fills *f)
{
	unsigned char *s = end - f->known - MORE;

	printf("# %s\n", f->name);
	memset(s, JUNK, f->known + MORE);
	is(f->call(s, f->known + MORE), f->want, "a newer struct is filled in");
	ok(!all(s, f->known, JUNK), "as far as it is known");
	ok(all(s + f->known, MORE, 0), "and zero from there on");
	memset(s, JUNK, f->known + MORE);
	is(f->call(s, f->known), f->want, "one of the library's size");
	ok(all(s + f->known, MORE, JUNK), "and nothing past it");
	s = end - f->part;
	memset(s, JUNK, f->part);
	is(f->call(s, f->part), f->want, "an older struct is filled in");
	ok(!all(s, f->part, JUNK), "as far as it goes");
}

static void test_sizes_named(void)
{
	struct flipq_codec_info codec;
	struct flipq_stats stats;
	struct flipq_info info;

	flipq_query_info_sized("/dev/null", &info, 16);
	is(info.size, 16, "what is filled in names the caller's size: info");
	flipq_query_codec_sized("/dev/null", 0, 0, &codec, 16);
	is(codec.size, 16, "codec");
	flipq_stats_sized(q, FLIPQ_STATS_PARTITION, 0, &stats, 16);
	is(stats.size, 16, "stats");
	flipq_query_codec("/dev/null", 0, 0, &codec);
	is(codec.name[sizeof(codec.name) - 1], 0, "a name has its end");
}

/* An array's members are as far apart as the caller has them. */
static void test_array(size_t size)
{
	unsigned char *s = end - 3 * size;
	unsigned int n, good = 0;

	memset(s, JUNK, 3 * size);
	for (n = 0; n < 3; n++)
		one_more();
	is(flipq_reap_sized(q, (void *)s, 3, size), 3, "three of an array");
	for (n = 0; n < 3; n++) {
		struct flipq_event e = { 0 };

		memcpy(&e, s + n * size, size < sizeof(e) ? size : sizeof(e));
		good += e.slot >= 0 && e.slot < SLOTS && !e.status;
		flipq_seen(q, e.slot);
	}
	is(good, 3, "each at its place");
}

static void open_queue(unsigned int owner)
{
	const struct flipq_config c = {
		.slots = SLOTS, .partitions = !owner, .owner_partitions = owner,
		.in_size = 64, .out_size = 64, .arena_size = ARENA,
	};

	fake_init(&kernel);
	kernel.serve_in_wait = true;
	if (flipq_open_with(&kernel.sys, &q, &c))
		printf("# open failed\n");
}

static void close_queue(void)
{
	flipq_close(q);
	fake_destroy(&kernel);
}

int main(void)
{
	const struct flipq_pool_config one = { .max = 1 };
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t n;

	end = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	end += page;
	mprotect(end, page, PROT_NONE);
	open_queue(1);
	slot = flipq_get(q);
	for (n = 0; n < ARRAY_SIZE(reads); n++)
		test_reads(&reads[n]);
	flipq_pool_open(&pool, q, &one);
	test_fills(&state);
	flipq_pool_close(pool);
	close_queue();
	open_queue(0);
	for (n = 0; n < ARRAY_SIZE(fills); n++)
		test_fills(&fills[n]);
	flipq_abort(q);
	test_array(sizeof(struct flipq_event) + MORE);
	test_array(sizeof(struct flipq_event));
	test_array(offsetof(struct flipq_event, flags));
	test_sizes_named();
	close_queue();
	return tap_end();
}
