// SPDX-License-Identifier: GPL-2.0-only
/*
 * machine.c - is this a processor, or does TCG make one up? How many are there,
 * and how large are their pages?
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/machine.h"

#define LINE	256

/* Does this line of /proc/cpuinfo name @what, and is @value there? */
static bool says(const char *line, const char *what, const char *value)
{
	return !strncmp(line, what, strlen(what)) && strstr(line, value);
}

/* On arm64 a CPU has numbers only: nobody made it, and 0x051 is a Q. */
bool machine_emulated(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	bool emulated = false, nobody = false;
	char line[LINE];

	while (file && fgets(line, sizeof(line), file)) {
		nobody |= says(line, "CPU implementer", ": 0x00\n");
		if (says(line, "model name", "QEMU") ||
		    (nobody && says(line, "CPU part", ": 0x051\n")))
			emulated = true;
	}
	if (file)
		fclose(file);
	return emulated;
}

unsigned int machine_cpus(unsigned int most)
{
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus < (long)most ? (unsigned int)cpus : most;
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
