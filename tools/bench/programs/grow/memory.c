// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - the memory of an idle queue, and of a worker
 *
 * CSV of its own:
 *
 *	what	queue: one of up to a hundred idle ones; worker: a shared one,
 *		which has buffers and workspaces for the largest of these queues
 *	slots	of each partition, of which there is one; with codecs LZ4 and
 *		zstd-1, but where size is 0
 *	size	of a slot's input and output
 *	source	flipq: as the kernel's module counts it; memcg: what a memory
 *		cgroup was charged, page tables and all
 *	bytes	each
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crowd.h"
#include "grow.h"

#define CGROUPS	"/sys/fs/cgroup"
#define GROUP	CGROUPS "/flipq-grow"
#define QUEUES	100
#define MOST_BYTES	(64 << 20)	/* below the limit of all, by default */

static const struct flipq_codec codecs[] = {
	{ .algorithm = FLIPQ_ALG_LZ4 },
	{ .algorithm = FLIPQ_ALG_ZSTD, .level = 1 },
};

static const struct flipq_config configs[] = {
	{ .slots = 1, .partitions = 1 },
	{ .slots = 8, .partitions = 1, .in_size = 4096, .out_size = 4096,
	  .codecs = codecs, .nr_codecs = 2 },
	{ .slots = 32, .partitions = 1, .in_size = 4096, .out_size = 4096,
	  .codecs = codecs, .nr_codecs = 2 },
	{ .slots = 32, .partitions = 1, .in_size = 65536, .out_size = 65536,
	  .codecs = codecs, .nr_codecs = 2 },
};

#define CONFIGS	(sizeof(configs) / sizeof(configs[0]))

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* Return: bytes, 0 where there is no such controller. */
static uint64_t charged(void)
{
	FILE *file = fopen(GROUP "/memory.current", "re");
	unsigned long long bytes = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%llu", &bytes) != 1)
		bytes = 0;
	fclose(file);
	return bytes;
}

static int ask(struct flipq_info *info)
{
	int ret = flipq_query_info(NULL, info);

	return ret ? grow_complain(FLIPQ_DEVICE, flipq_open_error(ret)) : 0;
}

/* Workers let go of closed queues soon, not at once: until there are @nr. */
static int wait_closed(uint64_t nr)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	struct flipq_info info;

	do {
		nanosleep(&moment, NULL);
		if (ask(&info))
			return -1;
	} while (info.user_queues > nr);
	return 0;
}

static void line(const char *what, const struct flipq_config *c,
		 const char *source, uint64_t bytes)
{
	printf("%s,%u,%u,%s,%llu\n", what, c->slots, c->in_size, source,
	       (unsigned long long)bytes);
}

static unsigned int how_many(const struct flipq_config *config)
{
	uint64_t each = (uint64_t)config->slots *
			(config->in_size + config->out_size);

	return each * QUEUES > MOST_BYTES ? (unsigned int)(MOST_BYTES / each) :
					    QUEUES;
}

static int measure(const struct flipq_config *config, struct crowd *crowd)
{
	const unsigned int nr = how_many(config);
	struct flipq_info before, after;
	uint64_t group = charged();

	if (ask(&before) || crowd_grow(crowd, nr, config) || ask(&after))
		return -1;
	line("queue", config, "flipq",
	     (after.user_bytes - before.user_bytes) / nr);
	if (group)
		line("queue", config, "memcg", (charged() - group) / nr);
	line("worker", config, "flipq",
	     after.worker_bytes / (after.workers ? after.workers : 1));
	return 0;
}

/* Without the right, or the controller, there is no line of the source memcg. */
static void enter_group(void)
{
	write_text(CGROUPS "/cgroup.subtree_control", "+memory");
	if (!mkdir(GROUP, 0755) || errno == EEXIST)
		write_text(GROUP "/cgroup.procs", "0");
}

static void leave_group(void)
{
	write_text(CGROUPS "/cgroup.procs", "0");
	rmdir(GROUP);
}

int grow_memory(const struct grow *g)
{
	struct flipq_info idle;
	struct crowd crowd;
	size_t i;
	int ret;

	(void)g;
	if (ask(&idle))
		return -1;
	ret = crowd_init(&crowd, QUEUES);
	enter_group();
	printf("what,slots,size,source,bytes\n");
	for (i = 0; i < CONFIGS && !ret; i++) {
		ret = measure(&configs[i], &crowd);
		crowd_close(&crowd);
		if (!ret)
			ret = wait_closed(idle.user_queues);
	}
	crowd_free(&crowd);
	leave_group();
	return ret;
}
