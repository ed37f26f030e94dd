// SPDX-License-Identifier: GPL-2.0-only
/*
 * honest.c - the queue beside the hostile ones
 */
#include "fuzz.h"

#define SLOTS		16
#define PARTITIONS	2

static struct strings *strings;

/*
 * Know the strings again that the honest process of the same seed will have.
 * Processes that are started after this know them, too. Return: 0 or -1.
 */
int fuzz_strings_make(u64 seed)
{
	u8 text[FUZZ_BYTES];
	u32 at;
	u64 i;

	strings = strings_new(13);
	if (!strings)
		return -1;
	for (i = 0; i < LOAD_TEXTS; i++) {
		load_text_make(text, sizeof(text), seed + i);
		for (at = 0; at < sizeof(text); at += 8 * LOAD_STRING)
			strings_add(strings, text + at, LOAD_STRING);
	}
	/* Nothing of it is to be found where a hostile process takes input. */
	memset(text, 0, sizeof(text));
	__asm__ volatile("" : : "r"(text) : "memory");
	return 0;
}

/* How many of them are there. */
unsigned int fuzz_strings_in(const u8 *p, size_t len)
{
	return strings_letters_in(strings, p, len);
}

/* The honest process. Return: its exit status. */
int fuzz_honest(struct honest *h, u64 seed)
{
	static struct flipq_codec codecs[] = {
		{ .algorithm = FLIPQ_ALG_LZ4 },
		{ .algorithm = FLIPQ_ALG_LZ4HC },
		{ .algorithm = FLIPQ_ALG_LZO },
		{ .algorithm = FLIPQ_ALG_ZSTD },
		{ .algorithm = FLIPQ_ALG_DEFLATE },
	};
	const struct flipq_config config = {
		.slots = SLOTS,
		.partitions = PARTITIONS,
		.in_size = FUZZ_BYTES,
		.out_size = FUZZ_BYTES,
		.codecs = codecs,
		.nr_codecs = ARRAY_SIZE(codecs),
	};

	raw_offered(codecs, ARRAY_SIZE(codecs));
	return honest_run(h, &config, seed);
}
