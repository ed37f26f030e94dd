/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inline_codec.h - what a worker does with a request, in this process
 */
#ifndef INLINE_CODEC_H
#define INLINE_CODEC_H

#include "flipq.h"

void inline_serve(const struct flipq_codec *codec, const struct flipq_desc *d,
		  const uint8_t *src, uint8_t *dst, struct flipq_result *r);

#endif /* INLINE_CODEC_H */
