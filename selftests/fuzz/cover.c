// SPDX-License-Identifier: GPL-2.0-only
/*
 * cover.c - which places of the module an input reached, where there is kcov
 *
 * Built for a kernel with CONFIG_KCOV the module is instrumented, and hardly
 * anything else. What the workers do is not seen; a thread that serves does the
 * same.
 */
#include "fuzz.h"

#define KCOV_PATH	"/sys/kernel/debug/kcov"
#define KCOV_WORDS	(64UL << 10)
#define KCOV_INIT_TRACE	_IOR('c', 1, unsigned long)
#define KCOV_ENABLE	_IO('c', 100)
#define KCOV_TRACE_PC	0

/* Of the calling thread, from now on. Without kcov nothing happens. */
void fuzz_cover_start(struct fuzz_cover *v)
{
	void *area;

	v->fd = open(KCOV_PATH, O_RDWR | O_CLOEXEC);
	if (v->fd < 0)
		return;
	if (ioctl(v->fd, KCOV_INIT_TRACE, KCOV_WORDS))
		goto close;
	area = mmap(NULL, KCOV_WORDS * sizeof(*v->area), PROT_READ | PROT_WRITE,
		    MAP_SHARED, v->fd, 0);
	if (area == MAP_FAILED)
		goto close;
	v->area = area;
	if (!ioctl(v->fd, KCOV_ENABLE, KCOV_TRACE_PC))
		return;
	munmap(area, KCOV_WORDS * sizeof(*v->area));
close:
	close(v->fd);
	v->fd = -1;
}

/* Return: whether it was not there yet. */
static bool add(struct fuzz_shared *shared, u64 pc)
{
	u32 at = (u32)((pc * 0x9e3779b97f4a7c15ULL) >> 40) % FUZZ_PCS;
	u32 i;

	for (i = 0; i < FUZZ_PCS; i++) {
		u64 *entry = &shared->pcs[(at + i) % FUZZ_PCS];

		if (*entry == pc)
			return false;
		if (!*entry) {
			*entry = pc;
			return true;
		}
	}
	return false;
}

/* Count what was reached since the last time. */
void fuzz_cover_take(struct fuzz_cover *v, struct fuzz_shared *shared)
{
	unsigned long i, n;

	if (v->fd < 0)
		return;
	n = READ_ONCE(v->area[0]);
	for (i = 0; i < n && i < KCOV_WORDS - 1; i++)
		if (add(shared, v->area[i + 1]))
			shared->nr_pcs++;
	WRITE_ONCE(v->area[0], 0);
}
