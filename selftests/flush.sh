#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# flush.sh - the flush experiment: all that is dirty is copied, in each way
#
# The program compares all of the memory after each flush. Times are not judged.
# $FLUSH is the program, by default the one on PATH.
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

FLUSH=${FLUSH:-flush}

command -v "$FLUSH" >/dev/null || tap_skip_all "no program flush"

# lines FILE WAY: the lines of that way, of both places and all three patterns
lines()
{
	grep "^  $2  " "$1"
}

# requests FILE WAY NUMBER: each of these lines has so many. The column is
# counted from the right, as the titles have blanks.
requests()
{
	lines "$1" "$2" | awk '{ print $(NF - 5) }' >values
	[ "$(wc -l <values)" -eq 6 ] || {
		echo "$2: $(wc -l <values) lines, expected 6"
		return 1
	}
	if grep -vx "$3" values; then
		echo "$2: so many requests, expected $3"
		return 1
	fi
}

# each_way SEED WORKERS PERCENT REQUESTS: so many in fixed ranges
each_way()
{
	"$FLUSH" --pages 1024 --rounds 1 --chunk 0,64,128 --seed "$1" \
		--workers "$2" --dirty "$3" >table || return 1
	requests table inline 0 &&
		requests table "one server" 1 &&
		requests table fixed "$4" &&
		requests table "chunks of 64" 16 &&
		requests table "chunks of 128" 8 &&
		lines table chunks >default && [ -s default ]
}

# A last word that is not full, and fewer words than partitions.
odd_sizes()
{
	"$FLUSH" --pages 1000 --rounds 1 >table &&
		"$FLUSH" --pages 65 --rounds 1 --workers 3 --dirty 1 >table &&
		requests table "one server" 1 &&
		requests table fixed 2
}

bad_arguments()
{
	fails 2 "number from 64" "$FLUSH" --pages 63 &&
		fails 2 "from 1 to 100" "$FLUSH" --dirty 101 &&
		fails 2 "from 1 to 64" "$FLUSH" --workers 0 &&
		fails 2 "from 1 to 1000" "$FLUSH" --rounds -1 &&
		fails 2 "multiple of 64" "$FLUSH" --chunk 64,65 &&
		fails 2 "number from" "$FLUSH" --chunk 64, &&
		fails 2 "number from" "$FLUSH" --seed one &&
		fails 2 "options only" "$FLUSH" inline &&
		fails 2 "Try" "$FLUSH" --unknown
}

too_large()
{
	fails 1 "flush: /dev/flipq: " "$FLUSH" --pages 16777216
}

ok "each way copies what is dirty, with two servers" each_way 1 2 25 2
ok "with one" each_way 2 1 10 1
ok "when all is dirty, with three" each_way 3 3 100 3
ok "sizes that are not whole words" odd_sizes
ok "bad arguments are named" bad_arguments
ok "a memory larger than an arena may be is refused" too_large
tap_end
