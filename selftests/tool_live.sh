#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_live.sh - streams whose reader waits for what was written so far, as that of a
# migration through exec: does; and descriptors that somebody made non-blocking
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

# within SECONDS COMMAND...: it succeeds before that, tried again and again
within()
{
	tries=$(($1 * 20))
	shift
	until "$@" 2>/dev/null; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.05
	done
}

# is_there ALGORITHM: all that was sent can be decoded of what came out, though the
# stream goes on
is_there()
{
	stock "$1" <out 2>/dev/null | cmp - sent
}

# What a stock tool can have of it, while the sender pauses; and it is a whole in
# the end.
pauses()
{
	mkfifo fifo
	"$FLIPQ" compress -a "$1" -c <fifo >out &
	pid=$!
	: >sent
	status=0
	{
		for n in 1 10000 65536 1000000 3; do
			text $n >part
			cat part
			cat part >>sent
			within 10 is_there "$1" || {
				echo "$n bytes more are held back" >&2
				status=1
			}
		done
	} >fifo
	wait $pid || return 1
	rm fifo
	is_there "$1" && return $status
}

# The tool at both ends: each word is there before the next one is sent.
answers()
{
	mkfifo there
	"$FLIPQ" compress -a "$1" <there | "$FLIPQ" decompress >back &
	exec 3>there
	status=0
	for word in one two three four; do
		echo $word >&3
		within 10 grep -qx $word back || status=1
	done
	exec 3>&-
	wait
	rm there
	return $status
}

# A byte now and then is no pause, and no reason to wait for a whole block.
trickle()
{
	mkfifo fifo
	"$FLIPQ" compress -a "$1" <fifo >out &
	pid=$!
	: >sent
	{
		i=0
		while [ $i -lt 300 ] && [ "$(wc -c <out)" -lt 40 ]; do
			echo x
			echo x >>sent
			sleep 0.01
			i=$((i + 1))
		done
		sleep 0.3
	} >fifo
	wait $pid
	rm fifo
	[ $i -lt 300 ] && is_there "$1"
}

# What the stock tools write, live, is decoded live: theirs is what they flush.
decoded_live()
{
	mkfifo fifo
	"$FLIPQ" decompress <fifo >out &
	pid=$!
	text 300000 >one
	{
		"$@" <one
		sleep 0.1
		within 10 cmp out one
		status=$?
		"$@" <one
	} >fifo
	wait $pid || return 1
	rm fifo
	cat one one | cmp - out && return $status
}

# A stream without a pause is cut into blocks as a file is, not as it is read.
whole_blocks()
{
	mixed >in
	cat in in in in | "$FLIPQ" compress -b 1M -v 2>report >/dev/null
	# 14, and some where the machine was slow
	holds report requests -le 24
}

# non_blocking COMMAND...: with a pipe as standard input that is, and nothing in
# it yet, and one as standard output that is full
non_blocking()
{
	python3 -c '
import os, subprocess, sys, time
there, back = os.pipe(), os.pipe()
os.set_blocking(there[0], False)
os.set_blocking(back[1], False)
p = subprocess.Popen(sys.argv[1:], stdin=there[0], stdout=back[1])
os.close(there[0])
os.close(back[1])
data = open("in", "rb").read()
if not os.fork():
    os.close(back[0])
    for at in range(0, len(data), 300000):
        time.sleep(0.05)
        with open(there[1], "wb", closefd=False) as pipe:
            pipe.write(data[at:at + 300000])
    os._exit(0)
os.close(there[1])
time.sleep(0.3)
sys.stdout.buffer.write(open(back[0], "rb").read())
sys.exit(p.wait())' "$@"
}

would_block()
{
	mixed >plain
	cp plain in
	non_blocking "$FLIPQ" compress -a "$1" >out &&
		stock "$1" <out | cmp - plain || return 1
	cp out in
	non_blocking "$FLIPQ" decompress >out && cmp out plain
}

for a in lz4 lz4hc zstd gzip; do
	ok "$a: the sender pauses" pauses $a
	ok "$a: answers" answers $a
	ok "$a: a byte now and then" trickle $a
done
ok "lz4's, live" decoded_live lz4 -c
ok "zstd's, live" decoded_live zstd -qc
ok "gzip's, live" decoded_live gzip -c
ok "no pause, whole blocks" whole_blocks
if command -v python3 >/dev/null; then
	for a in lz4 zstd gzip; do
		ok "$a: non-blocking" would_block $a
	done
fi
tap_end
