// SPDX-License-Identifier: GPL-2.0-only
/*
 * info.c - the codecs and info commands
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "device.h"
#include "flipq.h"
#include "message.h"
#include "tool.h"

static const uint32_t sizes[] = { 4 * KIB, 64 * KIB, MIB, 4 * MIB };

#define NR_SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void print_levels(const char *path, unsigned int index, bool own)
{
	struct flipq_codec_info info = { 0 };
	size_t i;

	for (i = 0; i < NR_SIZES; i++) {
		int level = 0;

		if (!flipq_query_codec(path, index, sizes[i], &info))
			level = own ? info.owner_level : info.shared_level;
		if (level < info.min_level)
			printf(" %6s", "-");
		else
			printf(" %6d", level);
	}
}

static void print_heading(void)
{
	static const char columns[] = "    4K    64K     1M     4M";

	printf("%-30s%s    %s\n", "", "highest level of shared workers",
	       "of threads of our own");
	printf("%-30s%s   %s\n", "codec    levels     default", columns,
	       columns);
}

/* In words, as the table has no level to show. */
static void print_unpack_only(const char *path)
{
	struct flipq_codec_info info;
	unsigned int i;

	for (i = 0; !flipq_query_codec(path, i, 0, &info); i++) {
		if (!(info.caps & FLIPQ_CODEC_CAP_COMPRESS))
			printf("%.*s: decompression only: no safe compressor in this kernel\n",
			       FLIPQ_CODEC_NAME_LEN, info.name);
	}
}

static void print_codec(const char *path, unsigned int index,
			const struct flipq_codec_info *info)
{
	printf("%-8.*s %d-%-8d %-10d", FLIPQ_CODEC_NAME_LEN, info->name,
	       info->min_level, info->max_level, info->default_level);
	print_levels(path, index, false);
	fputs("  ", stdout);
	print_levels(path, index, true);
	putchar('\n');
}

int cmd_codecs(const struct options *o)
{
	struct flipq_codec_info codec;
	struct flipq_info info;
	struct place place;
	unsigned int i;
	int err;

	if (device_find(o->device, &place, &info))
		return STATUS_FAILED;
	if (place.in_process)
		device_print(&place, stdout);
	for (i = 0; !(err = flipq_query_codec(place.path, i, 0, &codec)); i++) {
		if (!i)
			print_heading();
		print_codec(place.path, i, &codec);
	}
	/* At once: not the end of the list, nothing is there any more. */
	if (err != -ENOENT || !i) {
		fail(place.name, "%s",
		     flipq_open_error(place.in_process ? -ELIBACC : err));
		return STATUS_FAILED;
	}
	print_unpack_only(place.path);
	return STATUS_OK;
}

static void line(const char *key, uint64_t value)
{
	printf("%s: %" PRIu64 "\n", key, value);
}

/* What all users have together is not for everybody. */
static void total(const char *key, uint64_t value)
{
	if (value == FLIPQ_INFO_HIDDEN)
		printf("%s: hidden (needs CAP_SYS_ADMIN)\n", key);
	else
		line(key, value);
}

/* Of the module, which has users beside this one and limits for them. */
static void print_shared(const struct flipq_info *info)
{
	line("max_queues", info->max_queues);
	line("max_user_queues", info->max_user_queues);
	line("max_queue_bytes", info->max_queue_bytes);
	line("max_user_bytes", info->max_user_bytes);
	line("max_total_bytes", info->max_total_bytes);
	line("max_workspace", info->max_workspace);
	line("user_queues", info->user_queues);
	line("user_bytes", info->user_bytes);
	total("queues", info->queues);
	total("total_bytes", info->total_bytes);
	total("worker_bytes", info->worker_bytes);
}

int cmd_info(const struct options *o)
{
	struct flipq_info info;
	struct place place;

	if (device_find(o->device, &place, &info))
		return STATUS_FAILED;
	device_print(&place, stdout);
	line("abi", info.abi);
	line("workers", info.workers);
	if (info.default_partitions)
		line("default_partitions", info.default_partitions);
	else
		puts("default_partitions: 0 (none for this user: parameter shared_gid)");
	line("max_partitions", info.max_partitions);
	line("max_slots", info.max_slots);
	line("max_slot_size", info.max_slot_size);
	line("max_codecs", info.max_codecs);
	if (!place.in_process)
		print_shared(&info);
	return STATUS_OK;
}
