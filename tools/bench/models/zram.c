// SPDX-License-Identifier: GPL-2.0-only
/*
 * zram.c - pages written to a compressed block device of the kernel's
 *
 * What can be had today without a line of code in the kernel: a zram device of
 * the submitter's own with the job's algorithm, written to with O_DIRECT, a
 * batch of pages per call, straight from where they are. The pages before are
 * overwritten once the device is full, so memory is allocated and freed again
 * as in one that is in use.
 *
 * It is more than others do, as zram keeps what it compressed, and looks first
 * whether a page is filled; and less, as no compressed byte comes back to the
 * user, so it is no help to whoever has to send or store them. All is done in
 * the submitter's own context: workers and depth mean nothing to it.
 *
 * zram compresses the machine's pages one by one, so inputs of another size would
 * be another job; so would zstd at its usual level, where it cannot be told
 * another one, as before Linux 6.12.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/machine.h"
#include "models/models.h"

#define HOT_ADD		"/sys/class/zram-control/hot_add"
#define HOT_REMOVE	"/sys/class/zram-control/hot_remove"
#define PAGES		1024	/* of a device: those of a warm-up fill it */
#define BATCH		8
#define TRIES		100	/* to remove one, 10 ms apart */

/**
 * struct kind - how a device does a job
 * @job: that
 * @algorithm: as zram names it
 * @params: for that, or NULL
 */
struct kind {
	const struct job_ops *job;
	const char *algorithm;
	const char *params;
};

/**
 * struct device - one that is nobody else's
 * @id: number; -1: there is none
 * @fd: to write to it; -1: not open
 */
struct device {
	int id;
	int fd;
};

/**
 * struct model - a device, and what goes there next
 * @device: that
 * @batch: requests handed over at once
 * @prepared: requests not handed over yet
 * @at: page of the device where they go
 * @requests: for a batch
 * @iov: their inputs
 * @copies: room for copies of those, or NULL
 * @results: room to read them back, or NULL: nobody will look
 */
struct model {
	struct model_config config;
	struct device device;
	unsigned int batch;
	unsigned int prepared;
	unsigned int at;
	struct request requests[MAX_DEPTH];
	struct iovec iov[MAX_DEPTH];
	uint8_t *copies;
	uint8_t *results;
	uint64_t handled;
	uint64_t syscalls;
	uint64_t began;
};

static const struct kind *kind_of(const struct job *job)
{
	static const struct kind kinds[] = {
		{ &job_lz4, "lz4", NULL },
		{ &job_zstd1, "zstd", "algo=zstd level=1" },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].job == job->ops)
			return &kinds[i];
	return NULL;
}

/* Return: @error */
static int complain(const char *what, const char *value, int error)
{
	fprintf(stderr, "%s: zram: %s %s: %s\n", program_invocation_short_name,
		what, value, strerror(-error));
	return error;
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int device_set(const struct device *d, const char *name,
		      const char *value)
{
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/sys/block/zram%d/%s", d->id, name);
	ret = write_text(path, value);
	return ret ? complain(name, value, ret) : 0;
}

/* Reading makes a device and tells its number. */
static int device_add(struct device *d)
{
	FILE *file = fopen(HOT_ADD, "re");
	int n = 0;

	if (file) {
		n = fscanf(file, "%d", &d->id);
		fclose(file);
	}
	return n == 1 ? 0 : complain("reading", HOT_ADD, -errno);
}

static int device_set_up(const struct device *d, const struct kind *kind)
{
	char bytes[16];
	int ret;

	snprintf(bytes, sizeof(bytes), "%zu", PAGES * machine_page());
	ret = device_set(d, "comp_algorithm", kind->algorithm);
	if (!ret && kind->params)
		ret = device_set(d, "algorithm_params", kind->params);
	return ret ? ret : device_set(d, "disksize", bytes);
}

/* Whoever watches for new devices may be looking at it. */
static void device_remove(int id)
{
	char text[16];
	int ret, i;

	snprintf(text, sizeof(text), "%d", id);
	for (i = 0; i < TRIES; i++) {
		ret = write_text(HOT_REMOVE, text);
		if (ret != -EBUSY)
			break;
		sleep_ns(10 * NS_PER_MS);
	}
	if (ret)
		complain("removing device", text, ret);
}

static void device_close(const struct device *d)
{
	if (d->fd >= 0)
		close(d->fd);
	if (d->id >= 0)
		device_remove(d->id);
}

static int device_open(struct device *d, const struct kind *kind)
{
	char path[32];
	int ret;

	*d = (struct device){ .id = -1, .fd = -1 };
	ret = device_add(d);
	if (ret)
		return ret;
	ret = device_set_up(d, kind);
	if (ret)
		goto fail;
	snprintf(path, sizeof(path), "/dev/zram%d", d->id);
	d->fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (d->fd >= 0)
		return 0;
	ret = complain("opening", path, -errno);
fail:
	device_close(d);
	return ret;
}

/* What a transfer of the prepared requests returned, as 0 or an error. */
static int transferred(const struct model *m, const char *what, ssize_t n)
{
	if (n == (ssize_t)(m->prepared * machine_page()))
		return 0;
	return complain(what, "pages", n < 0 ? -errno : -EIO);
}

/* Then it is what was read that has to be right. */
static int read_back(struct model *m, off_t where)
{
	const size_t page = machine_page();
	unsigned int i;
	int ret;

	memset(m->results, 0, m->prepared * page);
	ret = transferred(m, "reading",
			  pread(m->device.fd, m->results, m->prepared * page,
				where));
	for (i = 0; i < m->prepared; i++)
		m->requests[i].in = m->results + i * page;
	return ret;
}

static int hand_over(struct model *m)
{
	unsigned int i;
	off_t where;
	int ret;

	if (m->at + m->prepared > PAGES)
		m->at = 0;
	where = (off_t)(m->at * machine_page());
	m->syscalls++;
	ret = transferred(m, "writing",
			  pwritev(m->device.fd, m->iov, (int)m->prepared,
				  where));
	if (!ret && m->results)
		ret = read_back(m, where);
	if (ret)
		return ret;
	for (i = 0; i < m->prepared; i++)
		m->config.done(m->config.arg, &m->requests[i]);
	m->handled += m->prepared;
	m->at += m->prepared;
	m->prepared = 0;
	return 0;
}

static int zram_submit(struct model *m, const void *in, uint64_t tag,
		       uint64_t when)
{
	struct request *r = &m->requests[m->prepared];
	const size_t page = machine_page();

	if (m->copies)
		in = memcpy(m->copies + m->prepared * page, in, page);
	request_set(r, in, tag, when);
	m->iov[m->prepared].iov_base = (void *)in;
	m->iov[m->prepared].iov_len = page;
	return ++m->prepared < m->batch ? 0 : hand_over(m);
}

static int zram_flush(struct model *m)
{
	return m->prepared ? hand_over(m) : 0;
}

static void zram_stop(struct model *m, struct model_stats *stats)
{
	if (stats) {
		stats->syscalls = m->syscalls;
		stats->workers = 1;
		stats->requests[0] = m->handled;
		stats->busy_ns[0] = cpu_ns() - m->began;
	}
	device_close(&m->device);
	free(m->results);
	free(m->copies);
	free(m);
}

/* O_DIRECT wants them aligned. Return: false for no memory. */
static bool alloc_batch(const struct model *m, bool wanted, uint8_t **pages)
{
	if (wanted)
		*pages = aligned_alloc(machine_page(),
				       m->batch * machine_page());
	return !wanted || *pages;
}

static struct model *zram_start(const struct model_config *config)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		goto fail;
	m->config = *config;
	m->batch = config->batch ? config->batch : BATCH;
	m->began = cpu_ns();
	if (device_open(&m->device, kind_of(config->job))) {
		free(m);
		return NULL;
	}
	if (alloc_batch(m, config->job->copy, &m->copies) &&
	    alloc_batch(m, config->look, &m->results))
		return m;
	zram_stop(m, NULL);
fail:
	model_complain("zram");
	return NULL;
}

/* Nobody expects a benchmark to add block devices to his own machine. */
static const char *zram_needs(void)
{
	if (!machine_emulated())
		return "the VM, as it makes block devices";
	if (!access(HOT_ADD, R_OK) && !access(HOT_REMOVE, W_OK))
		return NULL;
	return errno == ENOENT ? "the module zram" : "root";
}

/* Which algorithms there are, only a device can tell. */
static bool zram_can(const struct job *job)
{
	const struct kind *kind = kind_of(job);
	struct device device;

	if (!kind || job->size != machine_page() || device_open(&device, kind))
		return false;
	device_close(&device);
	return true;
}

const struct model_ops model_zram = {
	.name = "zram",
	.about = "pages written to a zram device, by who submits them",
	.needs = zram_needs,
	.can = zram_can,
	.start = zram_start,
	.submit = zram_submit,
	.flush = zram_flush,
	.stop = zram_stop,
};
