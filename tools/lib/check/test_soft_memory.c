// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_soft_memory.c - queues in the process: huge pages are asked for, for slots
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"
#include "soft_rig.h"

#define HUGE_PAGES "/sys/kernel/mm/transparent_hugepage"

/* Is @p in a mapping whose flags, as /proc/self/smaps has them, include @flag? */
static bool has_flag(const void *p, const char *flag)
{
	const uintptr_t at = (uintptr_t)p;
	FILE *f = fopen("/proc/self/smaps", "r");
	bool here = false, found = false;
	unsigned long from, to;
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = at >= from && at < to;
		else if (here && !strncmp(line, "VmFlags:", 8))
			found = strstr(line, flag);
	}
	if (f)
		fclose(f);
	return found;
}

static void test_slots(void)
{
	static const struct flipq_codec codec = { .algorithm = FLIPQ_ALG_ZSTD };
	const struct flipq_config config = {
		.slots = 32, .owner_partitions = 2,
		.in_size = 1 << 17, .out_size = 1 << 17, .arena_size = 1 << 21,
		.codecs = &codec, .nr_codecs = 1,
	};
	struct flipq *q = soft_queue(config);

	if (access(HUGE_PAGES, F_OK)) {
		ok(true, "huge pages # SKIP this kernel has none");
	} else {
		ok(has_flag(flipq_input(q, 0), " hg "),
		   "input is to be in huge pages");
		ok(has_flag(flipq_output(q, 0), " hg "), "and output");
		ok(!has_flag(flipq_arena(q), " hg "),
		   "the arena is the program's to ask for");
	}
	flipq_close(q);
}

int main(void)
{
	test_slots();
	return tap_end();
}
