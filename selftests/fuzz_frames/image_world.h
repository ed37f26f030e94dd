/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * image_world.h - the base that images may have here, and their repair
 */
#ifndef IMAGE_WORLD_H
#define IMAGE_WORLD_H

#include <stddef.h>

#include "types.h"

struct flipq_image;

/* An image of its own, made with the first call. */
struct flipq_image *base_image(void);
u64 base_id(void);
u64 base_size(void);

/*
 * Checksums, lengths and the base's name in an image of @len bytes become right, as
 * far as they can be found.
 */
void repair_image(u8 *p, size_t len);

/* The same if it only lacks the base's name, as a seed cannot know it. */
void name_base(u8 *p, size_t len);

#endif /* IMAGE_WORLD_H */
