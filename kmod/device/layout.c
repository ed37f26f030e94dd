// SPDX-License-Identifier: GPL-2.0-only
/*
 * layout.c - the ABI is what it was: nothing to run, but it may not compile
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/stddef.h>

#include "device/layout.h"

/* The header has no errno.h. */
static_assert(FLIPQ_STATUS_ENOMEM == -ENOMEM, "ENOMEM");
static_assert(FLIPQ_STATUS_EFAULT == -EFAULT, "EFAULT");
static_assert(FLIPQ_STATUS_EINVAL == -EINVAL, "EINVAL");
static_assert(FLIPQ_STATUS_ENOSPC == -ENOSPC, "ENOSPC");
static_assert(FLIPQ_STATUS_EBADMSG == -EBADMSG, "EBADMSG");
static_assert(FLIPQ_STATUS_EOPNOTSUPP == -EOPNOTSUPP, "EOPNOTSUPP");
static_assert(FLIPQ_STATUS_ECANCELED == -ECANCELED, "ECANCELED");

/* What puts the three numbers of a request's flags together agrees with them. */
static_assert(FLIPQ_REQ_KINDS(FLIPQ_PLACE_REGION, 0, 0) ==
	      FLIPQ_REQ_SRC_REGION, "source");
static_assert(FLIPQ_REQ_KINDS(0, FLIPQ_PLACE_REGION, 0) ==
	      FLIPQ_REQ_DST_REGION, "destination");
static_assert(FLIPQ_REQ_KINDS(0, 0, FLIPQ_CSUM_CRC32) ==
	      FLIPQ_REQ_CSUM_CRC32, "checksum");
