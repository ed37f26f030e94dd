// SPDX-License-Identifier: GPL-2.0-only
/*
 * query.c - questions: FLIPQ_IOC_INFO, CODEC, STATS and PROBE
 */
#include <linux/capability.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "device/call.h"

#define FLIPQ_OPCODES	(BIT_ULL(FLIPQ_OP_NR) - 1)
/* Request flags that are not a part of a number. */
#define FLIPQ_REQ_BITS	(FLIPQ_REQ_DETECT_FILL | FLIPQ_REQ_CSUM_ENCODED)
#define FLIPQ_FEATURES	(FLIPQ_FEATURE_ARENA | FLIPQ_FEATURE_SERVE | \
			 FLIPQ_FEATURE_CANCEL)
#define FLIPQ_PLACES	(BIT_ULL(FLIPQ_PLACE_SLOT) | \
			 BIT_ULL(FLIPQ_PLACE_ARENA) | \
			 BIT_ULL(FLIPQ_PLACE_USER))
#define FLIPQ_CSUMS	(BIT_ULL(FLIPQ_CSUM_NONE) | \
			 BIT_ULL(FLIPQ_CSUM_XXH32) | \
			 BIT_ULL(FLIPQ_CSUM_XXH64) | \
			 BIT_ULL(FLIPQ_CSUM_CRC32))

/* What this kernel offers, and what is in use. */
long flipq_call_info(struct flipq_call *call)
{
	const bool all = ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
	struct flipq_charged charged;

	flipq_charged(&charged);
	call->answer = true;
	call->arg.info = (struct flipq_info){
		.size = call->arg.info.size,
		.abi = FLIPQ_ABI_VERSION,
		.max_slots = FLIPQ_MAX_SLOTS,
		.max_partitions = FLIPQ_MAX_PARTITIONS,
		.max_slot_size = FLIPQ_MAX_SLOT_SIZE,
		.max_codecs = FLIPQ_MAX_CODECS,
		.workers = engine_pool_workers(),
		.default_partitions = flipq_default_partitions(),
		.max_queues = READ_ONCE(flipq_params.max_queues),
		.max_user_queues = READ_ONCE(flipq_params.max_user_queues),
		.features = FLIPQ_FEATURES,
		.opcodes = FLIPQ_OPCODES,
		.req_flags = FLIPQ_REQ_BITS,
		.max_workspace = READ_ONCE(flipq_params.max_workspace),
		.max_queue_bytes = READ_ONCE(flipq_params.max_queue_bytes),
		.max_total_bytes = READ_ONCE(flipq_params.max_total_bytes),
		.queues = all ? charged.queues : FLIPQ_INFO_HIDDEN,
		.total_bytes = all ? charged.bytes : FLIPQ_INFO_HIDDEN,
		.worker_bytes = all ? flipq_scratch_total() : FLIPQ_INFO_HIDDEN,
		.max_user_bytes = READ_ONCE(flipq_params.max_user_bytes),
		.user_queues = charged.user_queues,
		.user_bytes = charged.user_bytes,
	};
	return 0;
}

/* One codec: its levels, and what they cost. */
long flipq_call_codec(struct flipq_call *call)
{
	struct flipq_codec_info *info = &call->arg.codec;
	const u32 slot_size = info->slot_size ? info->slot_size : SZ_64K;
	const struct codec_ops *ops;
	struct codec_params *p;
	size_t max_workspace;

	if (slot_size < FLIPQ_MIN_SLOT_SIZE || slot_size > FLIPQ_MAX_SLOT_SIZE)
		return -EINVAL;
	ops = codec_by_index(info->index);
	if (!ops)
		return -ENOENT;

	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	max_workspace = READ_ONCE(flipq_params.max_workspace);
	call->answer = true;
	info->slot_size = slot_size;
	info->algorithm = ops->algorithm;
	info->caps = ops->caps;
	info->min_level = ops->min_level;
	info->max_level = ops->max_level;
	info->default_level = ops->default_level;
	info->owner_level = codec_highest_level(ops, FLIPQ_CODEC_OWNER,
						slot_size, max_workspace, p);
	info->owner_workspace = p->compress_ws;
	info->shared_level = codec_highest_level(ops, 0, slot_size,
						 max_workspace, p);
	info->compress_workspace = p->compress_ws;
	info->decompress_workspace = p->decompress_ws;
	kfree(p);
	strscpy(info->name, ops->name, sizeof(info->name));
	return 0;
}

/* All partitions' counters, and the waits, which belong to none of them. */
void flipq_queue_counters(const struct flipq_queue *fq,
			  struct flipq_counters *c)
{
	unsigned int i;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < fq->nr; i++)
		engine_counters_sum(c, &fq->queue->parts[i]->counters);
	c->waits = READ_ONCE(fq->queue->waits);
	c->sleeping_waits = READ_ONCE(fq->queue->sleeping_waits);
}

static int flipq_read_stats(const struct flipq_queue *fq, struct flipq_stats *s)
{
	unsigned int i;

	switch (s->of) {
	case FLIPQ_STATS_QUEUE:
		if (s->index)
			return -ENOENT;
		s->cpu = ~0U;
		flipq_queue_counters(fq, &s->counters);
		return 0;
	case FLIPQ_STATS_PARTITION:
		if (s->index >= fq->nr)
			return -ENOENT;
		i = flipq_index(fq, s->index);
		s->cpu = flipq_owner_served(fq, i) ? ~0U :
			 fq->parts[i].worker->cpu;
		engine_counters_read(&s->counters,
				     &fq->queue->parts[i]->counters);
		return 0;
	case FLIPQ_STATS_WORKER:
		/* They move with each request of each user. */
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		return engine_pool_counters(s->index, &s->cpu, &s->counters);
	default:
		return -EINVAL;
	}
}

/* Counters, as they are by now. */
long flipq_call_stats(struct flipq_call *call)
{
	long err = flipq_read_stats(call->queue, &call->arg.stats);

	call->answer = !err;
	return err;
}

static u64 flipq_algorithms(void)
{
	const struct codec_ops *ops;
	unsigned int i;
	u64 set = 0;

	for (i = 0; (ops = codec_by_index(i)); i++)
		set |= BIT_ULL(ops->algorithm);
	return set;
}

/*
 * What is known, by what the question is about: flags, or, with @numbers, a bit
 * for each number. Algorithms depend on the kernel's configuration.
 */
static const struct {
	u64 known;
	bool numbers;
} flipq_known[FLIPQ_PROBE_NR] = {
	[FLIPQ_PROBE_OPCODE] = { FLIPQ_OPCODES, true },
	[FLIPQ_PROBE_SRC] = { FLIPQ_PLACES, true },
	[FLIPQ_PROBE_DST] = { FLIPQ_PLACES, true },
	[FLIPQ_PROBE_CSUM] = { FLIPQ_CSUMS, true },
	[FLIPQ_PROBE_ALGORITHM] = { 0, true },
	[FLIPQ_PROBE_REQ_FLAGS] = { FLIPQ_REQ_BITS },
	[FLIPQ_PROBE_CODEC_FLAGS] = { FLIPQ_CODEC_FLAGS },
	[FLIPQ_PROBE_SETUP_FLAGS] = { FLIPQ_SETUP_FLAGS },
	[FLIPQ_PROBE_ENTER_FLAGS] = { FLIPQ_ENTER_FLAGS },
	[FLIPQ_PROBE_CANCEL_FLAGS] = { FLIPQ_CANCEL_FLAGS },
	[FLIPQ_PROBE_FEATURES] = { FLIPQ_FEATURES },
};

/* Is there such a value, or flag? */
long flipq_call_probe(struct flipq_call *call)
{
	struct flipq_probe *p = &call->arg.probe;
	u64 known;
	u32 of;

	call->answer = true;
	if (p->of >= FLIPQ_PROBE_NR)
		return 0;
	of = array_index_nospec(p->of, FLIPQ_PROBE_NR);
	known = of == FLIPQ_PROBE_ALGORITHM ? flipq_algorithms() :
					      flipq_known[of].known;
	if (flipq_known[of].numbers)
		p->known = p->value < 64 && known >> p->value & 1;
	else
		p->known = p->value && !(p->value & ~known);
	return 0;
}
