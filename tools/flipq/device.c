// SPDX-License-Identifier: GPL-2.0-only
/*
 * device.c - queues sized to the work, what is offered for them, and where they
 * are: at the device, or in this process where there is none
 */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "device.h"
#include "message.h"
#include "tool.h"

/* All buffers of a queue together. */
#define MAX_MEMORY	(128U * MIB)

/*
 * In this process these only have to keep its threads busy while we read and write:
 * memory that is touched for the first time takes longer than what it holds.
 */
#define PROCESS_MEMORY	(16U * MIB)
#define PROCESS_SLOTS	2U

/* Workers at most where nobody says how many, as the kernel has it. */
#define MAX_WORKERS	8U

static void in_process(struct place *place, int missing)
{
	*place = (struct place) {
		.path = FLIPQ_IN_PROCESS,
		.name = "in this process",
		.missing = missing,
		.in_process = true,
	};
}

/*
 * Does libflipq do without the device after this? It knows of which errors that
 * is true, and is asked by a queue that is as small as can be.
 */
static bool falls_back(void)
{
	const struct flipq_config config = {
		.slots = 1,
		.partitions = 1,
		.fallback = true,
	};
	struct flipq *q;
	bool yes;

	if (flipq_open(&q, &config))
		return false;
	yes = flipq_in_process(q);
	flipq_close(q);
	return yes;
}

int device_find(const char *device, struct place *place,
		struct flipq_info *info)
{
	int err;

	*place = (struct place) {
		.path = device,
		.name = device ? device : FLIPQ_DEVICE,
	};
	if (!strcmp(place->name, FLIPQ_IN_PROCESS))
		in_process(place, 0);
	err = flipq_query_info(place->path, info);
	if (err < 0 && !device && falls_back()) {
		in_process(place, err);
		err = flipq_query_info(place->path, info);
	}
	if (err < 0)
		return fail(place->name, "%s", flipq_open_error(err));
	place->partitions = info->default_partitions;
	return 0;
}

void device_print(const struct place *place, FILE *to)
{
	if (!place->in_process)
		fprintf(to, "device: %s\n", place->name);
	else
		fprintf(to, "device: none: %s\n", place->missing ?
			flipq_open_error(place->missing) : "as asked for");
}

static unsigned int choose_slots(const struct queue_need *need,
				 unsigned int partitions)
{
	uint64_t slot = (uint64_t)need->in_size + need->out_size;
	bool here = need->place.in_process;
	uint64_t slots;

	if (!partitions)
		partitions = 1;
	slots = (here ? PROCESS_MEMORY : MAX_MEMORY) / (slot * partitions);
	if (here && slots < PROCESS_SLOTS)
		slots = PROCESS_SLOTS;
	/* The memory of slots that are never used has to be zeroed, too. */
	if (need->blocks && slots > (need->blocks - 1) / partitions + 1)
		slots = (need->blocks - 1) / partitions + 1;
	if (slots > FLIPQ_DEFAULT_SLOTS)
		return FLIPQ_DEFAULT_SLOTS;
	return slots ? (unsigned int)slots : 1;
}

/* One per CPU that we may run on; a thread without a block is of no use. */
static unsigned int choose_own(const struct queue_need *need)
{
	unsigned int workers = 1;
	cpu_set_t cpus;

	if (need->workers)
		return need->workers;
	if (!sched_getaffinity(0, sizeof(cpus), &cpus))
		workers = (unsigned int)CPU_COUNT(&cpus);
	if (workers > MAX_WORKERS)
		workers = MAX_WORKERS;
	if (need->blocks && need->blocks < workers)
		workers = (unsigned int)need->blocks;
	return workers;
}

/* Open with what @config asks for, or with less if a limit is in the way. */
static int open_queue(struct flipq **q, struct flipq_config *config)
{
	for (;;) {
		int err = flipq_open(q, config);

		if (err != -EDQUOT && err != -ENOMEM)
			return err;
		/* Fewer slots first; a thread's workspace may be larger. */
		if (config->slots > 1)
			config->slots /= 2;
		else if (config->owner_partitions > 1)
			config->owner_partitions /= 2;
		else
			return err;
	}
}

static int open_pool(struct device *d)
{
	/* Made when they are needed, and kept: there is more to come. */
	const struct flipq_pool_config config = {
		.idle_ns = FLIPQ_TIMEOUT_NONE,
	};
	int err = flipq_pool_open(&d->pool, d->q, &config);

	return err < 0 ? fail("threads", "%s", strerror(-err)) : 0;
}

/*
 * A device may have no worker, which only set-up tells: then there is this
 * process, too, unless the device was asked for.
 */
static int open_at(struct device *d, struct flipq_config *config)
{
	int err = open_queue(&d->q, config);

	if (err < 0 && !config->device) {
		config->fallback = true;
		if (!open_queue(&d->q, config) && flipq_in_process(d->q))
			in_process(&d->place, err);
	}
	if (d->q)
		return 0;
	return fail(d->place.name, "%s", flipq_open_error(err));
}

int device_open(struct device *d, const struct queue_need *need)
{
	/*
	 * Slots come back in order, not by worker: whoever has the fewest
	 * requests is the next to run dry, and to need a kick.
	 */
	struct flipq_config config = {
		.device = need->place.path,
		.policy = FLIPQ_POLICY_LEAST_LOADED,
		.in_size = need->in_size,
		.out_size = need->out_size,
		.codecs = &need->codec,
		.nr_codecs = 1,
	};
	unsigned int workers = need->workers;
	bool own = need->own;

	*d = (struct device) { .place = need->place };
	/* There are some always, if not for everybody. */
	if (!need->place.partitions) {
		d->barred = true;
		own = true;
	}
	if (own) {
		workers = choose_own(need);
		config.owner_partitions = workers;
	} else {
		config.partitions = workers;
	}
	config.slots = choose_slots(need, workers ? workers :
				    need->place.partitions);
	if (open_at(d, &config))
		return -1;
	if (own && open_pool(d)) {
		device_close(d);
		return -1;
	}
	return 0;
}

void device_close(struct device *d)
{
	/* Its threads are in the queue. */
	if (d->pool)
		flipq_pool_close(d->pool);
	if (d->q)
		flipq_close(d->q);
	*d = (struct device) { 0 };
}

int device_codec(const struct place *place, uint32_t algorithm, uint32_t size,
		 struct flipq_codec_info *info)
{
	unsigned int i;
	int err;

	for (i = 0;; i++) {
		err = flipq_query_codec(place->path, i, size, info);
		/* At once: not the end of the list, no device. */
		if (err == -ENOENT && i && !place->in_process)
			return fail(place->name,
				    "this kernel's flipq has no codec %u",
				    algorithm);
		/* There are those whose libraries were found. */
		if (err == -ENOENT && place->in_process)
			err = -ELIBACC;
		if (err < 0)
			return fail(place->name, "%s", flipq_open_error(err));
		if (info->algorithm == algorithm)
			return 0;
	}
}
