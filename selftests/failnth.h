/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults: make the n-th thing that can fail in a system call fail, for
 * n = 1, 2, 3 ... until the call meets no more of them
 */
#ifndef SELFTEST_FAILNTH_H
#define SELFTEST_FAILNTH_H

#include <stdio.h>

#include "common.h"
#include "params.h"

#define NTH_FILE	"/proc/thread-self/fail-nth"
#define NO_FAULTS	"no " NTH_FILE ": a kernel without fault injection"
#define NO_KNOBS	"no slab, page and usercopy faults in debugfs"
#define MOST_FAULTS	20000U

/* Quiet, as a dump of the stack looks like a problem, and without exceptions */
static const struct knob {
	const char *file;
	const char *text;
} knobs[] = {
	{ "failslab/ignore-gfp-wait", "N" },
	{ "failslab/verbose", "0" },
	{ "fail_page_alloc/ignore-gfp-wait", "N" },
	{ "fail_page_alloc/ignore-gfp-highmem", "N" },
	{ "fail_page_alloc/min-order", "0" },
	{ "fail_page_alloc/verbose", "0" },
	{ "fail_usercopy/verbose", "0" },
};

/* Of kmemleak's own allocations, the one whose failure it complains about. */
#define SPARED	"kmemleak_scan_area"

static const char * const injectors[] = {
	"failslab", "fail_page_alloc", "fail_usercopy",
};

/**
 * struct nth - fault injection into this thread
 * @fd: of NTH_FILE
 * @saved: the knobs as they were
 */
struct nth {
	int fd;
	struct param saved[ARRAY_SIZE(knobs)];
};

/* Like param_open(), for a file of debugfs. */
static inline int knob_open(struct param *p, const char *file)
{
	ssize_t n;
	int fd;

	snprintf(p->path, sizeof(p->path), "/sys/kernel/debug/%s", file);
	fd = open(p->path, O_RDONLY);
	if (fd < 0)
		return -errno;
	n = read(fd, p->saved, sizeof(p->saved) - 1);
	close(fd);
	if (n < 0)
		return -errno;
	p->saved[n] = '\0';
	return 0;
}

static inline bool no_knobs(void)
{
	struct param p;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(knobs); i++)
		if (knob_open(&p, knobs[i].file))
			return true;
	return false;
}

/* From SPARED up to the next symbol. False where there is none. */
static inline bool spared_range(u64 *start, u64 *end)
{
	unsigned long long addr;
	char line[256], name[128];
	FILE *f;
	int pass;

	*start = 0;
	*end = ~0ULL;
	f = fopen("/proc/kallsyms", "r");
	if (!f)
		return false;
	for (pass = 0; pass < 2; pass++) {
		rewind(f);
		while (fgets(line, sizeof(line), f)) {
			if (sscanf(line, "%llx %*c %127s", &addr, name) != 2)
				continue;
			if (!strcmp(name, SPARED))
				*start = addr;
			if (pass && addr > *start && addr < *end)
				*end = addr;
		}
	}
	fclose(f);
	return *start;
}

static inline int spare(void)
{
	struct param p;
	u64 start, end;
	int error = 0;
	size_t i;

	if (!spared_range(&start, &end))
		return 0;
	for (i = 0; !error && i < ARRAY_SIZE(injectors); i++) {
		snprintf(p.path, sizeof(p.path),
			 "/sys/kernel/debug/%s/reject-start", injectors[i]);
		error = param_set(&p, start);
		snprintf(p.path, sizeof(p.path),
			 "/sys/kernel/debug/%s/reject-end", injectors[i]);
		if (!error)
			error = param_set(&p, end);
		snprintf(p.path, sizeof(p.path),
			 "/sys/kernel/debug/%s/stacktrace-depth", injectors[i]);
		if (!error)
			error = param_set(&p, 32);
	}
	return error;
}

static inline int nth_open(struct nth *nth)
{
	int error = 0;
	size_t i;

	for (i = 0; !error && i < ARRAY_SIZE(knobs); i++) {
		error = knob_open(&nth->saved[i], knobs[i].file);
		if (!error)
			error = param_write(&nth->saved[i], knobs[i].text);
	}
	if (!error)
		error = spare();
	if (error)
		return error;
	nth->fd = open(NTH_FILE, O_RDWR | O_CLOEXEC);
	return nth->fd < 0 ? -errno : 0;
}

/* What is spared stays so: others' faults are not for kmemleak, either. */
static inline int nth_close(struct nth *nth)
{
	int error = 0;
	size_t i;

	close(nth->fd);
	for (i = 0; !error && i < ARRAY_SIZE(knobs); i++)
		error = param_restore(&nth->saved[i]);
	return error;
}

static inline int nth_arm(const struct nth *nth, unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	return pwrite(nth->fd, text, (size_t)len, 0) == len ? 0 : -errno;
}

/*
 * Disarm. Was there a fault since nth_arm()? To read and to write the count are
 * copies to and from the user, too: what these two use up was left over.
 */
static inline bool nth_happened(const struct nth *nth)
{
	char text[16] = "";
	ssize_t n = pread(nth->fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return false;
	if (!strtoul(text, NULL, 10))
		return true;
	/* Either this works, or it is what fails: nothing is left to. */
	(void)!pwrite(nth->fd, "0", 1, 0);
	return false;
}

/*
 * What the calls work on. @q has one shared and one owner-served partition,
 * whose number is 1, and an arena, once a test has opened it.
 */
struct state {
	struct nth nth;
	struct rawq q;
	struct flipq_setup wanted;
	int fd;
	u64 offset;
	size_t size;
	int prot;
	void *map;
	unsigned int index;
	struct param param;
	struct flipq_desc desc;
	u8 *src;
	u8 *dst;
	u64 *bitmap;
	bool refused;
};

/**
 * struct step - a call to be walked through
 * @name: for messages
 * @before: makes what the call needs; may be NULL
 * @call: the call. Returns 0 or more, or a negative errno.
 * @after: checks and undoes it, without faults; may be NULL
 * @allocates: may it fail with ENOMEM?
 * @copies: may it fail with EFAULT?
 */
struct step {
	const char *name;
	int (*before)(struct state *s);
	int (*call)(struct state *s);
	int (*after)(struct state *s, int result);
	bool allocates;
	bool copies;
};

static inline bool documented(const struct step *step, int result)
{
	if (result == -ENOMEM)
		return step->allocates;
	if (result == -EFAULT)
		return step->copies;
	return false;
}

static inline void walk(struct __test_metadata *_metadata, struct state *s,
			const struct step *step)
{
	unsigned int n, failed = 0;
	struct flipq_info before;
	bool fault = true;

	ASSERT_EQ(0, raw_info(&before));
	for (n = 1; fault && n < MOST_FAULTS; n++) {
		int result, error = 0;

		if (step->before)
			error = step->before(s);
		ASSERT_EQ(0, error)
			TH_LOG("%s: before fault %u", step->name, n);
		ASSERT_EQ(0, nth_arm(&s->nth, n));
		result = step->call(s);
		fault = nth_happened(&s->nth);
		failed += result < 0;
		EXPECT_TRUE(result >= 0 || (fault && documented(step, result)))
			TH_LOG("%s: fault %u: errno %d", step->name, n,
			       -result);
		if (step->after)
			error = step->after(s, result);
		ASSERT_EQ(0, error)
			TH_LOG("%s: after fault %u, which gave %d", step->name,
			       n, result);
		nothing_left(_metadata, &before);
	}
	ASSERT_FALSE(fault) TH_LOG("%s: no end of faults", step->name);
	TH_LOG("%s: %u faults, %u errors", step->name, n - 2, failed);
	/* A walk that met nothing on its way would prove nothing. */
	if (step->allocates || step->copies)
		EXPECT_LT(0, failed) TH_LOG("%s never failed", step->name);
}

#endif /* SELFTEST_FAILNTH_H */
