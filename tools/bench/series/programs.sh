#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# programs.sh - flipq and the programs that people use, on the same file
#
# usage: programs.sh IMAGE MIB ROUNDS
#
# CSV to standard output, a line for each run:
#
#	program	what is run
#	cpus	that it may use
#	round	from 1 on; all programs have their turn in each
#	action	compress, decompress
#	plain	bytes before compression
#	packed	bytes after
#	seconds	it took
#	cpu	seconds of processor time, of the program
#	kernel	the same, of flipq's workers in the kernel
#
# The input is MIB pieces of a MiB, spread over IMAGE; all files are in memory.
# What is decompressed is compared with it in the first round.
set -eu

image=$1
mib=$2
rounds=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
TIMEFORMAT='%R %U %S'

names="flipq-lz4 lz4 lz4-64K flipq-zstd zstd flipq-gzip pigz"
# the threads of lz4 came with its version 1.10
if lz4 -q -T2 -1 -c </dev/null >/dev/null 2>&1; then
	names="$names lz4-T"
else
	echo "lz4 -T: not in this version: $(lz4 --version)" >&2
fi

# run NAME ACTION FROM TO
run()
{
	case $1-$2 in
	flipq-lz4-compress)	flipq compress -q -f -o "$4" "$3" ;;
	flipq-*-compress)	flipq compress -q -f -a "${1#flipq-}" -l 1 \
					-o "$4" "$3" ;;
	flipq-*-decompress)	flipq decompress -q -f -o "$4" "$3" ;;
	lz4-compress)		lz4 -q -f -1 "$3" "$4" ;;
	lz4-64K-compress)	lz4 -q -f -1 -B4 "$3" "$4" ;;
	lz4-T-compress)		lz4 -q -f -1 -T0 "$3" "$4" ;;
	lz4*-decompress)	lz4 -q -f -d "$3" "$4" ;;
	zstd-compress)		zstd -q -f -1 -T0 "$3" -o "$4" ;;
	zstd-decompress)	zstd -q -f -d "$3" -o "$4" ;;
	pigz-compress)		pigz -1 -c <"$3" >"$4" ;;
	pigz-decompress)	pigz -d -c <"$3" >"$4" ;;
	esac
}

# what the kernel's workers used so far, in ns
kernel_ns()
{
	for comm in /proc/[0-9]*/comm; do
		read -r name <"$comm" 2>/dev/null || continue
		case $name in
		flipq/*) read -r ns _ <"${comm%comm}schedstat" && echo "$ns" ;;
		esac
	done | awk '{ n += $1 } END { printf "%.0f\n", n }'
}

# timed NAME CPUS ROUND ACTION FROM TO
timed()
{
	before=$(kernel_ns)
	said=$({ time run "$1" "$4" "$5" "$6" >&3 2>&4; } 2>&1) || {
		echo "$1: $4: failed" >&2
		return 1
	}
	after=$(kernel_ns)
	echo "$1 $2 $3 $4 $(stat -c %s "$work/input" "$work/packed" |
		tr '\n' ' ') $said $before $after" |
		awk -v OFS=, '{ print $1, $2, $3, $4, $5, $6, $7, $8 + $9,
			($11 - $10) / 1e9 }'
} 3>&1 4>&2

# one_program NAME CPUS ROUND
one_program()
{
	rm -f "$work/packed" "$work/back"
	timed "$1" "$2" "$3" compress "$work/input" "$work/packed" &&
		timed "$1" "$2" "$3" decompress "$work/packed" "$work/back" ||
		return 1
	[ "$3" != 1 ] || cmp "$work/input" "$work/back" || {
		echo "$1: what comes back is not what went in" >&2
		return 1
	}
}

# before it may use fewer
all=$(nproc)
pieces=$(($(stat -c %s "$image") >> 20))
[ "$mib" -le "$pieces" ] || mib=$pieces
for ((i = 0; i < mib; i++)); do
	dd if="$image" bs=1M count=1 skip=$((i * pieces / mib)) 2>/dev/null
done >"$work/input"

echo "program,cpus,round,action,plain,packed,seconds,cpu,kernel"
for ((round = 1; round <= rounds; round++)); do
	for ((cpus = 1; cpus <= all; cpus *= 2)); do
		# with this shell all that it starts
		taskset -p "$(printf '%x' $(((1 << cpus) - 1)))" $$ >/dev/null
		for name in $names; do
			one_program "$name" $cpus $round
		done
	done
done
