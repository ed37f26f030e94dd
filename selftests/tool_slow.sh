#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_slow.sh - what is too slow for the kernel: streams that shared workers do
# not take are decoded by the tool, levels that no partition takes at the size of
# a block are done in smaller ones. Without the device no stream is too slow.
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

# doubled TIMES FILE: its content so many times two
doubled()
{
	i=0
	while [ "$i" -lt "$1" ]; do
		cat "$2" "$2" >double
		mv double "$2"
		i=$((i + 1))
	done
}

# A frame of 32,768 blocks, each with three tables and four bytes.
many_tables()
{
	printf '\214\0\0\10\170\1\250\24\360\77\23\370\17\24\360\77\0\0\2\4' >b
	doubled 15 b
	{
		printf '\50\265\57\375\240\1\0\2\0'
		cat b
		printf '\11\0\0y'
	} >slow.zst
	zeros 131072 | tr '\0' x >slow
	printf y >>slow
}

# A member that says how long it is, of 262,144 stored blocks of nothing.
many_blocks()
{
	printf '\0\0\0\377\377' >b
	doubled 18 b
	{
		# 1310754 bytes
		printf '\37\213\10\4\0\0\0\0\0\377\10\0FQ\4\0\42\0\24\0'
		cat b
		printf '\1\1\0\376\377y'
		printf y | gzip -c | tail -c 8
	} >slow.gz
	printf y >slow
}

# fallbacks N: so many streams were too slow
fallbacks()
{
	[ "$(server shared)" = shared ] || set -- 0
	holds report fallback_blocks -eq "$1"
}

# decoded FILE: here, though it went to a worker first
decoded()
{
	"$FLIPQ" decompress -v -c "$1" 2>report | cmp - slow || {
		cat report
		return 1
	}
	fallbacks 1 && holds report requests -gt 0 &&
		"$FLIPQ" test "$1"
}

zstd_frame()
{
	many_tables && decoded slow.zst
}

gzip_member()
{
	many_blocks && decoded slow.gz
}

# Others before and after it, which workers do: in their order.
in_the_middle()
{
	text 300000 >one
	"$FLIPQ" compress -q -a zstd -c one >one.zst &&
		many_tables &&
		cat one.zst slow.zst one.zst >all.zst &&
		cat one slow one >all &&
		"$FLIPQ" decompress -v -c all.zst 2>report | cmp - all &&
		fallbacks 1
}

# damaged FILE: its fifth last byte
damaged()
{
	size=$(wc -c <"$1")
	{
		head -c $((size - 5)) "$1"
		printf '\252'
		tail -c 4 "$1"
	} >"bad.${1##*.}"
}

damaged_frame()
{
	# The last of the many blocks: its size.
	many_tables && damaged slow.zst &&
		fails 1 'corrupt zstd frame' "$FLIPQ" test bad.zst
}

damaged_member()
{
	many_blocks && damaged slow.gz &&
		fails 1 'corrupt gzip member.*checksum' "$FLIPQ" test bad.gz
}

# said ALGORITHM OPTION...: smaller blocks are announced, and written
said()
{
	a=$1
	shift
	mixed >in
	run "$FLIPQ" compress -a "$a" "$@" -f -o out in || return 1
	failed 0 "blocks of [0-9]* bytes, as it is not taken for [0-9]*" || return 1
	stock "$a" <out | cmp - in || return 1
	run "$FLIPQ" compress -q -a "$a" "$@" -f -o out in || return 1
	[ ! -s stderr ]
}

ok "a zstd frame with too many tables" zstd_frame
ok "a gzip member of too many blocks" gzip_member
ok "one among others" in_the_middle
ok "one that is damaged, zstd" damaged_frame
ok "one that is damaged, gzip" damaged_member
ok "zstd -l 22, blocks of 4 MiB: smaller ones" said zstd -l 22 -b 4M
ok "lz4hc -l 16, blocks of 4 MiB: smaller ones" said lz4hc -l 16 -b 4M
tap_end
