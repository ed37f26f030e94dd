// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_message.c - bytes as the message of a client of the restore command, at once
 * and in pieces: what a piece is refused for is not made good by what follows, what
 * is accepted is as it says, and no descriptor is lost
 *
 * The first byte says how the rest comes: lowest two bits, in which pieces; the two
 * above, with how many descriptors.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "client.h"
#include "mappings.h"
#include "message.h"
#include "types.h"

#define IMAGE_SIZE	(1U << 20)
#define MIN_PAGE	4096U
#define FIRST_FD	1000
#define MAX_FDS		16
/* A message is looked at from its beginning for each piece. */
#define MAX_PIECES	64

/* Names that the linker asks for. */
int world_socket(int family, int type, int protocol) __asm__("__wrap_socket");
int world_bind(int fd, const struct sockaddr *address, socklen_t len)
	__asm__("__wrap_bind");
int world_listen(int fd, int backlog) __asm__("__wrap_listen");
int world_accept(int fd, struct sockaddr *address, socklen_t *len, int flags)
	__asm__("__wrap_accept4");
int world_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
	__asm__("__wrap_getsockopt");
int world_poll(struct pollfd *fds, nfds_t nr, int ms) __asm__("__wrap_poll");
ssize_t world_recvmsg(int fd, struct msghdr *m, int flags)
	__asm__("__wrap_recvmsg");
int world_close(int fd) __asm__("__wrap_close");
int true_close(int fd) __asm__("__real_close");
int fuzz_one(const u8 *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

/**
 * struct world - what the tool sees of it in one run
 * @text: the message
 * @len: its length
 * @at: received so far
 * @piece: bytes that come at once
 * @nr_fds: descriptors that come with the first of them
 * @opened: descriptors that there were
 * @open: each of them, until it is closed
 * @said: messages of failure
 */
struct world {
	const u8 *text;
	size_t len;
	size_t at;
	size_t piece;
	unsigned int nr_fds;
	unsigned int opened;
	bool open[MAX_FDS];
	unsigned int said;
};

static struct world world;

__attribute__((noreturn))
static void broken(const char *what)
{
	fprintf(stderr, "fuzz_message: %s\n", what);
	abort();
}

int fail(const char *name, const char *format, ...)
{
	(void)name;
	(void)format;
	world.said++;
	return -1;
}

void warn(const char *name, const char *format, ...)
{
	(void)name;
	(void)format;
}

/* Nothing is left behind here. */

void cleanup_remove(int dir, const char *name)
{
	(void)dir;
	(void)name;
}

void cleanup_kill(int pidfd)
{
	(void)pidfd;
}

void cleanup_forget(void)
{
}

void cleanup_run(void)
{
}

static int open_one(void)
{
	if (world.opened == MAX_FDS)
		abort();
	world.open[world.opened] = true;
	return FIRST_FD + (int)world.opened++;
}

static unsigned int still_open(void)
{
	unsigned int n = 0, i;

	for (i = 0; i < world.opened; i++)
		n += world.open[i];
	return n;
}

int world_socket(int family, int type, int protocol)
{
	(void)family;
	(void)type;
	(void)protocol;
	return open_one();
}

int world_bind(int fd, const struct sockaddr *address, socklen_t len)
{
	(void)fd;
	(void)address;
	(void)len;
	return 0;
}

int world_listen(int fd, int backlog)
{
	(void)fd;
	(void)backlog;
	return 0;
}

int world_accept(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	(void)fd;
	(void)address;
	(void)len;
	(void)flags;
	return open_one();
}

/* The only question is who the peer is. */
int world_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int pidfd = open_one();

	(void)fd;
	(void)level;
	(void)name;
	if (*len != sizeof(pidfd))
		abort();
	memcpy(value, &pidfd, sizeof(pidfd));
	return 0;
}

int world_poll(struct pollfd *fds, nfds_t nr, int ms)
{
	(void)ms;
	fds->revents = POLLIN;
	return (int)nr;
}

/* As the kernel does: what there is no room for is said to be cut off. */
static void give_descriptors(struct msghdr *m)
{
	size_t room = (m->msg_controllen - CMSG_LEN(0)) / sizeof(int), i;
	size_t n = world.nr_fds < room ? world.nr_fds : room;
	struct cmsghdr *h = m->msg_control;

	m->msg_flags = n < world.nr_fds ? MSG_CTRUNC : 0;
	world.nr_fds = 0;
	if (!n) {
		m->msg_controllen = 0;
		return;
	}
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(n * sizeof(int));
	m->msg_controllen = CMSG_SPACE(n * sizeof(int));
	for (i = 0; i < n; i++) {
		int fd = open_one();

		memcpy(CMSG_DATA(h) + i * sizeof(fd), &fd, sizeof(fd));
	}
}

ssize_t world_recvmsg(int fd, struct msghdr *m, int flags)
{
	size_t n = world.len - world.at;

	(void)fd;
	(void)flags;
	if (n > world.piece)
		n = world.piece;
	if (n > m->msg_iov->iov_len)
		n = m->msg_iov->iov_len;
	memcpy(m->msg_iov->iov_base, world.text + world.at, n);
	world.at += n;
	if (n)
		give_descriptors(m);
	else
		m->msg_controllen = 0;
	return (ssize_t)n;
}

int world_close(int fd)
{
	if (fd < FIRST_FD)
		return true_close(fd);
	if (fd >= FIRST_FD + MAX_FDS || !world.open[fd - FIRST_FD])
		broken("closes what is not open");
	world.open[fd - FIRST_FD] = false;
	return 0;
}

/* In memory of just this length. */
static int read_text(struct mappings *maps, const void *text, size_t len)
{
	char *copy = malloc(len);
	int err;

	if (!copy)
		abort();
	if (len)
		memcpy(copy, text, len);
	world.said = 0;
	err = mappings_read(maps, copy, len, "message");
	free(copy);
	if (err && err != -1 && err != -EAGAIN)
		broken("neither an answer nor a message that goes on");
	if (world.said != (err == -1))
		broken("a failure without one message, or the reverse");
	return err;
}

static bool same(const struct mappings *a, const struct mappings *b)
{
	return a->nr == b->nr &&
	       !memcmp(a->at, b->at, a->nr * sizeof(a->at[0]));
}

/* Written by who knows what is in it. */
static void write_again(const struct mappings *maps)
{
	static char text[MAX_MAPPINGS * 160];
	struct mappings again;
	size_t len = 0, i;

	for (i = 0; i < maps->nr; i++) {
		const struct mapping *m = &maps->at[i];

		len += (size_t)snprintf(text + len, sizeof(text) - len,
			"%c{\"base_host_virt_addr\":%" PRIu64 ",\"size\":%" PRIu64
			",\"offset\":%" PRIu64 ",\"page_size\":%" PRIu64 "}",
			i ? ',' : '[', m->base, m->size, m->offset, m->page);
	}
	text[len++] = ']';
	if (read_text(&again, text, len) || !same(maps, &again))
		broken("read otherwise than it is written");
}

static void check_one(const struct mappings *maps, size_t i)
{
	const struct mapping *m = &maps->at[i];
	u64 last = m->base + m->size - 1;

	if (m->page < MIN_PAGE || m->page & (m->page - 1) || !m->size ||
	    m->base % m->page || m->size % m->page)
		broken("accepted: no whole pages");
	if (last < m->base || m->offset > IMAGE_SIZE ||
	    m->size > IMAGE_SIZE - m->offset)
		broken("accepted: past an end");
	if (mappings_find(maps, m->base) != m ||
	    mappings_find(maps, last) != m ||
	    mappings_find(maps, last + 1) == m ||
	    mappings_find(maps, m->base - 1) == m)
		broken("an address is of another mapping");
}

static void check(const struct mappings *maps)
{
	size_t i;
	int err;

	world.said = 0;
	err = mappings_check(maps, IMAGE_SIZE, "message");
	if (world.said != (err == -1))
		broken("a refusal without one message, or the reverse");
	for (i = 0; !err && i < maps->nr; i++)
		check_one(maps, i);
}

/* What is said once so much has come that something can be said. */
static int read_pieces(struct mappings *maps, const u8 *text, size_t len,
		       size_t piece)
{
	size_t at = 0;
	int err = -EAGAIN;

	while (err == -EAGAIN && at < len) {
		at = len - at < piece ? len : at + piece;
		err = read_text(maps, text, at);
	}
	return err;
}

static void take_client(int expected)
{
	bool well = !expected && world.nr_fds == 1;
	struct client c;
	int err;

	world.said = 0;
	err = client_wait(&c, "/nowhere/socket");
	if (err && err != -1)
		broken("a client that is neither there nor not");
	if (!err != well)
		broken("a client is taken for its message, or the reverse");
	if (world.said != (unsigned int)(err == -1))
		broken("no client without one message, or the reverse");
	if (still_open() != (c.uffd < 0 ? 1 : 2))
		broken("a socket or a descriptor stays open");
	client_close(&c);
	if (still_open())
		broken("a descriptor stays open");
}

int fuzz_one(const u8 *data, size_t size)
{
	static const size_t pieces[] = { SIZE_MAX, 1, 7, 64 };
	static const unsigned int descriptors[] = { 1, 0, 2, 7 };
	struct mappings first, whole;
	size_t piece;
	int err;

	if (!size)
		return 0;
	piece = pieces[*data & 3];
	if (piece < size / MAX_PIECES)
		piece = size / MAX_PIECES;
	world = (struct world) {
		.text = data + 1,
		.len = size - 1,
		.piece = piece,
		.nr_fds = descriptors[*data >> 2 & 3],
	};
	err = read_pieces(&first, data + 1, size - 1, piece);
	if (err == -1 && read_text(&whole, data + 1, size - 1) != -1)
		broken("refused, and accepted when there is more");
	if (!err) {
		write_again(&first);
		check(&first);
		if (!read_text(&whole, data + 1, size - 1) &&
		    !same(&first, &whole))
			broken("other mappings when there is more");
	}
	take_client(err);
	return 0;
}
