// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * whole.c - compress the whole of standard input, all slots at work: the example
 * of libflipq(3), as it stands there
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <flipq.h>

#define BLOCK 65536

static unsigned long long total;

static int collect(struct flipq *q)
{
	struct flipq_event e;

	while (flipq_peek(q, &e)) {
		if (e.status)
			return e.status;
		/* user_data is the length that was read */
		total += e.flags & FLIPQ_RES_INCOMPRESSIBLE ?
			e.user_data : e.len;
		flipq_seen(q, e.slot);
	}
	return 0;
}

int main(void)
{
	struct flipq_codec zstd = { .algorithm = FLIPQ_ALG_ZSTD };
	struct flipq_config config = {
		.in_size = BLOCK, .out_size = BLOCK,
		.codecs = &zstd, .nr_codecs = 1,
	};
	struct flipq *q;
	ssize_t n = 1;
	int slot, err = flipq_open(&q, &config);

	if (err) {
		fprintf(stderr, "%s\n", flipq_open_error(err));
		return 1;
	}
	while (!err && n > 0) {
		slot = flipq_get(q);
		if (slot == -EAGAIN) {		/* wait for half of them */
			err = flipq_submit_and_wait(q, 0,
						    FLIPQ_TIMEOUT_NONE);
			err = err < 0 ? err : collect(q);
			continue;
		}
		n = read(STDIN_FILENO, flipq_input(q, slot), BLOCK);
		if (n < 0)
			err = -errno;
		if (n <= 0)
			flipq_put(q, slot);
		else
			err = flipq_prep_compress(q, slot, 0, (uint32_t)n,
						  BLOCK, 0, (uint64_t)n);
	}
	if (!err)
		err = flipq_submit_and_wait(q, ~0U, FLIPQ_TIMEOUT_NONE);
	err = err < 0 ? err : collect(q);
	if (err)
		fprintf(stderr, "%s\n", strerror(-err));
	else
		printf("%llu bytes\n", total);
	flipq_close(q);
	return !!err;
}
