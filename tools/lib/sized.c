// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * sized.c - public structs of another size than this library's
 *
 * They grow, so a caller's may be older or newer. Members that one of the two
 * does not know are zero to the other.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

int flipq_copy_in(void *to, size_t known, const void *from, size_t size)
{
	const unsigned char *bytes = from;
	size_t n;

	/* what is not known cannot be done as it was meant */
	for (n = known; n < size; n++)
		if (bytes[n])
			return -E2BIG;
	if (size < known)
		memset((unsigned char *)to + size, 0, known - size);
	memcpy(to, from, size < known ? size : known);
	return 0;
}

void flipq_copy_out(void *to, size_t size, const void *from, size_t known)
{
	memcpy(to, from, size < known ? size : known);
	if (size > known)
		memset((unsigned char *)to + known, 0, size - known);
}
