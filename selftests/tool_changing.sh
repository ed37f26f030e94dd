#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_changing.sh - files that grow or shrink while they are read, and files whose
# size is made up: what was read is what comes out
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

# grow, shrink: what happens to the file
grow()
{
	cat line >>"$1"
}

shrink()
{
	truncate -s 2500000 "$1"
}

# changed CHANGE ALGORITHM: while the tool is stopped in the middle, where a full
# pipe or a signal stops it
changed()
{
	cp plain in
	mkfifo fifo
	"$FLIPQ" compress -a "$2" -c in >fifo 2>stderr &
	pid=$!
	{
		sleep 0.3
		$1 in
		cat
	} <fifo >"out.$2"
	wait $pid || return 1
	rm fifo
	stock "$2" <"out.$2" >back && between
}

# between: what was read is what there was, some time from before to after
between()
{
	[ "$(wc -c <back)" -ge 2500000 ] &&
		[ "$(wc -c <back)" -le $(($(wc -c <plain) + 14)) ] &&
		cat plain line | cmp -n "$(wc -c <back)" - back
}

# The same to a file: the header, which is written first, has the size, too.
changed_file()
{
	cp plain in
	"$FLIPQ" compress -a lz4 -f -o out.lz4 in 2>stderr &
	pid=$!
	sleep 0.05
	kill -STOP $pid 2>/dev/null
	$1 in
	kill -CONT $pid 2>/dev/null
	wait $pid || return 1
	stock lz4 <out.lz4 >back && "$FLIPQ" test out.lz4 || return 1
	between
}

# Of these, sizes are 0, or a page where there are some bytes.
made_up()
{
	for f in /proc/version /proc/filesystems /proc/devices \
		/sys/kernel/mm/transparent_hugepage/enabled \
		/sys/kernel/notes; do
		[ -r $f ] || continue
		for a in lz4 lz4hc zstd gzip; do
			run "$FLIPQ" compress -f -a $a -o "out.$a" $f &&
				[ ! -s stderr ] &&
				stock $a <"out.$a" >back &&
				[ -s back ] || return 1
			run "$FLIPQ" compress -a $a -c $f &&
				stock $a <stdout | cmp - back || return 1
			"$FLIPQ" compress -a $a <$f | stock $a |
				cmp - back || return 1
			"$FLIPQ" compress -a $a <$f >"out.$a" &&
				stock $a <"out.$a" | cmp - back || return 1
		done
	done
	"$FLIPQ" compress -c /proc/version | stock lz4 | cmp - /proc/version
}

# LZ4 has the size in its header, but not where it could not be written twice.
size_in_header()
{
	"$FLIPQ" compress -f -o out.lz4 plain &&
		[ "$(od -An -tu8 -j 6 -N 8 out.lz4)" -eq "$(wc -c <plain)" ] ||
		return 1
	"$FLIPQ" compress -c plain >out.lz4 &&
		"$FLIPQ" compress -c plain | cmp - out.lz4 &&
		stock lz4 <out.lz4 | cmp - plain
}

{
	text 2000000
	random 2000000
	text 2000000
} >plain
echo 'one line more' >line
for a in lz4 lz4hc zstd gzip; do
	for c in grow shrink; do
		ok "$a: $c" changed $c $a
	done
done
for c in grow shrink; do
	ok "lz4 to a file: $c" changed_file $c
done
ok "made-up sizes" made_up
ok "the size in the header" size_in_header
tap_end
