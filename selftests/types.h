/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types.h - the kernel's short names for integers, and the protocol
 */
#ifndef SELFTEST_TYPES_H
#define SELFTEST_TYPES_H

#include <stddef.h>
#include <string.h>

#include "flip/flip.h"

typedef __u8 u8;

#endif /* SELFTEST_TYPES_H */
