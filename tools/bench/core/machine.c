// SPDX-License-Identifier: GPL-2.0-only
/*
 * machine.c - is this a processor, or does TCG make one up? How large are its
 * pages?
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/machine.h"

#define LINE	256

bool machine_emulated(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	bool emulated = false;
	char line[LINE];

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "model name", 10) && strstr(line, "QEMU"))
			emulated = true;
	if (file)
		fclose(file);
	return emulated;
}

size_t machine_page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

size_t machine_pages(size_t bytes)
{
	const size_t page = machine_page();

	return (bytes + page - 1) / page * page;
}

const char *machine_where(void)
{
	return machine_emulated() ? "emulated" : "native";
}
