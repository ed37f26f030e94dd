// SPDX-License-Identifier: GPL-2.0-only
/*
 * inline.c - no model at all: the submitter does it itself, there and then
 *
 * What any other model has to be compared with: it costs nothing but the work.
 */
#include <stdlib.h>

#include "core/clock.h"
#include "models/models.h"

struct model {
	struct model_config config;
	struct request *request;
	void *state;
	uint64_t requests;
	uint64_t began;
};

static int inline_submit(struct model *m, const void *in, uint64_t tag,
			 uint64_t when)
{
	request_set(m->request, in, tag, when);
	job_handle(m->config.job, m->state, m->request);
	m->requests++;
	m->config.done(m->config.arg, m->request);
	return 0;
}

static int inline_flush(struct model *m)
{
	(void)m;
	return 0;
}

static void inline_stop(struct model *m, struct model_stats *stats)
{
	if (stats) {
		stats->workers = 1;
		stats->requests[0] = m->requests;
		stats->busy_ns[0] = cpu_ns() - m->began;
	}
	job_uninit(m->config.job, m->state);
	free(m->request);
	free(m);
}

static struct model *inline_start(const struct model_config *config)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		goto fail;
	m->config = *config;
	m->began = cpu_ns();
	m->request = requests_alloc(config->job, 1);
	if (m->request && job_init(config->job, &m->state))
		return m;
	inline_stop(m, NULL);
fail:
	model_complain("inline");
	return NULL;
}

const struct model_ops model_inline = {
	.name = "inline",
	.about = "one thread that does it itself",
	.start = inline_start,
	.submit = inline_submit,
	.flush = inline_flush,
	.stop = inline_stop,
};
