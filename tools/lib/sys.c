// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * sys.c - the real operating system
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

static int linux_open(const struct flipq_sys *sys, const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	(void)sys;
	return fd < 0 ? -errno : fd;
}

static int linux_ioctl(const struct flipq_sys *sys, int fd,
		       unsigned long request, void *arg)
{
	int ret = ioctl(fd, request, arg);

	(void)sys;
	return ret < 0 ? -errno : ret;
}

static int linux_map(const struct flipq_sys *sys, int fd, size_t size, int prot,
		     uint64_t offset, void **addr)
{
	void *p = mmap(NULL, size, prot, MAP_SHARED, fd, (off_t)offset);

	(void)sys;
	if (p == MAP_FAILED)
		return -errno;
	*addr = p;
	return 0;
}

static void linux_unmap(const struct flipq_sys *sys, void *addr, size_t size)
{
	(void)sys;
	munmap(addr, size);
}

static void linux_close(const struct flipq_sys *sys, int fd)
{
	(void)sys;
	close(fd);
}

static unsigned int linux_cpus(const struct flipq_sys *sys)
{
	cpu_set_t set;

	(void)sys;
	/* it fails where there are more CPUs than the set has room for */
	if (sched_getaffinity(0, sizeof(set), &set))
		return CPU_SETSIZE;
	return (unsigned int)CPU_COUNT(&set);
}

/* Sysfs has a link to the node in the CPU's directory, and no file that says. */
static int linux_cpu_node(const struct flipq_sys *sys, unsigned int cpu)
{
	const struct dirent *entry;
	char path[64];
	int node = -1;
	DIR *dir;

	(void)sys;
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u", cpu);
	dir = opendir(path);
	if (!dir)
		return -1;
	while (node < 0 && (entry = readdir(dir)))
		if (sscanf(entry->d_name, "node%d", &node) != 1)
			node = -1;
	closedir(dir);
	return node;
}

static int linux_this_node(const struct flipq_sys *sys)
{
	unsigned int cpu, node;

	(void)sys;
	return getcpu(&cpu, &node) ? -1 : (int)node;
}

const struct flipq_sys flipq_linux = {
	.open = linux_open,
	.ioctl = linux_ioctl,
	.map = linux_map,
	.unmap = linux_unmap,
	.close = linux_close,
	.cpus = linux_cpus,
	.cpu_node = linux_cpu_node,
	.this_node = linux_this_node,
};
