#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# headers.sh - what the tool decides by itself, before or after any request:
# headers that are refused, blocks of any length in a checksum
set -u
tap_here=$(dirname "$(readlink -f "$0")")/../../../selftests
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

# bytes OCTAL...: those bytes
bytes()
{
	# shellcheck disable=SC2059 # octal escapes
	printf "$(printf '\\%s' "$@")"
}

# refused REASON OCTAL...: a file of these bytes, with that message
refused()
{
	reason=$1
	shift
	bytes "$@" >short
	fails 1 "$reason" "$FLIPQ" test short
}

lz4()
{
	reason=$1
	shift
	refused "$reason" 004 042 115 030 "$@"
}

zstd()
{
	reason=$1
	shift
	refused "$reason" 050 265 057 375 "$@"
}

lz4_content_size()
{
	lz4 'content size differs' 150 100 004 000 000 000 000 000 000 000 \
		315 005 000 000 200 150 145 154 154 157 000 000 000 000
}

# a linked block, its checksum behind it
lz4_block_checksum()
{
	lz4 'LZ4 block.*checksum differs' 120 100 300 001 000 000 200 150 \
		001 002 003 004 000 000 000 000
}

odd_blocks()
{
	{
		printf '\004"M\030d@\247\003\000\000\200odd\001\000\000\200!'
		printf '$\000\000\200 and longer than a stripe, odd again'
		printf '\000\000\000\000\363\372\373`'
	} >in.lz4
	printf 'odd! and longer than a stripe, odd again' >odd
	command lz4 -dcq in.lz4 | cmp - odd &&
		"$FLIPQ" decompress -c in.lz4 | cmp - odd
}

ok "lz4: version" lz4 'unknown version' 240 100 017
ok "lz4: dictionary" lz4 'needs a dictionary' 141 100 007 000 000 000 343
ok "lz4: header checksum" lz4 'header checksum differs' 140 100 000
ok "lz4: block too large" lz4 'larger than' 140 100 202 001 000 001 200
ok "lz4: linked block" lz4 'cannot be decoded' 100 100 300 \
	003 000 000 000 000 001 000
ok "lz4: content size" lz4_content_size
ok "lz4: checksum of a linked block" lz4_block_checksum
ok "lz4: legacy block size, cut" refused 'truncated LZ4 block' \
	002 041 114 030 001 000
ok "lz4: blocks of odd lengths under one checksum" odd_blocks
ok "zstd: flag" zstd 'unknown flag' 010 000 000
ok "zstd: type of block" zstd 'corrupt zstd frame' 040 005 007 000 000
ok "zstd: header, cut" zstd 'end of input' 340 005 000 000
ok "zstd: size in eight bytes, too many" zstd 'zstd frame' 340 \
	000 000 000 000 001 000 000 000 000
ok "skippable frame, cut" refused 'truncated skippable' \
	120 052 115 030 005 000 000 000 150
tap_end
