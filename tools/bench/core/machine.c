// SPDX-License-Identifier: GPL-2.0-only
/*
 * machine.c - is this a processor, or does TCG make one up?
 */
#include <stdio.h>
#include <string.h>

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

const char *machine_where(void)
{
	return machine_emulated() ? "emulated" : "native";
}
