#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# commit.sh - file systems that have not all ways to give a file its name
set -u
tap_here=$(dirname "$(readlink -f "$0")")/../../../selftests
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

fresh()
{
	rm -rf d
	mkdir d
	text 300000 >d/in
	chmod 640 d/in
	touch -d '2001-02-03 04:05:06' d/in
}

# without CALLS COMMAND...: the command, where these calls fail
without()
{
	FLIPQ_REFUSE=$1
	export FLIPQ_REFUSE
	shift
	status=0
	"$@" || status=$?
	unset FLIPQ_REFUSE
	return $status
}

whole()
{
	stock lz4 <d/in.lz4 | cmp - d/in &&
		[ "$(stat -c '%a %Y' d/in)" = "$(stat -c '%a %Y' d/in.lz4)" ] &&
		[ "$(ls -A d)" = "in
in.lz4" ]
}

# There is always a way, for a new name and for one that is there.
way()
{
	fresh
	without "$1" "$FLIPQ" compress d/in && whole || return 1
	fails 1 'already exists' without "$1" "$FLIPQ" compress d/in &&
		whole || return 1
	echo old >d/in.lz4
	without "$1" "$FLIPQ" compress -f d/in && whole
}

# One that appears meanwhile is not replaced.
late()
{
	fresh
	mkfifo fifo
	without "$1" "$FLIPQ" compress -o d/late - <fifo 2>stderr &
	pid=$!
	{
		cat d/in
		sleep 1
		echo mine >d/late
	} >fifo
	status=0
	wait $pid || status=$?
	rm fifo
	[ $status -eq 1 ] && grep -q d/late stderr &&
		[ "$(cat d/late)" = mine ] && [ "$(ls -A d)" = "in
late" ]
}

# A directory in which nothing can be created, a file there that can be written
only_the_file()
{
	fresh
	echo old >d/in.lz4
	inode=$(stat -c %i d/in.lz4)
	without 'tmpfile create' "$FLIPQ" compress -f d/in &&
		stock lz4 <d/in.lz4 | cmp - d/in &&
		[ "$(stat -c %i d/in.lz4)" = "$inode" ] || return 1
	# What cannot be replaced is empty after a failure, not half done.
	head -c 1000 d/in.lz4 >bad.lz4
	fails 1 truncated without 'tmpfile create' \
		"$FLIPQ" decompress -f -o d/in.lz4 bad.lz4 && [ ! -s d/in.lz4 ]
}

# Nor a file under its own name: the work is not lost.
kept()
{
	fresh
	FLIPQ_REFUSE='tmpfile link noreplace move late'
	export FLIPQ_REFUSE
	fails 1 'the output is kept as d/\.flipq-' \
		"$FLIPQ" compress d/in
	status=$?
	unset FLIPQ_REFUSE
	[ $status -eq 0 ] && cat d/.flipq-* | stock lz4 | cmp - d/in
}

# None leaves a temporary file. A shell makes what it starts in the background
# ignore some of them; those of faults are the sanitizer's here.
signals()
{
	mkfifo fifo
	for s in HUP INT QUIT TRAP ABRT USR1 USR2 PIPE ALRM TERM STKFLT \
		XCPU XFSZ VTALRM PROF POLL PWR SYS 34 64; do
		fresh
		env --default-signal FLIPQ_REFUSE=tmpfile "$FLIPQ" \
			compress -o d/out - <fifo 2>/dev/null &
		pid=$!
		{
			while [ "$(ls -A d)" = in ]; do
				sleep 0.02
			done
			kill -s $s $pid || kill $pid
			wait $pid
			status=$?
		} >fifo
		if [ $status -le 128 ] || ! alone d/in; then
			echo "SIG$s: status $status, $(ls -A d)"
			return 1
		fi
	done
}

# An input is removed only if all of it is on disk, to its last byte.
removed()
{
	fresh
	fails 1 'd/in.lz4: Input/output error' without sync \
		"$FLIPQ" --rm d/in && whole || return 1
	FLIPQ_APPEND=d/in "$FLIPQ" -f --rm d/in 2>stderr &&
		grep -q 'd/in: .*changed meanwhile' stderr &&
		[ "$(tail -n 1 d/in)" = more ] && "$FLIPQ" -f --rm d/in &&
		alone d/in.lz4
}

everything='tmpfile noreplace link move'
for c in '' tmpfile link 'link move' 'tmpfile noreplace' \
	'tmpfile noreplace link' "$everything"; do
	ok "without ${c:-nothing}" way "$c"
	ok "without ${c:-nothing}: a name that is taken" late "$c"
done
ok "a directory that is not ours" only_the_file
ok "no name to be had" kept
ok "--rm" removed
ok "signals" signals
tap_end
