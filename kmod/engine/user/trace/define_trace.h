/* SPDX-License-Identifier: GPL-2.0-only */
/* Nothing: tracepoint.h has defined them already. */
