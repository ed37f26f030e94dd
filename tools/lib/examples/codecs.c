// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * codecs.c - which codecs there are, and a program that works without any
 *
 * Where there is no device, or none for this user, the page is stored as it is.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <flipq.h>

#define PAGE	4096U

/* List them. Return: the number of them, 0 where there is no device. */
static unsigned int list(void)
{
	struct flipq_codec_info info;
	unsigned int n;

	for (n = 0; !flipq_query_codec(NULL, n, PAGE, &info); n++)
		printf("%s: levels %d to %d, shared workers take up to %d\n",
		       info.name, info.min_level, info.max_level,
		       info.shared_level);
	return n;
}

/* Return: 0 with the length in *@len, or an errno. */
static int compress(const char *from, char *to, uint32_t *len)
{
	struct flipq_codec lz4 = { .algorithm = FLIPQ_ALG_LZ4 };
	struct flipq_config config = { .in_size = PAGE, .out_size = PAGE,
				       .codecs = &lz4, .nr_codecs = 1 };
	struct flipq_event e;
	struct flipq *q;
	int slot, err = flipq_open(&q, &config);

	if (err) {
		printf("%s\n", flipq_open_error(err));
		return err;
	}
	slot = flipq_get(q);
	memcpy(flipq_input(q, slot), from, PAGE);
	flipq_prep_compress(q, slot, 0, PAGE, PAGE, 0, 0);
	err = flipq_submit_and_wait(q, 1, FLIPQ_TIMEOUT_NONE);
	if (err >= 0)
		err = flipq_peek(q, &e) ? e.status : -EIO;
	if (!err && e.flags & FLIPQ_RES_INCOMPRESSIBLE)
		err = -ENOSPC;
	if (!err) {
		memcpy(to, flipq_output(q, e.slot), e.len);
		*len = e.len;
	}
	flipq_close(q);
	return err;
}

int main(void)
{
	static char page[PAGE] = "a page that is mostly empty", out[PAGE];
	uint32_t len;
	int err;

	printf("%u codecs\n", list());
	err = compress(page, out, &len);
	if (err) {
		printf("stored as it is: %s\n", strerror(-err));
		memcpy(out, page, PAGE);
		len = PAGE;
	}
	printf("%u bytes became %u\n", PAGE, len);
	return 0;
}
