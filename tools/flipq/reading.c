// SPDX-License-Identifier: GPL-2.0-only
/*
 * reading.c - what the readers of all formats need: a queue that fits, the same
 * words for what is wrong with a file, a way out for what they decoded
 */
#include "output.h"
#include "reader.h"
#include "source.h"
#include "tool.h"

int corrupt(const struct reading *r, const char *part, uint64_t offset,
	    const char *why)
{
	return pump_drain(r->pump) ? -1 :
	       source_corrupt(r->source, part, offset, why);
}

int truncated(const struct reading *r, const char *part, uint64_t offset)
{
	return pump_drain(r->pump) ? -1 :
	       source_truncated(r->source, part, offset);
}

int item_corrupt(const struct reading *r, const struct item *it,
		 const char *why)
{
	return output_flush(r->out) ? -1 :
	       source_corrupt(r->source, it->piece->name, it->offset, why);
}

int reading_write(struct reading *r, const void *data, size_t len)
{
	return output_add(r->out, data, len) || output_flush(r->out) ? -1 : 0;
}

/*
 * How many blocks the rest of the input may hold, if they shrank to a sixteenth
 * at best. More of them only find fewer slots than they could use.
 */
static uint64_t blocks_left(const struct reading *r, uint32_t size)
{
	if (!r->source->regular || r->source->size < r->source->offset)
		return 0;
	return 2 + (r->source->size - r->source->offset) * 16 / size;
}

/* Some room more than asked for, so that the next, larger one fits, too. */
static uint32_t roomy(uint32_t size)
{
	uint32_t room = DEFAULT_BLOCK;

	while (room < size)
		room *= 2;
	return room;
}

int reading_queue(struct reading *r, uint32_t algorithm, uint32_t in_size,
		  uint32_t out_size)
{
	struct queue_need *have = &r->have;
	struct flipq_info info;
	struct device d;

	if (have->codec.algorithm == algorithm && have->in_size >= in_size &&
	    have->out_size >= out_size)
		return 0;
	if (pump_drain(r->pump))
		return -1;
	pump_stop(r->pump);
	if (have->codec.algorithm != algorithm)
		*have = (struct queue_need) { 0 };
	/* A block that did not shrink is a little longer than its content. */
	if (in_size <= out_size + out_size / 16 + KIB)
		in_size = out_size;
	have->codec.algorithm = algorithm;
	have->codec.flags = FLIPQ_CODEC_DECOMPRESS_ONLY;
	have->workers = r->o->workers;
	if (have->out_size < out_size)
		have->out_size = roomy(out_size);
	if (have->in_size < in_size)
		have->in_size = roomy(in_size);
	if (algorithm != FLIPQ_ALG_LZ4 && have->in_size == have->out_size)
		have->in_size += have->out_size / 16 + KIB;
	if (have->in_size > MAX_BLOCK)
		have->in_size = MAX_BLOCK;
	have->blocks = blocks_left(r, have->out_size);
	if (device_find(r->o->device, &have->place, &info) ||
	    device_open(&d, have))
		return -1;
	pump_start(r->pump, &d);
	return 0;
}
