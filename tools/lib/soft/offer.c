// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * offer.c - what a queue in the process offers, and its counters
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "soft/soft.h"

/* As the kernel has it, for a caller who does not say. */
#define DEFAULT_PARTITIONS	8
#define DEFAULT_SLOT_SIZE	65536

#define OPCODES		(flip_bit(FLIPQ_OP_NR) - 1)
#define PLACES		(flip_bit(FLIPQ_PLACE_SLOT) | \
			 flip_bit(FLIPQ_PLACE_ARENA) | \
			 flip_bit(FLIPQ_PLACE_USER))
#define REQ_FLAGS	(FLIPQ_REQ_DETECT_FILL | FLIPQ_REQ_CSUM_ENCODED)
#define FEATURES	(FLIPQ_FEATURE_ARENA | FLIPQ_FEATURE_SERVE | \
			 FLIPQ_FEATURE_CANCEL)
/* Of ENTER's the library has no use for a signal mask, and neither is it here. */
#define ENTER_FLAGS	FLIPQ_ENTER_FLAGS

/* There are no limits but the process's own, and nobody else's queues. */
static int query_info(struct flipq_info *i)
{
	unsigned int cpus = flipq_linux.cpus(&flipq_linux);

	*i = (struct flipq_info){
		.size = i->size,
		.abi = FLIPQ_ABI_VERSION,
		.max_slots = FLIPQ_MAX_SLOTS,
		.max_partitions = FLIPQ_MAX_PARTITIONS,
		.max_slot_size = FLIPQ_MAX_SLOT_SIZE,
		.max_codecs = FLIPQ_MAX_CODECS,
		.default_partitions = cpus < DEFAULT_PARTITIONS ?
				      cpus : DEFAULT_PARTITIONS,
		.max_queues = ~0U,
		.max_user_queues = ~0U,
		.features = FEATURES,
		.opcodes = OPCODES,
		.req_flags = REQ_FLAGS,
		.max_workspace = ~0ULL,
		.max_queue_bytes = ~0ULL,
		.max_total_bytes = ~0ULL,
		.queues = FLIPQ_INFO_HIDDEN,
		.total_bytes = FLIPQ_INFO_HIDDEN,
		.worker_bytes = FLIPQ_INFO_HIDDEN,
		.max_user_bytes = ~0ULL,
	};
	return 0;
}

static int query_codec(struct flipq_codec_info *i)
{
	const uint32_t size = i->slot_size ? i->slot_size : DEFAULT_SLOT_SIZE;
	const struct soft_ops *ops;
	struct soft_lib lib;

	if (size < FLIPQ_MIN_SLOT_SIZE || size > FLIPQ_MAX_SLOT_SIZE)
		return -EINVAL;
	ops = flipq_soft_codec(i->index);
	if (!ops || flipq_soft_load(ops, &lib))
		return -ENOENT;
	i->slot_size = size;
	i->algorithm = ops->algorithm;
	i->caps = ops->caps;
	i->min_level = ops->min_level;
	i->max_level = ops->max_level;
	i->default_level = ops->default_level;
	i->shared_level = flipq_soft_highest(ops, ops->shared, size);
	i->owner_level = flipq_soft_highest(ops, ops->owner, size);
	i->compress_workspace = ops->pack_size ? ops->pack_size(lib.calls) : 0;
	i->owner_workspace = i->compress_workspace;
	snprintf(i->name, sizeof(i->name), "%s", ops->name);
	return 0;
}

static u64 algorithms(void)
{
	const struct soft_ops *ops;
	unsigned int n;
	u64 set = 0;

	for (n = 0; (ops = flipq_soft_codec(n)); n++)
		set |= flip_bit(ops->algorithm);
	return set;
}

static u64 checksums(void)
{
	struct soft_lib zlib;
	u64 set = flip_bit(FLIPQ_CSUM_NONE) | flip_bit(FLIPQ_CSUM_XXH32) |
		  flip_bit(FLIPQ_CSUM_XXH64);

	if (!flipq_soft_load(&flipq_soft_crc32, &zlib))
		set |= flip_bit(FLIPQ_CSUM_CRC32);
	return set;
}

static bool one_of(u64 set, u64 number)
{
	return number < 64 && set >> number & 1;
}

static bool all_of(u64 flags, u64 wanted)
{
	return wanted && !(wanted & ~flags);
}

static bool known(const struct flipq_probe *p)
{
	switch (p->of) {
	case FLIPQ_PROBE_OPCODE:
		return one_of(OPCODES, p->value);
	case FLIPQ_PROBE_SRC:
	case FLIPQ_PROBE_DST:
		return one_of(PLACES, p->value);
	case FLIPQ_PROBE_CSUM:
		return one_of(checksums(), p->value);
	case FLIPQ_PROBE_ALGORITHM:
		return one_of(algorithms(), p->value);
	case FLIPQ_PROBE_REQ_FLAGS:
		return all_of(REQ_FLAGS, p->value);
	case FLIPQ_PROBE_CODEC_FLAGS:
		return all_of(FLIPQ_CODEC_FLAGS, p->value);
	case FLIPQ_PROBE_SETUP_FLAGS:
		return all_of(FLIPQ_SETUP_FLAGS, p->value);
	case FLIPQ_PROBE_ENTER_FLAGS:
		return all_of(ENTER_FLAGS, p->value);
	case FLIPQ_PROBE_CANCEL_FLAGS:
		return all_of(FLIPQ_CANCEL_FLAGS, p->value);
	case FLIPQ_PROBE_FEATURES:
		return all_of(FEATURES, p->value);
	default:
		return false;
	}
}

/* The calls that need no queue. */
int flipq_soft_query(unsigned long request, void *arg)
{
	struct flipq_probe *p = arg;

	switch (request) {
	case FLIPQ_IOC_INFO:
		return query_info(arg);
	case FLIPQ_IOC_CODEC:
		return query_codec(arg);
	default:
		p->known = known(p);
		return 0;
	}
}

/* Counters are 64-bit words all through. */
static void add(struct flipq_counters *to, const struct flipq_counters *from)
{
	const __u64 *words = (const void *)from;
	__u64 *sum = (void *)to;
	size_t i;

	for (i = 0; i < sizeof(*to) / sizeof(*sum); i++)
		sum[i] += READ_ONCE(words[i]);
}

/* As FLIPQ_IOC_STATS. */
int flipq_soft_stats(const struct soft *s, struct flipq_stats *stats)
{
	unsigned int first = 0, end = soft_parts(s), n;

	switch (stats->of) {
	case FLIPQ_STATS_QUEUE:
		if (stats->index)
			return -ENOENT;
		break;
	case FLIPQ_STATS_PARTITION:
		if (stats->index >= end)
			return -ENOENT;
		first = stats->index;
		end = first + 1;
		break;
	case FLIPQ_STATS_WORKER:
		return -ENOENT;
	default:
		return -EINVAL;
	}
	stats->cpu = ~0U;
	memset(&stats->counters, 0, sizeof(stats->counters));
	for (n = first; n < end; n++)
		add(&stats->counters, &s->parts[n].comp->counters);
	if (stats->of == FLIPQ_STATS_QUEUE) {
		stats->counters.waits = READ_ONCE(s->waits);
		stats->counters.sleeping_waits = READ_ONCE(s->sleeping_waits);
	}
	return 0;
}
