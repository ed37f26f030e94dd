#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_sparse.sh - files with holes: they are not read, and come out as holes
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

# at OFFSET FILE: standard input to there
at()
{
	dd of="$2" bs=65536 seek="$1" oflag=seek_bytes conv=notrunc 2>/dev/null
}

# Holes at the beginning, in the middle, at the end, and data across pages.
image()
{
	truncate -s 64M image
	text 10000 | at 4100000 image
	random 70000 | at 9000001 image
	zeros 5000 | at 20000000 image
	text 3 | at 40000000 image
}

kib()
{
	du -k "$1" | cut -f 1
}

# Nothing but the data on the disk; the file system may have some of its own.
round()
{
	"$FLIPQ" compress -f -a "$1" -o packed image &&
		stock "$1" <packed | cmp - image &&
		"$FLIPQ" decompress -f -o back packed && cmp back image ||
		return 1
	[ "$(kib back)" -lt 1000 ] || {
		echo "$(kib back) KiB on disk"
		return 1
	}
}

refused()
{
	"$FLIPQ" compress --no-sparse -f -o other.lz4 image &&
		"$FLIPQ" compress -f -o packed.lz4 image &&
		cmp other.lz4 packed.lz4 &&
		"$FLIPQ" decompress --no-sparse -f packed.lz4 &&
		cmp packed image && [ "$(kib packed)" -ge 60000 ]
}

# What zstd leaves of a hole, on standard output: zeros.
standard_output()
{
	"$FLIPQ" compress -f -o packed image &&
		"$FLIPQ" decompress -c packed >back && cmp back image &&
		[ "$(kib back)" -ge 60000 ] || return 1
	echo first >back
	"$FLIPQ" decompress <packed >>back
	tail -c +7 back | cmp - image
}

only_holes()
{
	for size in 1 4095 4096 4097 1000000 30000000; do
		rm -f image
		truncate -s $size image
		round lz4 || {
			echo "size $size"
			return 1
		}
	done
}

# Files that are not ours from the beginning: what is there is overwritten.
device_keeps_zeros()
{
	text 200000 >device
	zeros 100000 | "$FLIPQ" compress >packed
	"$FLIPQ" decompress -o /dev/fd/3 packed 3<>device &&
		zeros 100000 | cmp -n 100000 - device
}

# read_bytes OPTION LOW HIGH: bytes that the tool read, which its parent is told of
read_bytes()
{
	# shellcheck disable=SC2016 # for the other shell
	sh -c '"$0" compress '"$1"' -c image >/dev/null &&
		sed -n "s/^rchar: //p" /proc/$$/io' "$FLIPQ" >bytes ||
		return 1
	echo "read $(cat bytes) bytes, expected $2 to $3"
	[ "$(cat bytes)" -ge "$2" ] && [ "$(cat bytes)" -le "$3" ]
}

image
for a in lz4 zstd gzip; do
	ok "$a" round $a
done
ok "--no-sparse" refused
ok "standard output" standard_output
ok "what is not a file of ours" device_keeps_zeros
if [ -r /proc/self/io ]; then
	ok "holes are not read" read_bytes '' 80000 8000000
	ok "--no-sparse: they are" read_bytes --no-sparse 67108864 80000000
fi
ok "nothing but a hole" only_holes
tap_end
