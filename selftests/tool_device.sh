#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_device.sh - with the device and without: which is taken, what is said of it,
# and that the one reads what the other wrote
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

FORMATS="lz4 lz4hc zstd gzip"

# by SERVER COMMAND...: who did what the command did
by()
{
	want=$1
	shift
	if ! "$@" 2>report || [ "$(counter report server)" != "$want" ]; then
		cat report >&2
		return 1
	fi
}

# As it is found: a device there is used, and one that is not there not missed.
found()
{
	for a in $FORMATS; do
		by "$(server shared)" "$FLIPQ" compress -v -a "$a" -c in >out &&
			stock "$a" <out | cmp - in &&
			by "$(server shared)" \
				"$FLIPQ" decompress -v -c out >back &&
			cmp back in || return 1
	done
}

# In the process, whether there is a device or not: files for both ways.
process()
{
	for a in $FORMATS; do
		by process "$FLIPQ" compress -v --no-device -a "$a" -c in \
			>"by.$a" &&
			stock "$a" <"by.$a" | cmp - in &&
			"$FLIPQ" decompress -c "by.$a" | cmp - in &&
			"$FLIPQ" compress -a "$a" -c in >out &&
			by process "$FLIPQ" decompress -v --no-device -c out \
				>back &&
			cmp back in && "$FLIPQ" test --no-device out ||
			return 1
	done
}

# It is said once, under -v, and by nobody else.
said()
{
	"$FLIPQ" compress -v --no-device -c in 2>report >out &&
		[ "$(counter report device)" = "none: as asked for" ] &&
		[ "$(grep -c device report)" = 1 ] &&
		"$FLIPQ" compress -v --no-device -c in in in 2>report >out &&
		[ "$(grep -c '^server: process' report)" = 3 ] &&
		[ "$(grep -c device report)" = 1 ] || return 1
	for options in '' --no-device; do
		# shellcheck disable=SC2086 # none is none
		"$FLIPQ" compress $options -c in 2>stderr >out &&
			"$FLIPQ" decompress $options -c out 2>>stderr |
			cmp - in && [ ! -s stderr ] || return 1
	done
}

# Whoever asks for the device gets it, or is told why not.
insists()
{
	if [ "$(server shared)" = shared ]; then
		by shared "$FLIPQ" compress -v --device -c in >out &&
			by shared "$FLIPQ" test -v --device out &&
			"$FLIPQ" codecs --device | grep -q '^lz4 ' &&
			"$FLIPQ" info --device=/dev/flipq |
			grep -qx 'device: /dev/flipq'
		return
	fi
	mkdir d
	cp in d/in
	"$FLIPQ" compress -c in >in.lz4
	fails 1 '^flipq: /dev/flipq: no such' "$FLIPQ" compress --device d/in &&
		fails 1 '^flipq: /dev/flipq: no such' \
			"$FLIPQ" decompress --device -o d/out in.lz4 &&
		fails 1 '^flipq: /dev/flipq: no such' \
			"$FLIPQ" test --device in.lz4 &&
		fails 1 '^flipq: /dev/flipq: ' "$FLIPQ" info --device &&
		fails 1 '^flipq: /dev/flipq: ' "$FLIPQ" codecs --device &&
		alone d/in
}

# By a path it is that one or none.
path()
{
	: >plain
	fails 1 '^flipq: /dev/null: not a flipq device' \
		"$FLIPQ" compress --device=/dev/null -c in &&
		fails 1 '^flipq: plain: not a flipq device' \
			"$FLIPQ" compress --device=plain -c in &&
		fails 1 '^flipq: none: no such device' \
			"$FLIPQ" info --device=none &&
		fails 1 '^flipq: /dev: a directory' "$FLIPQ" codecs --device=/dev
}

# The last one counts.
last()
{
	by process "$FLIPQ" compress -v --device=none --no-device -c in >out &&
		fails 1 '^flipq: none: ' \
			"$FLIPQ" compress --no-device --device=none -c in
}

info()
{
	"$FLIPQ" info --no-device >out &&
		[ "$(head -n 1 out)" = "device: none: as asked for" ] &&
		grep -qx 'workers: 0' out && ! grep -q '^max_queues' out &&
		grep -q '^default_partitions: [1-9]' out || return 1
	"$FLIPQ" codecs --no-device >out &&
		[ "$(head -n 1 out)" = "device: none: as asked for" ] &&
		grep -q '^deflate ' out && ! grep -q '^lzo' out
}

# The rules for levels and sizes are the same.
rules()
{
	run "$FLIPQ" compress --no-device -a zstd -l 22 -b 4M -c in &&
		failed 0 'level 22: blocks of 524288 bytes' &&
		fails 1 'expected 1 to 22' \
			"$FLIPQ" compress --no-device -a zstd -l 23 -c in
}

threads()
{
	by process "$FLIPQ" compress -v --no-device -w 3 -c in >out &&
		holds report workers -eq 3 &&
		by process "$FLIPQ" compress -v --no-device -w 3 -a zstd -l 19 \
			-b 1M -c in >out &&
		holds report workers -eq 3
}

# node COMMAND...: the device is another one there, for as long as that takes
node()
{
	# shellcheck disable=SC2016 # for the other shell
	unshare -m sh -c 'mount --bind /dev/null /dev/flipq && exec "$@"' sh "$@"
}

# hidden COMMAND...: where the node's mode keeps out even root, which has no rights
# over it in a namespace of users
hidden()
{
	mode=$(stat -c %a /dev/flipq)
	chmod 0 /dev/flipq
	unshare -U "$@"
	status=$?
	chmod "$mode" /dev/flipq
	return $status
}

# without REASON WAY: to where there is no use of the device that is there
without()
{
	by process "$2" "$FLIPQ" compress -v -c <in >out &&
		counter report device | grep -q "^none: $1" &&
		stock lz4 <out | cmp - in &&
		fails 1 "^flipq: /dev/flipq: $1" \
			"$2" "$FLIPQ" compress --device -c <in
}

mixed >in
ok "as it is found" found
ok "--no-device: what each writes the other reads" process
ok "said once, under -v" said
ok "--device" insists
ok "--device=PATH" path
ok "the last one of these counts" last
ok "info and codecs without the device" info
ok "levels and sizes are the same" rules
ok "threads" threads
if [ "$(server shared)" = shared ] && [ -e /dev/flipq ]; then
	ok "the node is another device's" without 'not a flipq device' node
	if unshare -U true; then
		ok "the node is not for the user" \
			without 'permission denied' hidden
	else
		tap_skip "the node is not for the user" "no user namespaces"
	fi
fi
tap_end
