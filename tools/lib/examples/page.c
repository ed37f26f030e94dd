// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * page.c - compress a page, decompress it, compare
 */
#include <stdio.h>
#include <string.h>

#include <flipq.h>

int main(void)
{
	static char page[4096] = "a page that is mostly empty";
	struct flipq_codec lz4 = { .algorithm = FLIPQ_ALG_LZ4 };
	struct flipq_config config = { .in_size = 4096, .out_size = 4096,
				       .codecs = &lz4, .nr_codecs = 1 };
	struct flipq_event e;
	struct flipq *q;
	int slot, err = flipq_open(&q, &config);

	if (err) {
		fprintf(stderr, "flipq: %s\n", flipq_open_error(err));
		return 1;
	}
	slot = flipq_get(q);
	memcpy(flipq_input(q, slot), page, sizeof(page));
	flipq_prep_compress(q, slot, 0, sizeof(page), 4096, 0, 0);
	if (flipq_submit_and_wait(q, 1, FLIPQ_TIMEOUT_NONE) < 0 ||
	    !flipq_peek(q, &e) || e.status)
		return 1;
	printf("%zu bytes became %u\n", sizeof(page), e.len);

	slot = flipq_get(q);
	memcpy(flipq_input(q, slot), flipq_output(q, e.slot), e.len);
	flipq_seen(q, e.slot);
	flipq_prep_decompress(q, slot, 0, e.len, sizeof(page), 0, 0);
	if (flipq_submit_and_wait(q, 1, FLIPQ_TIMEOUT_NONE) < 0 ||
	    !flipq_peek(q, &e) || e.len != sizeof(page) ||
	    memcmp(flipq_output(q, e.slot), page, sizeof(page)))
		return 1;
	puts("and the same again");
	flipq_close(q);
	return 0;
}
