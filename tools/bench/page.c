// SPDX-License-Identifier: GPL-2.0-only
/*
 * page.c - one page: is it filled, compress it, decompress it
 */
#include <string.h>

#include "page.h"

/* A page of one 64-bit word repeated, as the kernel's workers define it. */
bool page_filled(const uint8_t *page, uint64_t *value)
{
	memcpy(value, page, sizeof(*value));
	return !memcmp(page, page + sizeof(*value),
		       PAGE_BYTES - sizeof(*value));
}

/* What is compressed must not change meanwhile, or nobody can unpack it. */
void page_copy(struct page_packer *p, const uint8_t *page)
{
	memcpy(p->copy, page, PAGE_BYTES);
}

void page_pack(struct page_packer *p)
{
	int len = LZ4_compress_fast_extState(&p->state, (const char *)p->copy,
					     (char *)p->out, PAGE_BYTES,
					     PAGE_BYTES - 1, 1);

	p->len = len > 0 ? (uint32_t)len : 0;
}

bool page_unpack(const uint8_t *in, uint32_t len, uint8_t *page)
{
	return LZ4_decompress_safe((const char *)in, (char *)page, (int)len,
				   PAGE_BYTES) == PAGE_BYTES;
}
