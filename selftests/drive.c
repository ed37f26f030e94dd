// SPDX-License-Identifier: GPL-2.0-only
/*
 * drive - a process with a queue, for tests that are scripts
 *
 *	drive hold device|queue|mapping	have one until standard input ends
 *	drive work REQUESTS		compress, with one outcome of each kind
 *
 * "ready" is printed once it is so.
 */
#include <stdio.h>

#include "common.h"
#include "data.h"

#define SIZE 4096U

static int usage(void)
{
	fputs("Usage: drive hold device|queue|mapping\n"
	      "       drive work REQUESTS\n", stderr);
	return 2;
}

static int failed(const char *what, int error)
{
	fprintf(stderr, "drive: %s: %s\n", what, strerror(-error));
	return 1;
}

static void until_input_ends(void)
{
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
}

static int hold(const char *what)
{
	struct flipq_setup s = raw_setup(4, 2, SIZE);
	struct rawq q = { .setup = s };
	int error;

	if (!strcmp(what, "device")) {
		q.fd = raw_device();
		error = q.fd < 0 ? q.fd : 0;
	} else if (!strcmp(what, "queue")) {
		error = raw_open(&q, &s);
	} else if (!strcmp(what, "mapping")) {
		error = raw_open(&q, &s);
		if (!error)
			close(q.fd);
	} else {
		return usage();
	}
	if (error)
		return failed(what, error);
	until_input_ends();
	return 0;
}

/* Text, random bytes, zeros and an undefined opcode, in turn. */
static int request(struct rawq *q, unsigned int n)
{
	struct flipq_desc d = {
		.opcode = n % 4 == 3 ? 99 : FLIPQ_OP_COMPRESS,
		.flags = FLIPQ_REQ_DETECT_FILL,
		.src_len = SIZE,
		.dst_len = SIZE,
	};
	struct flipq_result r;

	data_fill(raw_in(q, 0, 0), SIZE, (enum pattern)(n % 4 % 3), n);
	return raw_run(q, &d, &r);
}

static int work(const char *count)
{
	const struct flipq_codec c = { .algorithm = FLIPQ_ALG_LZ4 };
	struct flipq_setup s = raw_setup(4, 2, SIZE);
	unsigned int i, n = (unsigned int)strtoul(count, NULL, 10);
	struct rawq q;
	int error;

	raw_no_spin(&s);
	raw_codecs(&s, &c, 1);
	error = raw_open(&q, &s);
	if (error)
		return failed("queue", error);
	for (i = 0; i < n; i++) {
		/* Parked before each, so that each needs its kick. */
		error = raw_parked(&q, 0);
		if (error >= 0)
			error = request(&q, i);
		if (error < 0)
			return failed("request", error);
	}
	raw_close(&q);
	puts("ready");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "hold"))
		return hold(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "work"))
		return work(argv[2]);
	return usage();
}
