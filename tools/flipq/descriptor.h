/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * descriptor.h - paths that stand for a descriptor, as /dev/stdout does
 */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

/* The descriptor of ours that @path leads to; -1 if it is another path. */
int descriptor_of(const char *path);

#endif /* DESCRIPTOR_H */
