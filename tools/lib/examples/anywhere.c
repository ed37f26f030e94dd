// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * anywhere.c - one program for machines with the device and without
 */
#include <stdio.h>
#include <string.h>

#include <flipq.h>

int main(void)
{
	static char page[4096] = "a page that is mostly empty";
	struct flipq_codec zstd = { .algorithm = FLIPQ_ALG_ZSTD };
	struct flipq_config config = { .in_size = 4096, .out_size = 4096,
				       .codecs = &zstd, .nr_codecs = 1,
				       .fallback = 1 };
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
	printf("%zu bytes became %u, %s\n", sizeof(page), e.len,
	       flipq_in_process(q) ? "in the process" : "by the device");
	flipq_close(q);
	return 0;
}
