/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page.h - what a compression thread of the user-space models does to a page
 */
#ifndef BENCH_PAGE_H
#define BENCH_PAGE_H

#include <lz4.h>
#include <stdbool.h>
#include <stdint.h>

#define PAGE_BYTES	4096

/**
 * struct page_packer - the private memory of one thread
 * @copy: of the page, which a writer may change at any time
 * @out: its LZ4 block
 * @len: bytes of that; 0: did not shrink, @copy is to be sent
 * @state: of liblz4
 */
struct page_packer {
	uint8_t copy[PAGE_BYTES];
	uint8_t out[LZ4_COMPRESSBOUND(PAGE_BYTES)];
	uint32_t len;
	LZ4_stream_t state;
};

bool page_filled(const uint8_t *page, uint64_t *value);
void page_copy(struct page_packer *p, const uint8_t *page);
void page_pack(struct page_packer *p);
bool page_unpack(const uint8_t *in, uint32_t len, uint8_t *page);

#endif /* BENCH_PAGE_H */
