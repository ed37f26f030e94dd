// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c - names from files and headers, which may hold any bytes
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "text.h"

#define SURROGATE	0xdc00U

/* Bytes of a character that begins with @byte, and the bits of it there. */
static unsigned int start_of(uint8_t byte, uint32_t *code)
{
	if (byte < 0x80) {
		*code = byte;
		return 1;
	}
	if ((byte & 0xe0) == 0xc0) {
		*code = byte & 0x1f;
		return 2;
	}
	if ((byte & 0xf0) == 0xe0) {
		*code = byte & 0xf;
		return 3;
	}
	*code = byte & 7;
	return (byte & 0xf8) == 0xf0 ? 4 : 0;
}

/* Is @code, written with @n bytes, a character? */
static bool is_character(uint32_t code, unsigned int n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return code >= least[n] && code <= 0x10ffff && code >> 11 != 0x1b;
}

/* The bytes of the character at @p; 0 if it is none. */
static unsigned int character(const char *p, uint32_t *code)
{
	unsigned int n = start_of((uint8_t)p[0], code), i;

	for (i = 1; i < n; i++) {
		uint8_t byte = (uint8_t)p[i];

		/* The end of the string, too. */
		if ((byte & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (byte & 0x3f);
	}
	return n && is_character(*code, n) ? n : 0;
}

static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

void text_print(const char *text)
{
	while (*text) {
		uint32_t code;
		unsigned int n = character(text, &code);
		bool plain = n && !is_control(code);

		n = n ? n : 1;
		for (; n; n--, text++)
			printf(plain ? "%c" : "\\%03o", (uint8_t)*text);
	}
}

void text_label(const char *text)
{
	while (*text) {
		uint32_t code;
		unsigned int n = character(text, &code);

		if (!n || is_control(code)) {
			for (n = n ? n : 1; n; n--, text++)
				printf("\\\\%03o", (uint8_t)*text);
			continue;
		}
		printf("%s%.*s", code == '"' || code == '\\' ? "\\" : "",
		       (int)n, text);
		text += n;
	}
}

void text_quote(const char *text)
{
	putchar('"');
	while (*text) {
		uint32_t code;
		unsigned int n = character(text, &code);

		if (!n)
			printf("\\u%04x", SURROGATE + (uint8_t)*text);
		else if (is_control(code))
			printf("\\u%04x", code);
		else
			printf("%s%.*s", code == '"' || code == '\\' ? "\\" : "",
			       (int)n, text);
		text += n ? n : 1;
	}
	putchar('"');
}
