// SPDX-License-Identifier: GPL-2.0-only
/*
 * finding inputs that are one 64-bit word repeated
 */
#include <linux/string.h>

#include "codec/codec.h"

/*
 * The input may start at any address. This compiles to one load. It says
 * inline, as the compiler counts the checks of memcpy() and would take it for
 * too long.
 */
static inline u64 word_at(const u8 *data)
{
	u64 word;

	memcpy(&word, data, sizeof(word));
	return word;
}

/**
 * codec_filled() - whether some bytes are one 64-bit word repeated
 * @data: the bytes
 * @len: how many
 * @word: set to that word if so
 *
 * Return: false also if @len is zero or no multiple of 8.
 */
bool codec_filled(const u8 *data, u32 len, u64 *word)
{
	const u8 *end = data + len;
	u64 first, diff;

	if (!len || len % sizeof(first))
		return false;

	first = word_at(data);
	/* Four words to a branch: most inputs differ in the first four. */
	for (; end - data >= 32; data += 32) {
		diff = (word_at(data) ^ first) | (word_at(data + 8) ^ first) |
		       (word_at(data + 16) ^ first) |
		       (word_at(data + 24) ^ first);
		if (diff)
			return false;
	}
	for (; data < end; data += 8)
		if (word_at(data) != first)
			return false;
	*word = first;
	return true;
}
