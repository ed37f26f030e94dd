// SPDX-License-Identifier: GPL-2.0-only
/*
 * xxh32.c - XXH32 with seed 0, piecewise
 *
 * The library that has it needs a package of its own just for this.
 */
#include <string.h>

#include "bytes.h"
#include "xxh32.h"

#define PRIME1	0x9e3779b1U
#define PRIME2	0x85ebca77U
#define PRIME3	0xc2b2ae3dU
#define PRIME4	0x27d4eb2fU
#define PRIME5	0x165667b1U

#define STRIPE	16U

static uint32_t rotate(uint32_t v, unsigned int bits)
{
	return v << bits | v >> (32 - bits);
}

static uint32_t mix(uint32_t lane, const uint8_t *p)
{
	return rotate(lane + get_le32(p) * PRIME2, 13) * PRIME1;
}

void xxh32_init(struct xxh32 *x)
{
	memset(x, 0, sizeof(*x));
	x->lane[0] = PRIME1 + PRIME2;
	x->lane[1] = PRIME2;
	x->lane[2] = 0;
	x->lane[3] = 0U - PRIME1;
}

/* Lanes live in locals, or each stripe would store and load them. */
static void stripes(struct xxh32 *x, const uint8_t *p, size_t nr)
{
	uint32_t a = x->lane[0], b = x->lane[1];
	uint32_t c = x->lane[2], d = x->lane[3];

	for (; nr; nr--, p += STRIPE) {
		a = mix(a, p);
		b = mix(b, p + 4);
		c = mix(c, p + 8);
		d = mix(d, p + 12);
	}
	x->lane[0] = a;
	x->lane[1] = b;
	x->lane[2] = c;
	x->lane[3] = d;
}

void xxh32_update(struct xxh32 *x, const void *data, size_t len)
{
	const uint8_t *p = data;

	x->total += len;
	if (x->nr_rest) {
		size_t n = STRIPE - x->nr_rest;

		if (n > len)
			n = len;
		memcpy(x->rest + x->nr_rest, p, n);
		x->nr_rest += n;
		p += n;
		len -= n;
		if (x->nr_rest < STRIPE)
			return;
		stripes(x, x->rest, 1);
		x->nr_rest = 0;
	}
	stripes(x, p, len / STRIPE);
	p += len / STRIPE * STRIPE;
	len %= STRIPE;
	if (len)
		memcpy(x->rest, p, len);
	x->nr_rest = len;
}

uint32_t xxh32_digest(const struct xxh32 *x)
{
	uint32_t h = PRIME5;
	size_t i = 0;

	if (x->total >= STRIPE)
		h = rotate(x->lane[0], 1) + rotate(x->lane[1], 7) +
		    rotate(x->lane[2], 12) + rotate(x->lane[3], 18);
	h += (uint32_t)x->total;
	for (; i + 4 <= x->nr_rest; i += 4)
		h = rotate(h + get_le32(x->rest + i) * PRIME3, 17) * PRIME4;
	for (; i < x->nr_rest; i++)
		h = rotate(h + x->rest[i] * PRIME5, 11) * PRIME1;
	h = (h ^ h >> 15) * PRIME2;
	h = (h ^ h >> 13) * PRIME3;
	return h ^ h >> 16;
}

uint32_t xxh32(const void *data, size_t len)
{
	struct xxh32 x;

	xxh32_init(&x);
	xxh32_update(&x, data, len);
	return xxh32_digest(&x);
}
