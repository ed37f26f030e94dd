// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * damaged.c - decompress, also what is cut or damaged: that is a status, and
 * never a wrong result
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <flipq.h>

#define BLOCK	4096

/* Do what was prepared, alone. Return: 0 with @event, or an errno. */
static int run(struct flipq *q, struct flipq_event *event)
{
	int ret = flipq_submit_and_wait(q, 1, FLIPQ_TIMEOUT_NONE);

	if (ret < 0)
		return ret;
	return flipq_peek(q, event) ? event->status : -EIO;
}

/* Return: the length of what @text became, or an errno. */
static int compress(struct flipq *q, const char *text, char *frame)
{
	struct flipq_event e;
	int ret, slot = flipq_get(q);

	memcpy(flipq_input(q, slot), text, BLOCK);
	flipq_prep_compress(q, slot, 0, BLOCK, BLOCK, 0, 0);
	ret = run(q, &e);
	if (!ret) {
		memcpy(frame, flipq_output(q, e.slot), e.len);
		ret = (int)e.len;
	}
	flipq_seen(q, slot);
	return ret;
}

/* Return: 0 if @frame is @text again, or an errno. */
static int decompress(struct flipq *q, const char *frame, int len,
		      const char *text)
{
	struct flipq_event e;
	int ret, slot = flipq_get(q);

	memcpy(flipq_input(q, slot), frame, (size_t)len);
	flipq_prep_decompress(q, slot, 0, (uint32_t)len, BLOCK, 0, 0);
	ret = run(q, &e);
	if (!ret && (e.len != BLOCK ||
		     memcmp(flipq_output(q, e.slot), text, BLOCK)))
		ret = 1;
	flipq_seen(q, slot);
	return ret;
}

static void say(const char *what, int ret)
{
	printf("%s: %s\n", what, !ret ? "the same again" : ret < 0 ?
	       flipq_request_error(ret) : "something else");
}

int main(void)
{
	/* the frame has a checksum of what is in it */
	struct flipq_codec zstd = {
		.algorithm = FLIPQ_ALG_ZSTD, .flags = FLIPQ_CODEC_CHECKSUM,
	};
	struct flipq_config config = { .in_size = BLOCK, .out_size = BLOCK,
				       .codecs = &zstd, .nr_codecs = 1 };
	static char text[BLOCK] = "a page that is mostly empty", frame[BLOCK];
	int whole, cut, damaged, len;
	struct flipq *q;
	int err = flipq_open(&q, &config);

	if (err) {
		fprintf(stderr, "flipq: %s\n", flipq_open_error(err));
		return 1;
	}
	len = compress(q, text, frame);
	if (len <= 0) {
		fprintf(stderr, "flipq: %s\n", flipq_request_error(len));
		flipq_close(q);
		return 1;
	}
	whole = decompress(q, frame, len, text);
	say("whole", whole);
	cut = decompress(q, frame, len / 2, text);
	say("cut", cut);
	frame[len - 1] ^= 1;
	damaged = decompress(q, frame, len, text);
	say("damaged", damaged);
	flipq_close(q);
	return whole || cut >= 0 || damaged >= 0;
}
