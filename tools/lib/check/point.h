/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * point.h - what the engine does between two accesses to shared memory, in tests
 *
 * Included before all else, by the compiler's command line.
 */
#ifndef POINT_H
#define POINT_H

void rig_point(void);

#define FLIP_POINT() rig_point()

#endif /* POINT_H */
