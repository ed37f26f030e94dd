#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_pool.sh - levels too high for the shared workers, by the tool's threads
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

# round SERVER ALGORITHM OPTION...: there, by this server, and back
round()
{
	server=$(server "$1") a=$2 out=out.$(suffix "$2")
	shift 2
	"$FLIPQ" compress -v -f -a "$a" "$@" -o "$out" in 2>report || {
		cat report
		return 1
	}
	[ "$(counter report server)" = "$server" ] || {
		echo "server $(counter report server), expected $server"
		return 1
	}
	stock "$a" <"$out" | cmp - in || return 1
	"$FLIPQ" test "$out" || return 1
	"$FLIPQ" decompress -c "$out" | cmp - in
}

# As many workers as asked for, and what they did adds up to the whole.
shares()
{
	round pool zstd -l 19 -b 256K -w "$1" || return 1
	holds report workers -eq "$1" || return 1
	counter report worker_share | awk -v n="$1" '
		{ for (i = 1; i <= NF; i++) { sum += $i; zero += $i <= 0 } }
		END { exit !(NF == n && !zero && sum > 99 && sum < 101) }'
}

# The same bytes whoever does it.
same()
{
	"$FLIPQ" compress -q -a zstd -l 19 -b 1M -w 1 -c in >one &&
		"$FLIPQ" compress -q -a zstd -l 19 -b 1M -w 3 -c in | cmp - one
}

# Words in no order, the first ones more often than the last. Lines of numbers
# will not do here: their one long pattern suits level 1 better than level 19.
words()
{
	awk -v lines=40000 'BEGIN {
		n = split("queue worker slot partition submit flip reap done " \
			  "fill kick wait poll serve cancel codec level page " \
			  "arena flush copy thread owner kernel memory", w, " ")
		for (i = 0; i < lines; i++) {
			line = ""
			for (k = 0; k < 4; k++) {
				x = (x * 16645 + 10139) % 65536
				y = (y * 25173 + 13849) % 65536
				line = line " " w[1 + int(x * y / 4294967296 * n)]
			}
			print line
		}
	}'
}

smaller()
{
	words >prose
	low=$("$FLIPQ" compress -q -a zstd -l 1 -b 1M -c prose | wc -c)
	high=$("$FLIPQ" compress -q -a zstd -l 19 -b 1M -c prose | wc -c)
	echo "level 1: $low bytes, level 19: $high"
	[ "$high" -lt "$low" ]
}

pipes()
{
	# shellcheck disable=SC2094 # it is read at both ends
	"$FLIPQ" compress -q -a zstd -l 19 -b 1M <in | dd bs=999 2>/dev/null |
		stock zstd | cmp - in
}

# One that has no threads yet, and no block to make them for.
empty()
{
	: >in
	round pool zstd -l 19 -b 1M
}

mixed >in
ok "zstd -l 19, blocks of 1 MiB" round pool zstd -l 19 -b 1M
ok "zstd -l 22, blocks of 4 MiB" round pool zstd -l 22 -b 4M
ok "lz4hc -l 12, blocks of 4 MiB" round pool lz4hc -l 12 -b 4M
ok "lz4hc -l 16, blocks of 1 MiB" round pool lz4hc -l 16 -b 1M
ok "zstd -l 3, blocks of 1 MiB: shared workers" round shared zstd -l 3 -b 1M
ok "a default level: shared workers" round shared lz4hc -b 4M
ok "one thread" shares 1
ok "three threads" shares 3
ok "one or more threads write the same" same
ok "a high level compresses better" smaller
ok "pipes on both sides" pipes
ok "no input" empty
tap_end
