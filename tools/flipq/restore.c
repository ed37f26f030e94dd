// SPDX-License-Identifier: GPL-2.0-only
/*
 * restore.c - the restore command: a client runs while its memory comes out of an
 * image
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "base.h"
#include "client.h"
#include "flipq.h"
#include "message.h"
#include "tool.h"

static void print_counters(const struct answer_counters *c)
{
	fprintf(stderr,
		"faults: %" PRIu64 "\n"
		"fault_bytes: %" PRIu64 "\n"
		"ahead_bytes: %" PRIu64 "\n"
		"passed_over: %" PRIu64 "\n"
		"lost_pages: %" PRIu64 "\n",
		c->faults, c->fault_bytes, c->ahead_bytes, c->passed_over,
		c->lost_pages);
}

static int open_image(struct flipq_image **image, int fd,
		      const struct options *o, const struct base *b,
		      uint32_t *block)
{
	struct flipq_image_config config = image_config(o);
	struct flipq_image_info info;
	int err = flipq_image_look(fd, &info);

	config.base = b->image;
	if (!err)
		err = flipq_image_open(image, fd, &config);
	*block = err ? 0 : info.block;
	return err ? fail(o->input, "%s", flipq_image_error(err)) : 0;
}

/* Whoever waits for pages that will not come is ended. */
static int serve(const struct options *o, const struct answer_config *config,
		 struct answer_counters *counters)
{
	struct client c;
	int err = client_wait(&c, o->socket);

	if (!err)
		err = mappings_check(&c.maps, flipq_image_size(config->image),
				     c.name);
	if (!err)
		err = answer_run(&c, config, counters);
	if (err && c.uffd >= 0)
		client_kill(&c);
	client_close(&c);
	return err;
}

static int status_of(int err, const struct answer_counters *c)
{
	if (err || c->lost_pages)
		return STATUS_FAILED;
	return c->passed_over ? STATUS_WARNED : STATUS_OK;
}

static int restore(const struct options *o, int fd,
		   struct answer_counters *counters)
{
	struct answer_config config = {
		.name = o->input,
		.sigbus = o->sigbus,
		.quiet = o->quiet,
	};
	struct base b = { .fd = -1 };
	int err = o->base ? base_open(&b, o) : 0;

	if (!err)
		err = open_image(&config.image, fd, o, &b, &config.block);
	if (!err)
		err = serve(o, &config, counters);
	flipq_image_close(config.image);
	base_close(&b);
	return err;
}

int cmd_restore(const struct options *o)
{
	struct answer_counters counters = { 0 };
	int fd, err;

	if (!o->input) {
		fail("restore", "expected an image that is a file");
		return STATUS_FAILED;
	}
	fd = open(o->input, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fail(o->input, "%s", strerror(errno));
		return STATUS_FAILED;
	}
	err = restore(o, fd, &counters);
	close(fd);
	if (!err && o->verbose)
		print_counters(&counters);
	return status_of(err, &counters);
}
