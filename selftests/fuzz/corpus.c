// SPDX-License-Identifier: GPL-2.0-only
/*
 * corpus.c - read, keep and change inputs
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "corpus.h"

#define SHORTEST 16

static int digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Return: the length of the input in @line, 0 for none. */
static size_t parse(const char *line, u8 *data)
{
	size_t n = 0;

	while (n < SOURCE_ROOM && digit(line[0]) >= 0 && digit(line[1]) >= 0) {
		data[n++] = (u8)(digit(line[0]) << 4 | digit(line[1]));
		line += 2;
	}
	return n;
}

/* The oldest goes when there is no room. */
void corpus_add(struct corpus *c, const u8 *data, size_t len)
{
	struct corpus_input *in = &c->input[c->nr % CORPUS_MAX];

	memcpy(in->data, data, len);
	in->len = len;
	c->nr++;
}

/* Add the inputs of a file. Return: 0 or a negative errno. */
int corpus_read(struct corpus *c, const char *path)
{
	char *line = NULL;
	size_t room = 0;
	FILE *f = fopen(path, "r");

	if (!f)
		return -errno;
	while (getline(&line, &room, f) > 0) {
		u8 data[SOURCE_ROOM];
		size_t len = parse(line, data);

		if (len)
			corpus_add(c, data, len);
	}
	free(line);
	fclose(f);
	return 0;
}

/* Return: 0 or a negative errno. */
int corpus_append(const char *path, const u8 *data, size_t len)
{
	FILE *f = fopen(path, "a");
	size_t i;

	if (!f)
		return -errno;
	for (i = 0; i < len; i++)
		fprintf(f, "%02x", data[i]);
	fputc('\n', f);
	return fclose(f) ? -errno : 0;
}

/* Up to @most bytes, at any place, become others. */
static void change_bytes(u64 *random, u8 *data, size_t len, u32 most)
{
	u32 n = 1 + rnd_below(random, most);

	while (n--)
		data[rnd(random) % len] = (u8)rnd(random);
}

/* The start of the one, and then another one's end. */
static size_t splice(const struct corpus *c, u64 *random, u8 *data, size_t len)
{
	u32 nr = c->nr < CORPUS_MAX ? c->nr : CORPUS_MAX;
	const struct corpus_input *with = &c->input[rnd_below(random, nr)];
	size_t head = rnd(random) % len, from = rnd(random) % with->len;
	size_t tail = with->len - from;

	if (tail > SOURCE_ROOM - head)
		tail = SOURCE_ROOM - head;
	memcpy(data + head, with->data + from, tail);
	return head + tail;
}

/* More of anything at its end. */
static size_t extend(u64 *random, u8 *data, size_t len)
{
	size_t more = rnd(random) % (SOURCE_ROOM - len + 1);

	data_random(data + len, more, rnd(random));
	return len + more;
}

/* An input: a changed one, or a new one. Return: its length. */
size_t corpus_draw(const struct corpus *c, u64 *random, u8 *data)
{
	u32 nr = c->nr < CORPUS_MAX ? c->nr : CORPUS_MAX;
	const struct corpus_input *in;
	size_t len;

	if (!nr || rnd_below(random, 3) == 0) {
		len = SHORTEST + rnd(random) % (SOURCE_ROOM - SHORTEST);
		data_random(data, len, rnd(random));
		return len;
	}
	in = &c->input[rnd_below(random, nr)];
	len = in->len;
	memcpy(data, in->data, len);
	if (rnd_below(random, 2))
		len = splice(c, random, data, len);
	if (rnd_below(random, 3) == 0)
		len = extend(random, data, len);
	if (len)
		change_bytes(random, data, len, 8);
	return len;
}
