// SPDX-License-Identifier: GPL-2.0-only
/*
 * errnos.c - what each call may answer, as uapi/linux/flipq.h says; and failures
 */
#include <stdarg.h>

#include "fuzz.h"

#define MOST 10

/* EBADF is of descriptors that are not open, which no ioctl gets to see. */
static const int of_every_ioctl[MOST] = {
	EBADF, ENOTTY, EINVAL, E2BIG, EFAULT, EIO, ENXIO, EOPNOTSUPP
};

/**
 * struct answers - what an operation may answer
 * @anything: it is not flipq's to say
 * @ioctl: those of every ioctl, too
 * @errnos: these
 */
static const struct answers {
	bool anything;
	bool ioctl;
	int errnos[MOST];
} answers[OP_NR] = {
	[OP_OPEN] = { .errnos = { ENOMEM } },
	[OP_CLOSE] = { .anything = true },
	[OP_INFO] = { .ioctl = true },
	[OP_CODEC] = { .ioctl = true, .errnos = { ENOENT, ENOMEM } },
	[OP_SETUP] = {
		.ioctl = true,
		.errnos = { ENOENT, EBUSY, EMFILE, ENFILE, EDQUOT, ENOMEM,
			    ENODEV },
	},
	[OP_ENTER] = { .ioctl = true, .errnos = { EBUSY, ETIME, EINTR } },
	[OP_STATS] = { .ioctl = true, .errnos = { ENOENT } },
	[OP_SERVE] = { .ioctl = true, .errnos = { EBUSY, EINTR } },
	[OP_CANCEL] = { .ioctl = true, .errnos = { EINTR } },
	[OP_PROBE] = { .ioctl = true },
	[OP_UNKNOWN] = { .errnos = { EBADF, ENOTTY } },
	[OP_POLL] = { .anything = true },
	[OP_FDINFO] = { .anything = true },
	/* flipq's, then those of mmap(2), munmap(2) and so on */
	[OP_MMAP] = {
		.errnos = { EIO, ENXIO, EINVAL, EACCES, ENOMEM, EBADF, EEXIST,
			    EOVERFLOW, ENODEV },
	},
	[OP_MUNMAP] = { .errnos = { EINVAL, ENOMEM } },
	[OP_MPROTECT] = { .errnos = { EACCES, EINVAL, ENOMEM } },
	[OP_MREMAP] = { .errnos = { EINVAL, EFAULT, ENOMEM } },
	[OP_MADVISE] = { .anything = true },
	[OP_REQUEST] = { .anything = true },
	[OP_FLIP] = { .anything = true },
	[OP_THREAD] = { .anything = true },
	[OP_FORK] = { .anything = true },
	[OP_EXEC] = { .anything = true },
	[OP_PASS] = { .anything = true },
	[OP_MEMCG] = { .errnos = { EMFILE, ENFILE, EDQUOT, ENOMEM } },
	[OP_CPU] = { .anything = true },
	[OP_SUSPEND] = { .anything = true },
	[OP_PARAM] = { .errnos = { 0 } },
};

static bool is_among(const int *errnos, int error)
{
	unsigned int i;

	for (i = 0; i < MOST; i++)
		if (errnos[i] == error)
			return true;
	return false;
}

static bool is_documented(enum fuzz_op op, int error)
{
	const struct answers *a = &answers[op];

	return !error || a->anything || is_among(a->errnos, error) ||
	       (a->ioctl && is_among(of_every_ioctl, error));
}

/* Count a call, and judge its errno. */
void fuzz_note(struct fuzz_shared *shared, enum fuzz_op op, int error)
{
	int index = error < FUZZ_ERRNOS ? error : FUZZ_ERRNOS - 1;

	__atomic_fetch_add(&shared->ops[op][index], 1, __ATOMIC_RELAXED);
	if (!is_documented(op, error))
		fuzz_fail(shared, "errno: %s: %s (%d) is not documented",
			  fuzz_op_name(op), strerror(error), error);
}

/* Something that must not be. Called by any thread of any process. */
void fuzz_fail(struct fuzz_shared *shared, const char *format, ...)
{
	u32 n = __atomic_fetch_add(&shared->nr_failures, 1, __ATOMIC_RELAXED);
	size_t i, len = READ_ONCE(shared->input_len);
	va_list args;

	if (n >= FUZZ_FAILURES)
		return;
	va_start(args, format);
	vsnprintf(shared->failure[n], FUZZ_TEXT, format, args);
	va_end(args);
	for (i = 0; i < len && i < SOURCE_ROOM; i++)
		snprintf(shared->blamed[n] + 2 * i, 3, "%02x",
			 shared->input[i]);
}
