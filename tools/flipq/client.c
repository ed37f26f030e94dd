// SPDX-License-Identifier: GPL-2.0-only
/*
 * client.c - who has its page faults answered, by Firecracker's protocol: it
 * connects to a Unix socket and sends one message, its mappings as JSON and beside
 * them, as a control message, its userfaultfd
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "client.h"
#include "clock.h"
#include "message.h"

/* Of a message: MAX_MAPPINGS with room for members that are not known here. */
#define MAX_MESSAGE	32768

/* From the connection to the end of the message: it is ready to be sent. */
#define MESSAGE_NS	(10 * NS_PER_SECOND)

/* Since Linux 6.5, and newer than many systems' headers. */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD	77
#endif

/* At least one more than is allowed, so that more are seen, and closed. */
#define MAX_DESCRIPTORS	4

static int system_error(const struct client *c, const char *what)
{
	return fail(c->name, "%s: %s", what, strerror(errno));
}

static int listen_at(const struct client *c, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return fail(path, "expected a path of up to %zu bytes",
			    sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return system_error(c, "socket");
	if (bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		system_error(c, "bind");
		close(fd);
		return -1;
	}
	cleanup_remove(AT_FDCWD, path);
	if (!listen(fd, 1))
		return fd;
	system_error(c, "listen");
	cleanup_run();
	cleanup_forget();
	close(fd);
	return -1;
}

/* The socket's own answer cannot be about another process that got the number. */
static int open_peer(struct client *c, int socket)
{
	struct ucred peer;
	socklen_t len = sizeof(c->pidfd);

	if (!getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &c->pidfd, &len))
		return 0;
	c->pidfd = -1;
	len = sizeof(peer);
	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return system_error(c, "SO_PEERCRED");
	if (!peer.pid)
		return fail(c->name,
			    "expected a client that can be killed, got one outside of our PID namespace");
	c->pidfd = (int)syscall(SYS_pidfd_open, peer.pid, 0);
	return c->pidfd < 0 ? system_error(c, "pidfd_open") : 0;
}

/* The descriptors that came with a part of the message: one in all. */
static int take_descriptors(struct client *c, struct msghdr *m)
{
	struct cmsghdr *h;
	int fds[MAX_DESCRIPTORS];
	size_t i, n;
	int err = 0;

	for (h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(h), n * sizeof(int));
		for (i = 0; i < n; i++) {
			if (c->uffd < 0) {
				c->uffd = fds[i];
				continue;
			}
			close(fds[i]);
			err = -1;
		}
	}
	if (err || m->msg_flags & MSG_CTRUNC)
		return fail(c->name, "expected one descriptor, got more");
	return 0;
}

static ssize_t receive(struct client *c, int socket, char *to, size_t room)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(MAX_DESCRIPTORS * sizeof(int))];
	} control;
	struct iovec part = { to, room };
	struct msghdr m = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	if (n < 0)
		return system_error(c, "message");
	return take_descriptors(c, &m) ? -1 : n;
}

static int await(const struct client *c, int socket, uint64_t end)
{
	struct pollfd p = { .fd = socket, .events = POLLIN };
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	int n = 0;

	if (now < end)
		n = poll(&p, 1, (int)((end - now) / 1000000) + 1);
	if (n < 0)
		return system_error(c, "poll");
	return n ? 0 : fail(c->name,
			    "expected a message with mappings within %llu s",
			    MESSAGE_NS / NS_PER_SECOND);
}

/* One message; that a stream may have it in parts is no reason to refuse it. */
static int take_message(struct client *c, int socket)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + MESSAGE_NS;
	char text[MAX_MESSAGE];
	size_t len = 0;
	int err = -EAGAIN;

	while (err == -EAGAIN) {
		ssize_t n;

		if (len == sizeof(text))
			return fail(c->name,
				    "expected a message of up to %zu bytes",
				    sizeof(text));
		if (await(c, socket, end))
			return -1;
		n = receive(c, socket, text + len, sizeof(text) - len);
		if (n < 0)
			return -1;
		if (!n)
			return fail(c->name,
				    "the client hung up after %zu bytes: expected a JSON array of mappings",
				    len);
		len += (size_t)n;
		err = mappings_read(&c->maps, text, len, c->name);
	}
	if (err)
		return err;
	return c->uffd >= 0 ? 0 :
			      fail(c->name,
				   "expected a userfaultfd with the mappings, got none");
}

int client_wait(struct client *c, const char *path)
{
	int listener, socket, err;

	*c = (struct client){ .name = path, .pidfd = -1, .uffd = -1 };
	listener = listen_at(c, path);
	if (listener < 0)
		return -1;
	do
		socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	while (socket < 0 && errno == EINTR);
	err = socket < 0 ? system_error(c, "accept") : open_peer(c, socket);
	close(listener);
	unlink(path);
	cleanup_forget();
	if (!err) {
		cleanup_kill(c->pidfd);
		err = take_message(c, socket);
	}
	if (socket >= 0)
		close(socket);
	return err;
}

void client_kill(const struct client *c)
{
	if (!syscall(SYS_pidfd_send_signal, c->pidfd, SIGKILL, NULL, 0))
		warn(c->name, "the client was killed");
	else if (errno != ESRCH)
		system_error(c, "the client could not be killed");
}

void client_close(struct client *c)
{
	cleanup_forget();
	if (c->uffd >= 0)
		close(c->uffd);
	if (c->pidfd >= 0)
		close(c->pidfd);
}
