// SPDX-License-Identifier: GPL-2.0-only
/*
 * drive - a process with a queue, for tests that are scripts
 *
 *	drive hold device|queue|mapping	have one until standard input ends
 *	drive work REQUESTS		compress, with one outcome of each kind
 *	drive saturate worker|serve|wait SECONDS
 *					keep a shared worker, a SERVE or a wait
 *					that serves at work without an end
 *
 * "ready" is printed once it is so.
 */
#include <stdio.h>

#include "common.h"
#include "cpu.h"
#include "data.h"
#include "own.h"

#define SIZE 4096U

static int usage(void)
{
	fputs("Usage: drive hold device|queue|mapping\n"
	      "       drive work REQUESTS\n"
	      "       drive saturate worker|serve|wait SECONDS\n", stderr);
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

#define HEAVY 16384U
#define HEAVY_WAIT 65536U
#define HEAVY_SLOTS 64

/* One that a search for matches takes long for. */
static void heavy(struct rawq *q, unsigned int p, unsigned int slot)
{
	const u32 bytes = q->setup.in_size;
	u8 *in = raw_in(q, p, slot);
	unsigned int i;

	data_random(in, bytes, slot);
	for (i = 0; i < bytes; i++)
		in[i] &= 3;
	*raw_desc(q, p, slot) = (struct flipq_desc){
		.opcode = FLIPQ_OP_COMPRESS,
		.src_len = bytes,
		.dst_len = bytes,
	};
}

static int heavy_open(struct rawq *q, unsigned int shared, unsigned int owned,
		      u32 bytes)
{
	const struct flipq_codec c = {
		.algorithm = FLIPQ_ALG_LZ4HC, .level = 11,
	};
	struct flipq_setup s = own_setup(HEAVY_SLOTS, shared, owned, bytes);
	unsigned int p, slot;
	int error;

	raw_codecs(&s, &c, 1);
	error = raw_open(q, &s);
	for (p = 0; !error && p < shared + owned; p++)
		for (slot = 0; slot < HEAVY_SLOTS; slot++)
			heavy(q, p, slot);
	return error;
}

/* Hand over what has finished once more, until the time is over. */
static int refill_until(struct rawq *q, u64 end)
{
	const unsigned int nr = q->setup.partitions + q->setup.owner_partitions;
	unsigned int p;
	int error = 0;

	while (!error && raw_now() < end) {
		for (p = 0; p < nr && !error; p++) {
			struct flip_submitter *side = &q->side[p];

			flip_collect(side, flip_finished(side));
			error = raw_submit(q, p, flip_free(side));
		}
		raw_sleep(2 * MSEC);
	}
	return error;
}

/* Waits for all slots, each of which it serves itself. */
static int wait_until(struct rawq *q, u64 end)
{
	int error = 0;

	while (!error && raw_now() < end) {
		struct flipq_enter e = {
			.size = sizeof(e),
			.flags = FLIPQ_ENTER_WAIT | FLIPQ_ENTER_SERVE,
			.minimum = HEAVY_SLOTS,
			.timeout = FLIPQ_TIMEOUT_NONE,
		};

		flip_collect(&q->side[0], flip_finished(&q->side[0]));
		raw_publish(q, 0, flip_free(&q->side[0]));
		error = raw_ioctl(q->fd, FLIPQ_IOC_ENTER, &e);
	}
	return error;
}

/* The worker is that of the first CPU, and others are left to everybody else. */
static int saturate_open(struct rawq *q, const char *what)
{
	cpu_set_t all;
	int error;

	if (!strcmp(what, "serve"))
		return heavy_open(q, 0, 1, HEAVY);
	if (!strcmp(what, "wait"))
		return heavy_open(q, 0, 1, HEAVY_WAIT);
	if (sched_getaffinity(0, sizeof(all), &all) || run_on(0))
		return -EINVAL;
	error = heavy_open(q, 1, 0, HEAVY);
	if (sched_setaffinity(0, sizeof(all), &all))
		return -errno;
	return error;
}

static int saturate(const char *what, const char *seconds)
{
	const u64 ns = strtoul(seconds, NULL, 10) * SECOND;
	const bool worker = !strcmp(what, "worker");
	const bool serve = !strcmp(what, "serve");
	struct own_server server;
	struct rawq q;
	int error;

	if (!worker && !serve && strcmp(what, "wait"))
		return usage();
	error = saturate_open(&q, what);
	if (error)
		return failed("queue", error);
	puts("ready");
	fflush(stdout);
	if (serve)
		error = own_start(&server, &q, 0);
	if (!error)
		error = worker || serve ? refill_until(&q, raw_now() + ns) :
					  wait_until(&q, raw_now() + ns);
	if (serve)
		own_stop(&server);
	raw_close(&q);
	return error ? failed(what, error) : 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "hold"))
		return hold(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "work"))
		return work(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "saturate"))
		return saturate(argv[2], argv[3]);
	return usage();
}
