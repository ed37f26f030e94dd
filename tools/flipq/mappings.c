// SPDX-License-Identifier: GPL-2.0-only
/*
 * mappings.c - which memory of a client is where in an image, from what it sends
 *
 * The message is an array of flat objects of numbers, and comes from another
 * process: so little of JSON is needed that a reader of just this is shorter, and
 * stricter, than what a library's document would have to be asked.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "mappings.h"
#include "message.h"
#include "tool.h"

/* Largest page of hugetlbfs that is read at once. */
#define MAX_PAGE	(32U * MIB)

/* Members of an object. The last is deprecated, and in bytes despite its name. */
enum member {
	MEMBER_BASE,
	MEMBER_SIZE,
	MEMBER_OFFSET,
	MEMBER_PAGE,
	MEMBER_PAGE_KIB,
	NR_MEMBERS,
};

static const char *const members[] = {
	[MEMBER_BASE] = "base_host_virt_addr",
	[MEMBER_SIZE] = "size",
	[MEMBER_OFFSET] = "offset",
	[MEMBER_PAGE] = "page_size",
	[MEMBER_PAGE_KIB] = "page_size_kib",
};

/**
 * struct text - a message being read
 * @start: where it begins
 * @at: what is next
 * @end: where it ends, or is cut off
 * @name: of who sent it
 */
struct text {
	const char *start;
	const char *at;
	const char *end;
	const char *name;
};

/**
 * struct object - an object being read
 * @seen: a bit for each member that was there
 * @value: of each of them
 */
struct object {
	unsigned int seen;
	uint64_t value[NR_MEMBERS];
};

static int bad(const struct text *t, const char *expected)
{
	return fail(t->name, "mappings: expected %s at byte %td of the message",
		    expected, t->at - t->start);
}

/* The next character that is no space; it stays. 0 if there is none yet. */
static char peek(struct text *t)
{
	while (t->at < t->end && *t->at && strchr(" \t\r\n", *t->at))
		t->at++;
	return t->at < t->end ? *t->at : '\0';
}

/* All of these: 0, -EAGAIN where the text ends first, -1 after a message. */

static int cut_or_bad(const struct text *t, const char *expected)
{
	return t->at == t->end ? -EAGAIN : bad(t, expected);
}

static int take(struct text *t, char c, const char *expected)
{
	if (peek(t) != c)
		return cut_or_bad(t, expected);
	t->at++;
	return 0;
}

/* The text between quotes, with its escapes as they are. */
static int take_string(struct text *t, const char **string, size_t *len)
{
	int err = take(t, '"', "a string");

	if (err)
		return err;
	*string = t->at;
	for (; t->at < t->end && *t->at != '"'; t->at++) {
		if ((unsigned char)*t->at < ' ')
			return bad(t, "a string without control characters");
		if (*t->at == '\\' && t->end - t->at > 1)
			t->at++;
	}
	if (t->at == t->end)
		return -EAGAIN;
	*len = (size_t)(t->at++ - *string);
	return 0;
}

static int take_number(struct text *t, uint64_t *value)
{
	static const char expected[] =
		"a whole number from 0 to 18446744073709551615";
	const char *first;

	if (!isdigit((unsigned char)peek(t)))
		return cut_or_bad(t, expected);
	*value = 0;
	for (first = t->at; t->at < t->end && isdigit((unsigned char)*t->at);
	     t->at++) {
		uint64_t digit = (uint64_t)(*t->at - '0');

		if (*value > (UINT64_MAX - digit) / 10)
			return bad(t, expected);
		*value = *value * 10 + digit;
		if (*first == '0' && t->at > first)
			return bad(t, "a number without a leading zero");
	}
	/* What may follow is the caller's to say; a fraction may not. */
	return t->at == t->end ? -EAGAIN : 0;
}

/* Values that are no strings and no numbers. */
static const char *const words[] = { "true", "false", "null" };

#define NR_WORDS (sizeof(words) / sizeof(words[0]))

/* Of a member that is not known here: a later version's, and flat as well. */
static int skip_value(struct text *t)
{
	const char *string;
	uint64_t value;
	size_t len, i;

	if (peek(t) == '"')
		return take_string(t, &string, &len);
	for (i = 0; i < NR_WORDS; i++) {
		len = strlen(words[i]);
		if (t->at == t->end || *t->at != *words[i])
			continue;
		if ((size_t)(t->end - t->at) < len)
			return -EAGAIN;
		if (memcmp(t->at, words[i], len))
			break;
		t->at += len;
		return 0;
	}
	return take_number(t, &value);
}

static int take_member(struct text *t, struct object *o)
{
	const char *name;
	unsigned int i;
	size_t len;
	int err;

	err = take_string(t, &name, &len);
	if (!err)
		err = take(t, ':', "':'");
	if (err)
		return err;
	for (i = 0; i < NR_MEMBERS; i++)
		if (strlen(members[i]) == len && !memcmp(members[i], name, len))
			break;
	if (i == NR_MEMBERS)
		return skip_value(t);
	if (o->seen & 1U << i)
		return bad(t, "each member once");
	o->seen |= 1U << i;
	return take_number(t, &o->value[i]);
}

/* Elements with commas between them, up to @close. */
static int take_list(struct text *t, char close, const char *expected,
		     int (*element)(struct text *t, void *to), void *to)
{
	int err;

	if (peek(t) == close) {
		t->at++;
		return 0;
	}
	for (;;) {
		err = element(t, to);
		if (err)
			return err;
		if (peek(t) != ',')
			return take(t, close, expected);
		t->at++;
	}
}

static int member_element(struct text *t, void *to)
{
	return take_member(t, to);
}

/* Before Firecracker's guests had large pages, nobody said which they have. */
static uint64_t page_of(const struct object *o)
{
	if (o->seen & 1U << MEMBER_PAGE)
		return o->value[MEMBER_PAGE];
	if (o->seen & 1U << MEMBER_PAGE_KIB)
		return o->value[MEMBER_PAGE_KIB];
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

static int mapping_element(struct text *t, void *to)
{
	const unsigned int both = 1U << MEMBER_PAGE | 1U << MEMBER_PAGE_KIB;
	struct mappings *maps = to;
	struct object o = { 0 };
	int err, i;

	if (maps->nr == MAX_MAPPINGS)
		return fail(t->name, "mappings: expected up to %d of them",
			    MAX_MAPPINGS);
	err = take(t, '{', "'{'");
	if (!err)
		err = take_list(t, '}', "',' or '}'", member_element, &o);
	if (err)
		return err;
	for (i = MEMBER_BASE; i <= MEMBER_OFFSET; i++)
		if (!(o.seen & 1U << i))
			return fail(t->name,
				    "mapping %zu: expected a member '%s'",
				    maps->nr, members[i]);
	if ((o.seen & both) == both &&
	    o.value[MEMBER_PAGE] != o.value[MEMBER_PAGE_KIB])
		return fail(t->name,
			    "mapping %zu: expected one size of pages, got %" PRIu64 " and %" PRIu64,
			    maps->nr, o.value[MEMBER_PAGE],
			    o.value[MEMBER_PAGE_KIB]);
	maps->at[maps->nr++] = (struct mapping){
		.base = o.value[MEMBER_BASE],
		.size = o.value[MEMBER_SIZE],
		.offset = o.value[MEMBER_OFFSET],
		.page = page_of(&o),
	};
	return 0;
}

int mappings_read(struct mappings *maps, const char *text, size_t len,
		  const char *name)
{
	struct text t = { text, text, text + len, name };
	int err;

	maps->nr = 0;
	err = take(&t, '[', "'['");
	if (!err)
		err = take_list(&t, ']', "',' or ']'", mapping_element, maps);
	if (err)
		return err;
	peek(&t);
	if (t.at < t.end)
		return bad(&t, "nothing behind the array");
	return maps->nr ? 0 : fail(name, "mappings: expected at least one");
}

static int check_page(const struct mapping *m, size_t i, const char *name)
{
	uint64_t least = (uint64_t)sysconf(_SC_PAGESIZE);

	if (m->page < least || m->page > MAX_PAGE || m->page & (m->page - 1))
		return fail(name,
			    "mapping %zu: pages of %" PRIu64
			    " bytes: expected a power of two from %" PRIu64
			    " to %u",
			    i, m->page, least, MAX_PAGE);
	if (!m->size || (m->base | m->size) & (m->page - 1))
		return fail(name,
			    "mapping %zu: %" PRIu64 " bytes at %#" PRIx64
			    ": expected whole pages of %" PRIu64 " bytes",
			    i, m->size, m->base, m->page);
	return 0;
}

static int check_one(const struct mapping *m, size_t i, uint64_t size,
		     const char *name)
{
	if (check_page(m, i, name))
		return -1;
	if (m->size > UINT64_MAX - m->base)
		return fail(name,
			    "mapping %zu: %" PRIu64 " bytes at %#" PRIx64
			    ": expected an end below 2^64",
			    i, m->size, m->base);
	if (m->offset > size || m->size > size - m->offset)
		return fail(name,
			    "mapping %zu: %" PRIu64 " bytes from offset %" PRIu64
			    " on: expected a part of the image, which has %" PRIu64,
			    i, m->size, m->offset, size);
	return 0;
}

static bool overlap(const struct mapping *a, const struct mapping *b)
{
	return a->base < b->base + b->size && b->base < a->base + a->size;
}

int mappings_check(const struct mappings *maps, uint64_t size,
		   const char *name)
{
	size_t i, j;

	for (i = 0; i < maps->nr; i++) {
		if (check_one(&maps->at[i], i, size, name))
			return -1;
		for (j = 0; j < i; j++)
			if (overlap(&maps->at[i], &maps->at[j]))
				return fail(name,
					    "mappings %zu and %zu: expected addresses that do not overlap",
					    j, i);
	}
	return 0;
}

const struct mapping *mappings_find(const struct mappings *maps,
				    uint64_t address)
{
	size_t i;

	for (i = 0; i < maps->nr; i++)
		if (address - maps->at[i].base < maps->at[i].size)
			return &maps->at[i];
	return NULL;
}
