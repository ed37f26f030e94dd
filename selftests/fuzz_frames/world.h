/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * world.h - names that the linker and libFuzzer ask for: what the harness puts
 * in place of a function, what it replaces, and where libFuzzer comes in
 */
#ifndef WORLD_H
#define WORLD_H

#include <sys/types.h>
#include <sys/uio.h>

#include <zstd.h>

#include "source.h"
#include "types.h"

ssize_t world_readv(int fd, const struct iovec *iov, int nr)
	__asm__("__wrap_readv");
ssize_t world_writev(int fd, const struct iovec *iov, int nr)
	__asm__("__wrap_writev");

off_t world_lseek(int fd, off_t offset, int whence)
	__asm__("__wrap_lseek");

ssize_t world_peek(struct source *s, size_t len, const u8 **data)
	__asm__("__wrap_source_peek");
ssize_t true_peek(struct source *s, size_t len, const u8 **data)
	__asm__("__real_source_peek");
ssize_t world_peek_some(struct source *s, size_t len, const u8 **data)
	__asm__("__wrap_source_peek_some");
ssize_t true_peek_some(struct source *s, size_t len, const u8 **data)
	__asm__("__real_source_peek_some");
ssize_t world_read(struct source *s, void *dst, size_t len)
	__asm__("__wrap_source_read");
ssize_t true_read(struct source *s, void *dst, size_t len)
	__asm__("__real_source_read");
void world_skip(struct source *s, size_t len)
	__asm__("__wrap_source_skip");
void true_skip(struct source *s, size_t len)
	__asm__("__real_source_skip");
size_t world_zstd_set(ZSTD_DCtx *dctx, ZSTD_dParameter name, int value)
	__asm__("__wrap_ZSTD_DCtx_setParameter");
size_t true_zstd_set(ZSTD_DCtx *dctx, ZSTD_dParameter name, int value)
	__asm__("__real_ZSTD_DCtx_setParameter");

/* One file. Always 0. */
int fuzz_one(const u8 *data, size_t size)
	__asm__("LLVMFuzzerTestOneInput");

/* Mutate, and in three of four cases repair. The new size. */
size_t fuzz_mutate(u8 *data, size_t size, size_t max, unsigned int seed)
	__asm__("LLVMFuzzerCustomMutator");
size_t libfuzzer_mutate(u8 *data, size_t size, size_t max)
	__asm__("LLVMFuzzerMutate");

#endif /* WORLD_H */
