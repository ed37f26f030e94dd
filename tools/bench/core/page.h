/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page.h - how large a guest's page is; the machine's own are machine_page()
 */
#ifndef BENCH_PAGE_H
#define BENCH_PAGE_H

#define PAGE_BYTES	4096

#endif /* BENCH_PAGE_H */
