/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * common.h - what every test has: the harness, and a queue
 */
#ifndef SELFTEST_COMMON_H
#define SELFTEST_COMMON_H

#include <kselftest_harness.h>

#include "raw.h"

#endif /* SELFTEST_COMMON_H */
