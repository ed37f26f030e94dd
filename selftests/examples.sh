#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# examples.sh - the library's examples do with the device what they say
# shellcheck disable=SC2317 # functions are called through ok
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

# says NAME PATTERN [ARGUMENT]...: an example succeeds, and all that it writes is
# lines like this one, which are as many as the pattern has
says()
{
	example=$tap_here/example_$1
	pattern=$2
	shift 2
	"$example" "$@" >"$tap_tmp/out" 2>"$tap_tmp/err" || return 1
	cat "$tap_tmp/out" "$tap_tmp/err"
	[ ! -s "$tap_tmp/err" ] &&
		tr '\n' '|' <"$tap_tmp/out" | grep -qx "$pattern"
}

# It reads what it compresses, from a pipe that has nothing at times.
reads()
{
	{ seq 20000; sleep 1; seq 20000; } | says loop \
		'217788 bytes became [1-9][0-9]\{1,4\}|'
}

nothing()
{
	says loop '0 bytes became 0|' </dev/null
}

whole()
{
	seq 40000 | says whole '[1-9][0-9]\{3,4\} bytes|'
}

# Of lines of seven bytes those at the end of one block of 64 KiB and at the
# beginning of the next; and of what is past the end nothing.
range()
{
	seq 100000 199999 | "$FLIPQ" compress -q --index -b 64K -o "$image" &&
		says range '109361|109362|109363|' "$image" 65527 21 &&
		says range '199999|' "$image" 699993 100 &&
		[ -z "$("$tap_here/example_range" "$image" 700000 1)" ]
}

no_range()
{
	seq 9 >"$image"
	! says range '.*' "$image" 0 1 && grep -q 'index\|table' "$tap_tmp/err"
}

# Each example is run here; a new one has to be added.
all_are_run()
{
	for program in "$tap_here"/example_*; do
		grep -q "says ${program##*_} " "$0" || {
			echo "${program##*/} is not run"
			return 1
		}
	done
}

tap_start
[ -e /dev/flipq ] || tap_skip_all "no /dev/flipq: flipq.ko is not loaded"
trap 'rm -rf "$tap_tmp"' EXIT
FLIPQ=${FLIPQ:-flipq}
image=$tap_tmp/image

ok "page" says page '4096 bytes became [1-9][0-9]\{0,1\}|and the same again|'
ok "many" says many \
	'256 pages: 128 of one word, 0 stored, the others [1-9][0-9]\{3\} bytes|'
ok "loop" reads
ok "loop without input" nothing
ok "whole" whole
ok "owner" says owner '524288 bytes became [1-9][0-9]\{3,5\}|'
ok "damaged" says damaged \
	'whole: the same again|cut: [a-z].*|damaged: [a-z].*|'
ok "codecs" says codecs \
	'lz4: .*[1-9] codecs|4096 bytes became [1-9][0-9]\{0,1\}|'
ok "anywhere" says anywhere \
	'4096 bytes became [1-9][0-9]\{0,1\}, by the device|'
ok "range" range
ok "range of what is no image" no_range
ok "all of them" all_are_run
tap_end
