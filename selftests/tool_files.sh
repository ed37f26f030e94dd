#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_files.sh - the command line, and what happens to files
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

# Of the module, where there is one.
VERSION=/sys/module/flipq/version

fresh()
{
	rm -rf d
	mkdir d
	text 300000 >d/f
}

suffixes()
{
	for a in lz4 lz4hc zstd gzip; do
		fresh
		s=$(suffix "$a")
		"$FLIPQ" compress -a "$a" d/f && [ -e d/f ] || return 1
		mv d/f plain
		"$FLIPQ" decompress "d/f.$s" && cmp d/f plain &&
			[ -e "d/f.$s" ] || return 1
	done
}

no_overwrite()
{
	fresh
	echo old >d/f.lz4
	fails 1 'd/f.lz4: already exists' "$FLIPQ" compress d/f &&
		[ "$(cat d/f.lz4)" = old ] || return 1
	"$FLIPQ" compress -f d/f && "$FLIPQ" decompress -c d/f.lz4 | cmp - d/f &&
		fails 1 'd/f: already exists' "$FLIPQ" decompress d/f.lz4 &&
		! ls -d d/.f*
}

# It appears while we are at work.
no_overwrite_late()
{
	fresh
	mkfifo fifo
	"$FLIPQ" compress -o d/late - <fifo 2>stderr &
	pid=$!
	{
		head -c 1000 d/f
		sleep 1
		echo mine >d/late
	} >fifo
	status=0
	wait $pid || status=$?
	rm fifo
	[ $status -eq 1 ] && grep -q d/late stderr &&
		[ "$(cat d/late)" = mine ] && ! ls -d d/.late*
}

mode_and_time()
{
	fresh
	chmod 640 d/f
	touch -d '2001-02-03 04:05:06' d/f
	"$FLIPQ" compress d/f || return 1
	[ "$(stat -c '%a %Y' d/f)" = "$(stat -c '%a %Y' d/f.lz4)" ]
}

killed()
{
	fresh
	mkfifo fifo
	"$FLIPQ" compress -o d/out - <fifo &
	pid=$!
	{
		head -c 200000 d/f
		sleep 1
		ls -A d >during
		kill -TERM $pid
	} >fifo
	status=0
	wait $pid || status=$?
	rm fifo
	if grep -qx out during; then
		echo "seen before it is complete"
		return 1
	fi
	[ $status -eq 143 ] && alone d/f
}

stdout()
{
	fresh
	"$FLIPQ" compress -c d/f >c1 && "$FLIPQ" compress -o - d/f >c2 &&
		"$FLIPQ" compress <d/f >c3 && "$FLIPQ" compress - <d/f >c4 &&
		cmp c1 c2 && cmp c3 c4 && lz4 -dcq c1 | cmp - d/f &&
		lz4 -dcq c3 | cmp - d/f && alone d/f
}

deterministic()
{
	fresh
	for a in lz4 zstd gzip; do
		"$FLIPQ" compress -a $a -c d/f >c1
		"$FLIPQ" compress -a $a -c d/f | cmp - c1 || return 1
	done
}

full_disk()
{
	fresh
	fails 1 'No space left' "$FLIPQ" compress -o /dev/full d/f &&
		fails 1 'No space left' sh -c "'$FLIPQ' compress -c d/f >/dev/full"
}

# A thread writes what is decoded, while more of it is.
full_stream()
{
	random 3000000 | gzip >stream.gz
	fails 1 'No space left' \
		sh -c "'$FLIPQ' decompress -c stream.gz >/dev/full" || return 1
	# A thread is there by the time that the limit is reached.
	fails 1 'File too large' sh -c "trap '' XFSZ; ulimit -f 4000
		exec '$FLIPQ' decompress -c stream.gz >limited" &&
		[ "$(grep -c . stderr)" -eq 1 ]
}

full_directory()
{
	fresh
	random 3000000 >d/r
	fails 1 'File too large' \
		sh -c "trap '' XFSZ; ulimit -f 1000; exec '$FLIPQ' compress d/r" ||
		return 1
	rm d/r
	alone d/f
}

broken_pipe()
{
	fresh
	cat d/f d/f d/f d/f d/f d/f d/f d/f >big
	"$FLIPQ" compress -f big
	{
		"$FLIPQ" decompress -c big.lz4
		echo $? >status
	} 2>stderr | head -c 10 >/dev/null
	[ "$(cat status)" -ne 0 ]
}

to_device()
{
	fresh
	"$FLIPQ" compress -o /dev/null d/f && [ -c /dev/null ]
}

help_and_version()
{
	"$FLIPQ" --version | grep -q '^flipq [0-9]' &&
		"$FLIPQ" --help | grep -q Usage || return 1
	[ ! -e $VERSION ] ||
		"$FLIPQ" --version | grep -qxF "flipq $(cat $VERSION)" ||
		return 1
	for c in compress decompress test list codecs info; do
		"$FLIPQ" $c --help | grep -q "^Usage: flipq $c" || return 1
	done
	"$FLIPQ" compress --help | grep -q 'FILE is kept'
}

options()
{
	fresh
	"$FLIPQ" compress -kfqazstd -l3 --block=128K --workers=1 -o d/x d/f &&
		zstd -dcq d/x | cmp - d/f &&
		"$FLIPQ" compress --algorithm gzip --stdout --threads 1 d/f |
			gzip -dc | cmp - d/f
}

usage_errors()
{
	fresh
	fails 1 'squash: No such file' "$FLIPQ" squash &&
		fails 2 "unknown command 'squash'" "$FLIPQ" help squash &&
		fails 2 "unknown option '-X'" "$FLIPQ" compress -X d/f &&
		fails 2 "unknown option '--zip'" "$FLIPQ" compress --zip d/f &&
		fails 2 "algorithm 'rar'" "$FLIPQ" compress -a rar d/f &&
		fails 2 "block size '5G'" "$FLIPQ" compress -b 5G d/f &&
		fails 2 "block size '8M'" "$FLIPQ" compress -b 8M d/f &&
		fails 2 "block size '512'" "$FLIPQ" compress -b 512 d/f &&
		fails 2 "memory '1'" "$FLIPQ" decompress -M 1 d/f &&
		fails 2 "memory '3G'" "$FLIPQ" decompress -M 3G d/f &&
		fails 2 "long '32'" "$FLIPQ" test --long=32 d/f &&
		fails 2 "block size '4MX'" "$FLIPQ" compress -b 4MX d/f &&
		fails 2 "level 'x'" "$FLIPQ" compress -l x d/f &&
		fails 2 "level '0'" "$FLIPQ" compress -l 0 d/f &&
		fails 2 "workers '65'" "$FLIPQ" compress -w 65 d/f &&
		fails 2 'expected a value' "$FLIPQ" compress d/f -o &&
		fails 2 'expected one file, got 2' \
			"$FLIPQ" compress -o d/o d/f b &&
		fails 2 "does not take option" "$FLIPQ" test -k d/f &&
		fails 2 'expected a file' "$FLIPQ" test &&
		fails 2 'unexpected argument' "$FLIPQ" info x && alone d/f
}

levels()
{
	fresh
	fails 1 'expected 1 to 22' "$FLIPQ" compress -a zstd -l 23 d/f &&
		fails 1 'expected 1 to 16' \
			"$FLIPQ" compress -a lz4hc -l 17 d/f &&
		fails 1 'expected 1 to 9' "$FLIPQ" compress -a gzip -l 10 d/f &&
		alone d/f
}

file_errors()
{
	fresh
	fails 1 'd/none: No such file' "$FLIPQ" compress d/none &&
		fails 1 'd: is a directory' "$FLIPQ" compress d &&
		fails 1 'No such file' "$FLIPQ" compress -o no/out d/f &&
		fails 1 'name ends neither' "$FLIPQ" decompress d/f && alone d/f
}

codecs()
{
	"$FLIPQ" codecs >list || return 1
	for c in lz4 lz4hc zstd deflate; do
		grep -q "^$c " list || return 1
	done
	# It is not in the process. What has no level is said in words, too.
	if [ -n "${FLIPQ_NO_DEVICE-}" ]; then
		! grep -q '^lzo ' list && head -n 1 list | grep '^device: none: '
		return
	fi
	levels=$(sed -n 's/^lzo  *[^ ]*  *[^ ]* //p' list)
	case $levels in
	*[0-9]*) ! grep -q '^lzo: ' list || return 1 ;;
	*) grep -q '^lzo: decompression only' list || return 1 ;;
	esac
	"$FLIPQ" info | grep -q '^workers: [1-9]'
}

no_progress()
{
	fresh
	"$FLIPQ" compress -c d/f 2>stderr >/dev/null && ! [ -s stderr ]
}

ok "suffixes" suffixes
ok "no overwriting without -f" no_overwrite
ok "no overwriting of what came later" no_overwrite_late
ok "mode and time" mode_and_time
ok "killed: no file" killed
ok "-c, -o -, pipes" stdout
ok "the same input, the same output" deterministic
ok "no space on a device" full_disk
ok "no space for a stream" full_stream
ok "file size limit: no file" full_directory
ok "broken pipe" broken_pipe
ok "output to a device" to_device
ok "--help and --version" help_and_version
ok "bundled and long options" options
ok "usage errors" usage_errors
ok "levels that are not there" levels
ok "file errors" file_errors
ok "codecs and info" codecs
ok "no progress without a terminal" no_progress
tap_end
