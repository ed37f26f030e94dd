/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types.h - the kernel's short names for integers
 */
#ifndef FUZZ_TYPES_H
#define FUZZ_TYPES_H

#include <linux/types.h>

typedef __u8 u8;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;

#endif /* FUZZ_TYPES_H */
