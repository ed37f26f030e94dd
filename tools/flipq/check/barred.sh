#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# barred.sh - shared workers are not for this user
set -u
tap_here=$(dirname "$(readlink -f "$0")")/../../../selftests
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

export FLIPQ_BARRED=1

# round OPTION...: by threads of the tool, which says why, and back
round()
{
	"$FLIPQ" compress -v -f "$@" -o out in 2>report || return 1
	[ "$(counter report server)" = pool ] &&
		counter report shared_workers | grep -q shared_gid &&
		"$FLIPQ" decompress -v -c out 2>report | cmp - in &&
		[ "$(counter report server)" = pool ]
}

threads()
{
	round -b 64K -w "$1" && holds report workers -ge 1
}

# Nothing else is said, and nothing at all without -v.
quiet()
{
	"$FLIPQ" compress -f -o out in 2>stderr && [ ! -s stderr ]
}

info()
{
	"$FLIPQ" info >out &&
		grep -q '^default_partitions: 0 .*shared_gid' out &&
		grep -q '^queues: hidden' out && grep -q '^user_queues: 0$' out
}

mixed >in
ok "lz4" round -a lz4
ok "zstd" round -a zstd -b 1M
ok "a level for threads anyway" round -a zstd -l 19 -b 1M
ok "so many of them" threads 3
ok "no message without -v" quiet
ok "info says so" info
tap_end
