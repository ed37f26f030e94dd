/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fake_ops.h - what the engine does for the fake, partition by partition
 *
 * Each partition's priv is its struct fake_part.
 */
#ifndef FAKE_OPS_H
#define FAKE_OPS_H

struct engine_ops;

extern const struct engine_ops fake_ops;

#endif /* FAKE_OPS_H */
