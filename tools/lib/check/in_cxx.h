/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * in_cxx.h - what a test in C calls in C++, and the other way round
 */
#ifndef FLIPQ_CHECK_IN_CXX_H
#define FLIPQ_CHECK_IN_CXX_H

#include <stdbool.h>

#include <flipq.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Open a queue on the imitated device, as flipq_open() does on the real one. */
int cxx_open(struct flipq **q, const struct flipq_config *config);

/* Compress a page and get it back, in C++17. Return: whether it is the same. */
bool cxx_page(void);

#ifdef __cplusplus
}
#endif

#endif /* FLIPQ_CHECK_IN_CXX_H */
