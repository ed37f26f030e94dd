/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ENGINE_USER_TYPES_H
#define ENGINE_USER_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include_next <linux/types.h>

typedef __u8 u8;
typedef __u32 u32;
typedef __s32 s32;
typedef __u64 u64;
typedef __s64 s64;

#endif /* ENGINE_USER_TYPES_H */
