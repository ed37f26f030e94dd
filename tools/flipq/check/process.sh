#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# process.sh - each reason for which the device may be missing
set -u
tap_here=$(dirname "$(readlink -f "$0")")/../../../selftests
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

# without ERRNO WORDS: the work is done, and -v says why so
without()
{
	export FLIPQ_NO_DEVICE="$1"
	"$FLIPQ" compress -v -c in 2>report >out &&
		counter report device | grep -q "^none: .*$2" &&
		stock lz4 <out | cmp - in &&
		"$FLIPQ" decompress -v -c out 2>report | cmp - in &&
		counter report device | grep -q "^none: .*$2" &&
		"$FLIPQ" info | grep -q "^device: none: .*$2" &&
		fails 1 "/dev/flipq: .*$2" "$FLIPQ" compress --device -c in
}

# What is no reason to do without.
error()
{
	export FLIPQ_NO_DEVICE="$1"
	fails 1 "/dev/flipq: .*$2" "$FLIPQ" compress -c in &&
		fails 1 "/dev/flipq: .*$2" "$FLIPQ" info &&
		fails 1 "/dev/flipq: .*$2" "$FLIPQ" codecs &&
		"$FLIPQ" compress --no-device -c in | stock lz4 | cmp - in
}

mixed >in
ok "not loaded" without ENOENT 'is the module loaded'
ok "a path that leads nowhere" without ENOTDIR 'is the module loaded'
ok "a directory" without EISDIR 'a directory'
ok "a node that nobody serves" without ENXIO 'node without a device'
ok "a node of an unknown number" without ENODEV 'node without a device'
ok "not permitted" without EACCES 'permission denied'
ok "a sandbox: EPERM" without EPERM 'permission denied'
ok "too many open files" error EMFILE 'open files'
ok "a link to itself" error ELOOP 'a link'
tap_end
