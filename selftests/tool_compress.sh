#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_compress.sh - what the tool writes, the stock tools and it itself read
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

ALGORITHMS="lz4 lz4hc zstd gzip"

# round FILE ALGORITHM OPTION...: there, back by the stock tool and by ours
round()
{
	file=$1 a=$2 out=out.$(suffix "$2")
	shift 2
	"$FLIPQ" compress -q -f -a "$a" "$@" -o "$out" "$file" || return 1
	stock "$a" <"$out" | cmp - "$file" || return 1
	"$FLIPQ" decompress -c "$out" | cmp - "$file" || return 1
	"$FLIPQ" test "$out"
}

# All sizes in one test, so that a slow machine has fewer to report.
sizes()
{
	for size in 0 1 4095 4096 4097 65535 65536 65537; do
		"$1" "$size" >in
		round in "$2" || {
			echo "size $size"
			return 1
		}
	done
}

# each_block FILE ALGORITHM SIZE...
each_block()
{
	file=$1 a=$2
	shift 2
	for b; do
		round "$file" "$a" -b "$b" || {
			echo "block $b"
			return 1
		}
	done
}

# Small blocks are many, whose number takes the time; large ones want a file
# that is larger.
blocks()
{
	each_block short.in "$1" 1K 4K 64K 100000 &&
		each_block mixed.in "$1" 1M 4M
}

no_checksum()
{
	round mixed.in "$1" --no-content-checksum || return 1
	"$FLIPQ" compress -a "$1" -c mixed.in | wc -c >with
	"$FLIPQ" compress -a "$1" --no-content-checksum -c mixed.in |
		wc -c >without
	[ "$1" = gzip ] || [ "$(cat without)" -lt "$(cat with)" ]
}

slow_pipe()
{
	(
		head -c 10 mixed.in
		sleep 1
		tail -c +11 mixed.in | dd bs=777 2>/dev/null
	) | "$FLIPQ" compress -a "$1" - | stock "$1" | cmp - mixed.in
}

both_pipes()
{
	# shellcheck disable=SC2094 # it is read at both ends
	"$FLIPQ" compress -a "$1" <mixed.in | dd bs=999 2>/dev/null |
		"$FLIPQ" decompress | cmp - mixed.in
}

counters()
{
	"$FLIPQ" compress -v -a "$1" -c mixed.in >out 2>report || return 1
	holds report bytes_in -eq "$(wc -c <mixed.in)" &&
		holds report bytes_out -eq "$(wc -c <out)" &&
		holds report filled -ge 20 &&
		holds report incompressible -ge 6 &&
		holds report requests -ge 51 &&
		{ [ "$(server shared)" = process ] ||
			holds report kicks -ge 1; } &&
		holds report waits -ge 0 &&
		holds report fallback_blocks -eq 0
}

# 16 words, whose blocks come in turn: each is compressed once.
fills()
{
	for i in 0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7; do
		head -c 65536 /dev/zero | tr '\0' "$i"
	done >in
	round in "$1" || return 1
	"$FLIPQ" compress -v -a "$1" -c in 2>report >/dev/null || return 1
	holds report filled -eq 16 && holds report requests -eq 24
}

# More words than the cache has room for.
many_fills()
{
	i=33
	while [ $i -lt 127 ]; do
		head -c 4096 /dev/zero | tr '\0' "\\$(printf %o $i)"
		i=$((i + 1))
	done >in
	cat in in >in2
	round in2 "$1" -b 4K
}

levels()
{
	for l in $2; do
		round mixed.in "$1" -l "$l" || return 1
	done
}

# The device is said only where there is none.
keys="bytes_in bytes_out ratio rate_mb_s seconds server \
${FLIPQ_NO_DEVICE:+device }workers requests kicks waits \
filled incompressible fallback_blocks submitter_cpu_percent worker_share"

report_keys()
{
	"$FLIPQ" compress -v -c mixed.in 2>report >/dev/null || return 1
	[ "$(sed 's/:.*//' report | tr '\n' ' ')" = "$keys " ] || {
		cat report
		return 1
	}
}

mixed >mixed.in
# all kinds of content, and the ragged end
tail -c +900001 mixed.in | head -c 700000 >short.in
tail -c 100001 mixed.in >>short.in
for a in $ALGORITHMS; do
	for content in zeros text random; do
		ok "$a: $content, sizes around pages and blocks" \
			sizes "$content" "$a"
	done
	ok "$a: blocks of 1 KiB to 4 MiB" blocks "$a"
	ok "$a: without content checksum" no_checksum "$a"
	ok "$a: short reads" slow_pipe "$a"
	ok "$a: pipes on all sides" both_pipes "$a"
	ok "$a: counters" counters "$a"
	ok "$a: filled blocks are compressed once" fills "$a"
	ok "$a: more words than are kept" many_fills "$a"
done
ok "lz4: levels" levels lz4 "1 2 10 65537"
ok "lz4hc: levels" levels lz4hc "3 9"
ok "zstd: levels" levels zstd "1 2 3"
ok "gzip: levels" levels gzip "1 6"
ok "one worker" round mixed.in lz4 -w 1
ok "-T is -w" round mixed.in zstd -T1
ok "-v prints its keys" report_keys
tap_end
