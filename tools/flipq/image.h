/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * image.h - a part of an image, or one that has a base
 */
#ifndef IMAGE_H
#define IMAGE_H

struct reading;

/* Write what was asked for of the source. 0, or -1 after a message. */
int image_read(struct reading *r);

#endif /* IMAGE_H */
