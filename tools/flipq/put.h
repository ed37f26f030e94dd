/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * put.h - write all of what is given, whatever a descriptor takes at a time
 */
#ifndef PUT_H
#define PUT_H

#include <stdint.h>
#include <sys/uio.h>

/*
 * At the offset @at, or where the descriptor stands if that is negative. 0 or a
 * negative errno. @iov is changed.
 */
int put_all(int fd, struct iovec *iov, unsigned int nr, int64_t at);

/*
 * The same to a file that is empty from @at on, but pages of zeros become holes.
 * The last one needs ftruncate() to be there.
 */
int put_sparse(int fd, const struct iovec *iov, unsigned int nr, int64_t at);

#endif /* PUT_H */
