#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_target.sh - where output goes: names of any length, symlinks, descriptors,
# mounts, the input itself; and what is left of it by a kill at any moment
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

fresh()
{
	rm -rf d
	mkdir d
	text 300000 >d/in
}

# holds_input FILE: it is what LZ4 makes of the input
holds_input()
{
	stock lz4 <"$1" | cmp - d/in
}

# 255 bytes are what most file systems have for a name; one more is known before
# the work.
names()
{
	for n in 240 244 247 250 251; do
		fresh
		name=$(head -c $n /dev/zero | tr '\0' n)
		mv d/in "d/$name"
		"$FLIPQ" compress "d/$name" && mv "d/$name" d/in &&
			holds_input "d/$name.lz4" &&
			"$FLIPQ" decompress "d/$name.lz4" &&
			cmp d/in "d/$name" || return 1
	done
	rm "d/$name.lz4" "d/$name"
	mv d/in "d/n$name"
	fails 1 'File name too long' "$FLIPQ" compress "d/n$name" &&
		alone "d/n$name"
}

# The input stays as it is, by whatever name it is the output.
input()
{
	fresh
	cp d/in copy
	ln d/in d/hard
	ln -s in d/soft
	for o in d/in d/hard d/soft d/../d/in "$PWD/d/in"; do
		fails 1 'is the input, too' "$FLIPQ" compress -f -o "$o" d/in &&
			cmp d/in copy || return 1
	done
	for c in '-c d/in' '- <d/in'; do
		fails 1 'is the input, too' \
			sh -c "'$FLIPQ' compress $c >>d/in" &&
			cmp d/in copy || return 1
	done
}

descriptors()
{
	fresh
	ln -s /proc/self/fd/1 d/link
	ln -s link d/link2
	for o in /dev/stdout /dev/fd/1 /proc/self/fd/1 d/link d/link2 \
		/proc/thread-self/fd/1; do
		"$FLIPQ" compress -o $o d/in >got && holds_input got &&
			"$FLIPQ" compress -o $o d/in | cat >got &&
			holds_input got || return 1
	done
	"$FLIPQ" compress -f -o d/link2 d/in >got && holds_input got &&
		[ -L d/link ] && [ -L d/link2 ] || return 1
	# What is there already stays.
	echo first >got
	"$FLIPQ" compress -o /dev/stdout d/in >>got || return 1
	[ "$(head -n 1 got)" = first ] && tail -c +7 got >rest &&
		holds_input rest || return 1
	"$FLIPQ" compress -o /dev/fd/5 d/in 5>got && holds_input got &&
		fails 1 . "$FLIPQ" compress -o /dev/fd/7 d/in
}

# A symlink to nothing is a name that is taken; -f replaces a symlink, as gzip does.
symlinks()
{
	fresh
	ln -s nowhere d/in.lz4
	fails 1 'already exists' "$FLIPQ" compress d/in &&
		"$FLIPQ" compress -f d/in && holds_input d/in.lz4 &&
		[ ! -L d/in.lz4 ] && [ ! -e d/nowhere ]
}

pipes()
{
	fresh
	mkfifo d/fifo
	cat d/fifo >got &
	"$FLIPQ" compress -f -o d/fifo d/in || return 1
	wait
	holds_input got && [ -p d/fifo ]
}

# What something is mounted on cannot be replaced.
mounted()
{
	fresh
	echo old >d/out
	echo other >source
	# shellcheck disable=SC2016 # for the other shell
	unshare -m sh -c 'mount --bind source d/out &&
		"$0" compress -f -o d/out d/in &&
		[ "$(ls -A d)" = "in
out" ]' "$FLIPQ" && holds_input source
}

# kills SIGNAL OLD: at many moments; the old file, or the new one, or none
kills()
{
	fresh
	"$FLIPQ" compress -c d/in >new
	for i in 0 1 2 3 4 5 6 7 8 9; do
		rm -f d/in.lz4
		[ -z "$2" ] || echo "$2" >d/in.lz4
		"$FLIPQ" compress -f d/in 2>/dev/null &
		pid=$!
		sleep 0.00$i
		kill -s "$1" $pid 2>/dev/null
		wait $pid 2>/dev/null
		if [ -e d/in.lz4 ] && ! holds_input d/in.lz4; then
			[ "$(cat d/in.lz4)" = "$2" ] || return 1
		fi
		rm -f d/in.lz4
		# What replaces a file has a name of its own for a moment.
		[ "$1 $2" != 'KILL old' ] || for left in d/.flipq-*; do
			[ ! -e "$left" ] || { holds_input "$left" &&
				rm "$left"; } || return 1
		done
		alone d/in || return 1
	done
}

# As zstd has it: the input's mode without what is set by it, and its time.
modes()
{
	fresh
	umask 077
	touch -d '2001-02-03 04:05:06' d/in
	for m in 400 640 644 664 4755; do
		chmod $m d/in
		rm -f d/in.lz4 d/in.zst
		"$FLIPQ" compress d/in && zstd -q d/in || return 1
		[ "$(stat -c '%a %u %g %Y' d/in.lz4)" = \
			"$(stat -c '%a %u %g %Y' d/in.zst)" ] || return 1
	done
	"$FLIPQ" compress <d/in -o d/none &&
		[ "$(stat -c %a d/none)" = 600 ] || return 1
	umask 022
}

# Somebody else's file: its mode, but ours.
others()
{
	fresh
	chmod 777 d
	for m in 644 664 755; do
		chmod $m d/in
		rm -f d/in.lz4 d/in.zst
		# shellcheck disable=SC2016 # for the other shell
		setpriv --reuid 65534 --regid 65534 --clear-groups sh -c \
			'"$0" compress d/in && zstd -q d/in' "$FLIPQ" || return 1
		[ "$(stat -c '%a %u %g %Y' d/in.lz4)" = \
			"$(stat -c '%a %u %g %Y' d/in.zst)" ] || return 1
	done
}

ok "names of 240 to 255 bytes" names
ok "the input is not the output" input
ok "/dev/stdout and the like" descriptors
ok "symlinks" symlinks
ok "a FIFO" pipes
if unshare -m true 2>/dev/null; then
	ok "a bind mount" mounted
else
	tap_skip "a bind mount" "needs root"
fi
ok "killed: the old file or the new one" kills KILL old
ok "killed: the new file or none" kills KILL ''
ok "terminated" kills TERM old
ok "mode and time" modes
if [ ! -e /dev/flipq ] && [ "$(id -u)" = 0 ]; then
	# shellcheck disable=SC2154 # set by tap.sh
	chmod 755 "$tap_tmp"
	ok "mode of somebody else's file" others
fi
tap_end
