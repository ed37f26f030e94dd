// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * query.c - questions to the kernel, and counters
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

/* Set-up has other things to say with these two. */
int flipq_open_device(const struct flipq_sys *sys, const char *device)
{
	int fd = sys->open(sys, device ? device : FLIPQ_DEVICE);

	if (fd == -ENODEV)
		return -ENXIO;
	return fd == -EPERM ? -EACCES : fd;
}

int flipq_query_with(const struct flipq_sys *sys, const char *device,
		     unsigned long request, void *arg)
{
	int fd = flipq_open_device(sys, device);
	int ret;

	if (fd < 0)
		return fd;
	ret = sys->ioctl(sys, fd, request, arg);
	sys->close(sys, fd);
	return ret;
}

FLIPQ_EXPORT int flipq_query_info(const char *device, struct flipq_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return flipq_query_with(&flipq_linux, device, FLIPQ_IOC_INFO, info);
}

FLIPQ_EXPORT int flipq_query_codec(const char *device, unsigned int index,
				   uint32_t slot_size,
				   struct flipq_codec_info *info)
{
	int ret;

	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->index = index;
	info->slot_size = slot_size;
	ret = flipq_query_with(&flipq_linux, device, FLIPQ_IOC_CODEC, info);
	info->name[sizeof(info->name) - 1] = '\0';
	return ret;
}

FLIPQ_EXPORT int flipq_stats(const struct flipq *q, enum flipq_stats_of of,
			     unsigned int index, struct flipq_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->size = sizeof(*stats);
	stats->of = of;
	stats->index = index;
	return q->sys->ioctl(q->sys, q->fd, FLIPQ_IOC_STATS, stats);
}

FLIPQ_EXPORT void flipq_usage(const struct flipq *q, struct flipq_usage *usage)
{
	*usage = q->usage;
}
