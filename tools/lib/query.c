// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * query.c - questions to the kernel, and counters
 */
#include <errno.h>

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
	int fd, ret;

	if (flipq_names_process(device))
		return flipq_soft_query(request, arg);
	fd = flipq_open_device(sys, device);
	if (fd < 0)
		return fd;
	ret = sys->ioctl(sys, fd, request, arg);
	sys->close(sys, fd);
	return ret;
}

/* @size of what the kernel fills in is the library's, then the caller's. */
FLIPQ_EXPORT int flipq_query_info_sized(const char *device,
					struct flipq_info *info, size_t size)
{
	struct flipq_info i = { .size = sizeof(i) };
	int ret = flipq_query_with(&flipq_linux, device, FLIPQ_IOC_INFO, &i);

	i.size = (uint32_t)size;
	flipq_copy_out(info, size, &i, sizeof(i));
	return ret;
}

FLIPQ_EXPORT int flipq_query_codec_sized(const char *device,
					 unsigned int index,
					 uint32_t slot_size,
					 struct flipq_codec_info *info,
					 size_t size)
{
	struct flipq_codec_info i = {
		.size = sizeof(i),
		.index = index,
		.slot_size = slot_size,
	};
	int ret = flipq_query_with(&flipq_linux, device, FLIPQ_IOC_CODEC, &i);

	i.size = (uint32_t)size;
	i.name[sizeof(i.name) - 1] = '\0';
	flipq_copy_out(info, size, &i, sizeof(i));
	return ret;
}

FLIPQ_EXPORT int flipq_query_known(const char *device, enum flipq_probe_of of,
				   uint64_t value)
{
	struct flipq_probe p = {
		.size = sizeof(p),
		.value = value,
		.of = of,
	};
	int ret = flipq_query_with(&flipq_linux, device, FLIPQ_IOC_PROBE, &p);

	return ret ? ret : !!p.known;
}

FLIPQ_EXPORT int flipq_stats_sized(const struct flipq *q,
				   enum flipq_stats_of of, unsigned int index,
				   struct flipq_stats *stats, size_t size)
{
	struct flipq_stats s = {
		.size = sizeof(s),
		.of = of,
		.index = index,
	};
	int ret = flipq_inherited(q) ? -EIO :
		  q->sys->ioctl(q->sys, q->fd, FLIPQ_IOC_STATS, &s);

	s.size = (uint32_t)size;
	flipq_copy_out(stats, size, &s, sizeof(s));
	return ret;
}

FLIPQ_EXPORT void flipq_usage_sized(const struct flipq *q,
				    struct flipq_usage *usage, size_t size)
{
	flipq_copy_out(usage, size, &q->usage, sizeof(q->usage));
}
