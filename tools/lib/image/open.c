// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * open.c - an image from its file to its end, and its errors in words
 */
#include <errno.h>
#include <stdlib.h>

#include "image/image.h"

/* Blocks that are under way at a time are about so many bytes. */
#define UNDER_WAY	(8U << 20)
#define MIN_SLOTS	4U
#define SLOT_SIZE	4096U

static unsigned int slots(const struct flipq_image *image)
{
	unsigned int n = UNDER_WAY / (image->packed + image->info.block + 1);

	if (n > FLIPQ_MAX_SLOTS)
		return FLIPQ_MAX_SLOTS;
	return n < MIN_SLOTS ? MIN_SLOTS : n;
}

/* Slots have a least size, and small ones cost the same memory. */
static uint32_t at_least_a_page(uint32_t bytes)
{
	return bytes > SLOT_SIZE ? bytes : SLOT_SIZE;
}

static int open_queue(struct flipq_image *image,
		      const struct flipq_image_config *config)
{
	struct flipq_codec codec = {
		.algorithm = image->algorithm,
		.flags = FLIPQ_CODEC_DECOMPRESS_ONLY,
	};
	struct flipq_config c = {
		.device = config->device,
		.slots = slots(image),
		.partitions = config->partitions,
		.in_size = at_least_a_page(image->packed),
		.out_size = at_least_a_page(image->info.block),
		.codecs = &codec,
		.nr_codecs = 1,
		.fallback = config->fallback,
	};

	/* nothing to decode: empty, or the base's */
	return image->info.own ? flipq_open(&image->q, &c) : 0;
}

static int check_base(const struct flipq_image *image,
		      const struct flipq_image *base)
{
	if (!image->info.based)
		return 0;
	if (!base)
		return -ENOMEDIUM;
	return base->info.id == image->info.base_id &&
	       base->info.size == image->info.base_size &&
	       base->info.checked && !base->info.based ? 0 : -EMEDIUMTYPE;
}

FLIPQ_EXPORT int flipq_image_open_sized(struct flipq_image **image, int fd,
					const struct flipq_image_config *config,
					size_t size)
{
	struct flipq_image_config c;
	struct flipq_image *i;
	int err = flipq_copy_in(&c, sizeof(c), config, size);

	if (err)
		return err;
	i = calloc(1, sizeof(*i));
	if (!i)
		return -ENOMEM;
	err = flipq_image_table(i, fd);
	if (!err)
		err = check_base(i, c.base);
	if (!err) {
		i->base = i->info.based ? c.base : NULL;
		err = open_queue(i, &c);
	}
	if (err)
		flipq_image_close(i);
	else
		*image = i;
	return err;
}

FLIPQ_EXPORT void flipq_image_close(struct flipq_image *image)
{
	if (!image)
		return;
	if (image->q)
		flipq_close(image->q);
	free(image->frames);
	free(image->runs);
	free(image);
}

FLIPQ_EXPORT int flipq_image_look_sized(int fd, struct flipq_image_info *info,
					size_t size)
{
	struct flipq_image *i = calloc(1, sizeof(*i));
	int err = i ? flipq_image_table(i, fd) : -ENOMEM;

	if (!err)
		flipq_copy_out(info, size, &i->info, sizeof(i->info));
	flipq_image_close(i);
	return err;
}

FLIPQ_EXPORT uint64_t flipq_image_size(const struct flipq_image *image)
{
	return image->info.size;
}

/* What has another meaning for an image than for a queue. */
FLIPQ_EXPORT const char *flipq_image_error(int error)
{
	switch (error) {
	case -ENODATA:
		return "no index: expected a file that flipq compress --index wrote";
	case -EBADMSG:
		return "the index or a block is damaged, or the file is cut off";
	case -EFBIG:
		return "a block of more than 4 MiB";
	case -EAFNOSUPPORT:
		return "frames that are neither zstd's nor LZ4's of one block";
	case -ENOMEDIUM:
		return "holds only what differs from a base, which is missing";
	case -EMEDIUMTYPE:
		return "was made of another base";
	default:
		return flipq_open_error(error);
	}
}
