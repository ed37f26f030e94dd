#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_corrupt.sh - damaged input: a message that says where, and no file left
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

# refused FILE: says where, exits with 1, and leaves nothing behind
refused()
{
	fails 1 'at offset [0-9]' "$FLIPQ" decompress -o out/plain "$1" &&
		nothing_left
}

nothing_left()
{
	[ -z "$(ls -A out)" ] || {
		echo "left behind: $(ls -A out)"
		return 1
	}
}

# Offsets all over a file: dense at both ends.
offsets()
{
	size=$(wc -c <"$1")
	echo 1 3 4 5 6 7 9 12 15 18 22 30
	for i in 1 2 3 4 5; do
		echo $((size * i / 6 + i))
	done
	for i in 1 2 4 5 8; do
		echo $((size - i))
	done
}

truncated()
{
	for at in $(offsets "$1"); do
		head -c "$at" "$1" >short
		refused short || {
			echo "cut at $at"
			return 1
		}
	done
}

# flip FILE OFFSET: a copy of FILE, one bit of it flipped, as flipped
flip()
{
	cp "$1" flipped
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	# shellcheck disable=SC2059 # an octal escape
	printf "\\$(printf %o $((byte ^ 16)))" |
		dd of=flipped bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# A flip that the format does not notice must at least not change the content.
flipped()
{
	harmless=0
	for at in $(offsets "$1"); do
		flip "$1" "$at"
		if run "$FLIPQ" decompress -o out/plain flipped; then
			cmp out/plain "$2" || return 1
			rm out/plain
			echo "harmless at $at"
			harmless=$((harmless + 1))
			continue
		fi
		{ failed 1 'at offset [0-9]' && nothing_left; } || {
			echo "flipped at $at"
			return 1
		}
	done
	# Names and times in gzip's header are. Most must not be, or this test
	# tests nothing.
	[ "$harmless" -lt 10 ]
}

# The offset is that of the block, 64 KiB of content each.
block_offset()
{
	random 200000 >in
	"$FLIPQ" compress -q -c in >in.lz4
	# header 7; a block is its size, 64 KiB and a checksum
	flip in.lz4 $((7 + 65544 + 100))
	refused flipped && grep -q "LZ4 block at offset $((7 + 65544)):" stderr
}

content_checksum()
{
	head -c 100000 plain.in >in
	lz4 -qf -B4 in in.lz4
	flip in.lz4 $(($(wc -c <in.lz4) - 2))
	refused flipped && grep -q 'content checksum differs' stderr
}

# sized_member FLAGS LENGTH [CHECKSUM]: a member of ours; LENGTH in octal
sized_member()
{
	printf '\037\213\010'
	# shellcheck disable=SC2059 # octal escapes
	printf "\\$1"'\000\000\000\000\000\003\010\000FQ\004\000'
	# shellcheck disable=SC2059 # octal escapes
	printf "\\$2"'\000\000\000'"${3:-}"
	printf hello | gzip -nc | tail -c +11
}

# zlib looks at that checksum, so the length must not lead around zlib.
gzip_header_checksum()
{
	sized_member 004 043 >in.gz
	"$FLIPQ" test in.gz || return 1
	sized_member 006 045 '\000\000' >in.gz
	refused in.gz
}

# Lengths that end within the header.
gzip_short_length()
{
	for length in 001 005 014 024 033; do
		sized_member 004 $length >in.gz
		refused in.gz || return 1
	done
}

partial_to_stdout()
{
	head -c 100000 ours.lz4 >short
	fails 1 truncated "$FLIPQ" decompress -c short
}

unknown()
{
	echo 'hello, this is no such file' >short
	refused short && grep -q 'unknown format' stderr
}

empty()
{
	: >short
	refused short
}

existing_stays()
{
	echo precious >precious
	head -c 1000 ours.lz4 >short
	fails 1 truncated "$FLIPQ" decompress -f -o precious short &&
		[ "$(cat precious)" = precious ]
}

mkdir out
{
	text 150000
	random 100000
	zeros 140000
} >plain.in
for a in lz4 zstd gzip; do
	"$FLIPQ" compress -q -a $a -o "ours.$(suffix $a)" plain.in
done
lz4 -q plain.in stock.lz4
lz4 -q -BD -B4 plain.in linked.lz4
zstd -q plain.in -o stock.zst
zstd -qc <plain.in >stream.zst
gzip -c plain.in >stock.gz
for f in *.lz4 *.zst *.gz; do
	ok "$f, truncated" truncated "$f"
	ok "$f, one bit flipped" flipped "$f" plain.in
done
ok "offset of a block" block_offset
ok "content checksum" content_checksum
ok "checksum of a gzip header" gzip_header_checksum
ok "length of a gzip member, too short" gzip_short_length
ok "truncated to standard output" partial_to_stdout
ok "unknown format" unknown
ok "empty input" empty
ok "-f keeps the old file when the new one fails" existing_stays
tap_end
