#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_decompress.sh - what the stock tools write, the tool reads
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

# reads FILE PLAIN: decodes to PLAIN; the counters are in report
reads()
{
	"$FLIPQ" decompress -v -c "$1" 2>report | cmp - "$2" || {
		cat report
		return 1
	}
	"$FLIPQ" decompress <"$1" | cmp - "$2" || return 1
	"$FLIPQ" test "$1"
}

in_slots()
{
	reads "$1" "$2" && holds report requests -gt 0 &&
		holds report fallback_blocks -eq 0
}

fallen_back()
{
	reads "$1" "$2" && holds report fallback_blocks -ge "$3"
}

stock_lz4()
{
	lz4 -qf "$@" plain in.lz4
}

lz4_in_slots()
{
	stock_lz4 "$@" && in_slots in.lz4 plain
}

# lz4_linked BLOCKS OPTION...
lz4_linked()
{
	want=$1
	shift
	stock_lz4 "$@" && fallen_back in.lz4 plain "$want"
}

lz4_linked_random()
{
	random 300000 >r.plain
	lz4 -qf -BD -B4 r.plain in.lz4 && fallen_back in.lz4 r.plain 5
}

lz4_linked_blocks_counted()
{
	stock_lz4 -BD -B4 && fallen_back in.lz4 plain 66 &&
		holds report fallback_blocks -eq 66 &&
		holds report requests -eq 0
}

# As liblz4 has it, a content size of 0 says nothing.
lz4_size_0()
{
	printf '\004\042\115\030\150\100\000\000\000\000\000\000' >in.lz4
	printf '\000\000\005\005\000\000\200hello\000\000\000\000' >>in.lz4
	printf hello >hello
	lz4 -dcq in.lz4 | cmp - hello && reads in.lz4 hello
}

zstd_in_slots()
{
	zstd -qf "$@" small -o in.zst && in_slots in.zst small
}

zstd_fallback()
{
	zstd -qf "$@" plain -o in.zst && fallen_back in.zst plain 1
}

zstd_pipe()
{
	zstd -qc <plain >in.zst && fallen_back in.zst plain 1
}

# A window larger than zstd takes has to be asked for, with the options of zstd.
zstd_window()
{
	zstd -q --long=28 <small >in.zst
	for refused in '' --long --long=27 -M128M --memory=255MB '--long=28 -M100M'; do
		# shellcheck disable=SC2086 # none, one or two options
		fails 1 'window is 268435456 bytes, the limit' \
			"$FLIPQ" decompress $refused -c in.zst || return 1
	done
	for taken in --long=28 -M1G '--memory 256MiB' '-M256MB --long=20'; do
		# shellcheck disable=SC2086 # one or two options
		"$FLIPQ" decompress $taken -c in.zst | cmp - small &&
			"$FLIPQ" test $taken in.zst || return 1
	done
	fails 1 'the limit 1024' "$FLIPQ" test -M1K in.zst &&
		zstd -qf small -o in.zst &&
		"$FLIPQ" test in.zst
}

# What comes before it is written.
zstd_window_later()
{
	zstd -qc small >in.zst
	zstd -q --long=28 <small >>in.zst
	run "$FLIPQ" decompress -c in.zst
	failed 1 "offset $(zstd -qc small | wc -c): its window" &&
		cmp stdout small
}

zstd_many()
{
	: >in.zst
	: >many
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		head -c "${i}0001" plain >part
		cat part >>many
		zstd -qc part >>in.zst
	done
	in_slots in.zst many && holds report requests -eq 12
}

# A small frame between two that are too large: order is kept.
zstd_around()
{
	zstd -qc plain >in.zst
	zstd -qc small >>in.zst
	zstd -qc plain >>in.zst
	cat plain small plain >all
	fallen_back in.zst all 2 && holds report requests -eq 1
}

zstd_empty()
{
	: >empty
	zstd -qf empty -o in.zst && reads in.zst empty
}

gzip_one()
{
	gzip -c "$@" plain >in.gz && fallen_back in.gz plain 1
}

gzip_many()
{
	gzip -c plain >in.gz
	gzip -c -1 small >>in.gz
	cat plain small >all
	fallen_back in.gz all 2
}

# Members of ours among others.
gzip_among()
{
	gzip -c small >in.gz
	"$FLIPQ" compress -a gzip -c plain >>in.gz
	gzip -c small >>in.gz
	cat small plain small >all
	fallen_back in.gz all 2 && holds report fallback_blocks -eq 2 &&
		holds report requests -eq 66
}

# A BGZF block: the deflate stream of gzip behind a header with its length.
gzip_bgzf()
{
	head -c 5000 plain >part
	gzip -nc part | tail -c +11 >body
	bsize=$(($(wc -c <body) + 18 - 1))
	low=$(printf %o $((bsize % 256))) high=$(printf %o $((bsize / 256)))
	{
		printf '\037\213\010\004\000\000\000\000\000\377\006\000'
		printf 'BC\002\000'
		# shellcheck disable=SC2059 # octal escapes
		printf "\\$low\\$high"
		cat body
	} >in.gz
	gzip -dc in.gz | cmp - part && in_slots in.gz part
}

gzip_zeros()
{
	gzip -c small >in.gz
	zeros 100000 >>in.gz
	"$FLIPQ" decompress -c in.gz 2>stderr | cmp - small &&
		grep -q 'trailing zeros' stderr &&
		"$FLIPQ" test -q in.gz 2>stderr && ! [ -s stderr ]
}

# Skippable frames: magic 0x184D2A50, length 5 or 0
skippable()
{
	printf '\120\052\115\030\005\000\000\000hello'
	printf '\137\052\115\030\000\000\000\000'
}

skipped()
{
	{
		skippable
		"$@" -qc small
		skippable
		"$@" -qc small
		skippable
	} >in.x
	cat small small >all
	in_slots in.x all
}

all_formats()
{
	{
		lz4 -qc small
		zstd -qc small
		gzip -c small
		lz4 -lqc small
		zstd -qc small
		lz4 -BDqc -B4 small
	} >in.x
	cat small small small small small small >all
	reads in.x all && holds report requests -eq 3
}

# A large slot is needed after small ones.
growing()
{
	{
		lz4 -B4 -qc plain
		lz4 -B7 -qc plain
		lz4 -B5 -qc plain
	} >in.lz4
	cat plain plain plain >all
	in_slots in.lz4 all
}

text 4300000 >plain
text 200000 >small
ok "lz4: as it is, 4 MiB blocks" lz4_in_slots
for b in 4 5 6 7; do
	ok "lz4 -B$b" lz4_in_slots "-B$b"
	ok "lz4 -BD -B$b" lz4_linked 2 -BD "-B$b"
done
ok "lz4 -BX" lz4_in_slots -BX
ok "lz4 -9" lz4_in_slots -9
ok "lz4 --content-size" lz4_in_slots --content-size
ok "lz4: a content size of 0" lz4_size_0
ok "lz4 --no-frame-crc" lz4_in_slots --no-frame-crc
ok "lz4 -BX --content-size --no-frame-crc" \
	lz4_in_slots -BX --content-size --no-frame-crc
ok "lz4 -BD -BX --content-size" lz4_linked 66 -BD -BX -B4 --content-size
ok "lz4 -BD, no block shrinks" lz4_linked_random
ok "lz4: linked blocks are counted" lz4_linked_blocks_counted
ok "lz4 -l" lz4_linked 1 -l
ok "lz4: larger blocks later" growing
ok "lz4: skippable frames" skipped lz4
ok "zstd: one small frame" zstd_in_slots
ok "zstd -19" zstd_in_slots -19
ok "zstd --no-check" zstd_in_slots --no-check
ok "zstd: a large frame" zstd_fallback
ok "zstd --long=27" zstd_fallback --long=27
ok "zstd: size unknown" zstd_pipe
ok "zstd: a large window" zstd_window
ok "zstd: a large window after a frame" zstd_window_later
ok "zstd: many frames" zstd_many
ok "zstd: large, small, large" zstd_around
ok "zstd: empty" zstd_empty
ok "zstd: skippable frames" skipped zstd
ok "gzip" gzip_one
ok "gzip -1n" gzip_one -1n
ok "gzip: members" gzip_many
ok "gzip: ours among others" gzip_among
ok "gzip: BGZF" gzip_bgzf
ok "gzip: trailing zeros" gzip_zeros
ok "all formats in one file" all_formats
tap_end
