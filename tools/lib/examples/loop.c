// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * loop.c - a queue in an event loop: compress standard input as it comes
 *
 * poll() sleeps until there is input and a slot for it, or a result.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <flipq.h>

#define BLOCK	65536

struct totals {
	unsigned long long in;
	unsigned long long out;
};

/* One block into @slot. Return: its length, 0 at the end, or an errno. */
static int take(struct flipq *q, int slot)
{
	ssize_t n = read(STDIN_FILENO, flipq_input(q, slot), BLOCK);
	int err = n < 0 ? -errno : (int)n;

	if (n > 0)
		err = flipq_prep_compress(q, slot, 0, (uint32_t)n, BLOCK, 0,
					  (uint64_t)n);
	if (!err && n > 0)
		err = flipq_submit(q);
	if (err <= 0)
		flipq_put(q, slot);
	return err;
}

static int collect(struct flipq *q, struct totals *t)
{
	struct flipq_event e;

	while (flipq_peek(q, &e)) {
		if (e.status)
			return e.status;
		t->in += e.user_data;
		/* what does not shrink is stored as it is */
		t->out += e.flags & FLIPQ_RES_INCOMPRESSIBLE ?
			e.user_data : e.len;
		flipq_seen(q, e.slot);
	}
	return 0;
}

static int loop(struct flipq *q, struct totals *t)
{
	struct pollfd fds[] = {
		{ .fd = flipq_fd(q), .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	int end = 0, slot, err = 0;

	while (!err && !(end && !flipq_in_flight(q))) {
		/* no input is waited for that there is no slot for */
		slot = end ? -EAGAIN : flipq_get(q);
		fds[1].fd = slot >= 0 ? STDIN_FILENO : -1;
		fds[1].revents = 0;
		if (poll(fds, 2, -1) < 0)
			err = -errno;
		if (slot >= 0 && !err && fds[1].revents) {
			err = take(q, slot);
			end = !err;
			err = err < 0 ? err : 0;
		} else if (slot >= 0) {
			flipq_put(q, slot);
		}
		if (!err)
			err = collect(q, t);
		if (err == -EINTR)
			err = 0;
	}
	return err;
}

int main(void)
{
	struct flipq_codec zstd = { .algorithm = FLIPQ_ALG_ZSTD };
	struct flipq_config config = {
		.in_size = BLOCK, .out_size = BLOCK,
		.codecs = &zstd, .nr_codecs = 1,
	};
	struct totals t = { 0 };
	struct flipq *q;
	int err = flipq_open(&q, &config);

	if (err) {
		fprintf(stderr, "flipq: %s\n", flipq_open_error(err));
		return 1;
	}
	err = loop(q, &t);
	flipq_close(q);
	if (err) {
		fprintf(stderr, "flipq: %s\n", strerror(-err));
		return 1;
	}
	printf("%llu bytes became %llu\n", t.in, t.out);
	return 0;
}
