/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * refuse.h - calls as the linker knows them with --wrap: ours, and those of libc
 */
#ifndef REFUSE_H
#define REFUSE_H

int __real_open(const char *path, int flags, ...);
int __real_openat(int dir, const char *path, int flags, ...);
int __real_linkat(int from_dir, const char *from, int dir, const char *to,
		  int flags);
int __real_renameat(int from_dir, const char *from, int dir, const char *to);
int __real_renameat2(int from_dir, const char *from, int dir, const char *to,
		     unsigned int flags);
int __real_fsync(int fd);

int __wrap_open(const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);
int __wrap_linkat(int from_dir, const char *from, int dir, const char *to,
		  int flags);
int __wrap_renameat(int from_dir, const char *from, int dir, const char *to);
int __wrap_renameat2(int from_dir, const char *from, int dir, const char *to,
		     unsigned int flags);
int __wrap_fsync(int fd);

#endif /* REFUSE_H */
