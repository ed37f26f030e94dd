/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * precopy.h - one migration: rounds over the dirty pages until few are left
 */
#ifndef MIGRATE_PRECOPY_H
#define MIGRATE_PRECOPY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/model.h"
#include "options.h"
#include "sink.h"

/**
 * struct outcome - what became of a migration
 * @completed: it finished
 * @total_ns: from the start of the model to the last page
 * @setup_ns: start of the model
 * @downtime_ns: from the stop of the writers to the last page; 0 if they were
 *	not stopped for that
 * @sent: the sink's counters at the end
 * @remaining: pages left to be sent
 * @syncs: of the dirty bitmap
 * @dirty_rate: pages found dirty per second between the last two syncs with
 *	writers running
 * @writes: of the writers
 * @write_ns: time in which they ran
 * @submitted: pages given to the model
 * @submitter_ns: CPU time of the migration thread
 * @model: counters of the model
 * @agree: pages that arrived as they are at the source
 */
struct outcome {
	bool completed;
	uint64_t total_ns;
	uint64_t setup_ns;
	uint64_t downtime_ns;
	struct sink sent;
	uint64_t remaining;
	uint64_t syncs;
	uint64_t dirty_rate;
	uint64_t writes;
	uint64_t write_ns;
	uint64_t submitted;
	uint64_t submitter_ns;
	struct model_stats model;
	uint64_t agree;
};

/* What is done to each page. */
extern const struct job page_job;

int precopy(struct region *region, const struct model_ops *ops,
	    const struct options *o, uint64_t dirty_rate,
	    struct outcome *outcome);

#endif /* MIGRATE_PRECOPY_H */
