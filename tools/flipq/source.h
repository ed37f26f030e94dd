/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.h - input from a file or a pipe
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "holes.h"

struct report;

/**
 * struct source - an input
 * @fd: open descriptor
 * @name: for messages
 * @stat: of @fd
 * @regular: a file whose size is known
 * @size: bytes from where it stood at open, if @regular
 * @holes: in it
 * @flush: write what was read before, since others wait for it: called when
 *	input pauses (@pause), and now and then while it does not; NULL for files
 * @ctx: of @flush
 * @flushed: when it was called last, ns
 * @paused: the last source_fill() got less, as no more came
 * @eof: read() returned 0, or failed
 * @error: errno of a read() that failed, else 0
 * @offset: bytes handed to the caller so far
 * @ahead: bytes to read ahead, fewer where most are passed over
 * @buf: bytes read ahead are at @head up to @tail
 * @cap: size of @buf
 * @head: first byte not handed over
 * @tail: end of what was read
 * @report: read bytes and time are counted there
 */
struct source {
	int fd;
	const char *name;
	struct stat stat;
	bool regular;
	uint64_t size;
	struct holes holes;
	int (*flush)(void *ctx, bool pause);
	void *ctx;
	uint64_t flushed;
	bool paused;
	bool eof;
	int error;
	uint64_t offset;
	size_t ahead;
	uint8_t *buf;
	size_t cap;
	size_t head;
	size_t tail;
	struct report *report;
};

/* Has the file another size than when it was opened? */
bool source_changed(const struct source *s);

/* Is what has that name the file that was opened, as it was then? */
bool source_is_same(const struct source *s);

/*
 * @path NULL for standard input, which must not be a terminal unless @terminal:
 * who types a command without a file does not mean to type the file. 0, or -1
 * after a message.
 */
int source_open(struct source *s, const char *path, bool terminal,
		struct report *report);
void source_close(struct source *s);

/* Not for a file, which is all there. */
void source_on_pause(struct source *s, int (*flush)(void *ctx, bool pause),
		     void *ctx);

/* Say what is wrong with @part, "LZ4 block", at @offset. -1. */
int source_corrupt(const struct source *s, const char *part, uint64_t offset,
		   const char *why);
int source_truncated(const struct source *s, const char *part, uint64_t offset);

/* The input ended where it does, not by an error. 0, or -1 after a message. */
int source_ended(const struct source *s);

/*
 * An input that cannot be read on ends there: what was read before is written
 * before source_ended() says so.
 *
 * Fill all of @iov, whatever pieces a pipe comes in. The bytes got, less than
 * asked for only at the end, or if input pauses; -1 after a message. Bypasses the buffer, so it is
 * not to be mixed with the others. @iov is changed.
 */
ssize_t source_fill(struct source *s, struct iovec *iov, unsigned int nr);

/*
 * The next @len bytes, contiguous, to be looked at and not consumed; *@data is
 * good until the next call. Returns and errors as above.
 */
ssize_t source_peek(struct source *s, size_t len, const uint8_t **data);

/* The same, up to @len bytes: what there is, at least one. */
ssize_t source_peek_some(struct source *s, size_t len, const uint8_t **data);

/* Is there something to peek at that was read before? */
bool source_buffered(const struct source *s);

/* Consume @len bytes that were peeked at. */
void source_skip(struct source *s, size_t len);

/*
 * Consume @len bytes without a look at them, by seeking in a file. The bytes
 * that there were, less than asked for only at the end; -1 after a message.
 */
int64_t source_pass(struct source *s, uint64_t len);

/* Consume @len bytes into @dst. Returns and errors as above. */
ssize_t source_read(struct source *s, void *dst, size_t len);

#endif /* SOURCE_H */
