#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_habits.sh - options and files without a command, as hands and scripts know
# them from gzip, lz4, zstd and pigz
#
# What is read twice in a pipeline is not written there.
# shellcheck disable=SC2094
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

fresh()
{
	rm -rf d
	mkdir d
	text 100000 >d/a
	text 50000 >d/b
}

# holds_only NAME...: these are in d, and nothing else
holds_only()
{
	found=$(ls -A d)
	[ "$found" = "$(printf '%s\n' "$@")" ] || {
		echo "expected $*, found: $found"
		return 1
	}
}

# same OPTIONS -- OPTIONS: two ways to say it
same()
{
	one=
	while [ "$1" != -- ]; do
		one="$one $1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # words
	if ! { "$FLIPQ" $one -c d/a >one && "$FLIPQ" "$@" -c d/a | cmp - one; }
	then
		echo "$one: not the same as $*"
		return 1
	fi
}

several()
{
	fresh
	"$FLIPQ" d/a d/b && holds_only a a.lz4 b b.lz4 &&
		"$FLIPQ" -dc d/b.lz4 d/a.lz4 >both && cat d/b d/a | cmp - both &&
		"$FLIPQ" -c d/b d/a | stock lz4 | cmp - both &&
		"$FLIPQ" -c - d/a <d/b | stock lz4 | cmp - both &&
		"$FLIPQ" compress -f d/a d/b && "$FLIPQ" test d/a.lz4 d/b.lz4 &&
		mv d/a a && mv d/b b && "$FLIPQ" -d d/*.lz4 && cmp a d/a &&
		cmp b d/b && "$FLIPQ" -tv d/*.lz4 2>report &&
		[ "$(counter report file | tr '\n' ' ')" = 'd/a.lz4 d/b.lz4 ' ]
}

# The others are worked on, and an error is worse than a warning.
worst()
{
	fresh
	fails 1 'd/none: No such file' "$FLIPQ" d/a d/none d/b &&
		holds_only a a.lz4 b b.lz4 || return 1
	{
		gzip -c d/a
		echo junk
	} >d/c.gz
	fails 2 'garbage' "$FLIPQ" -t d/a.lz4 d/c.gz d/b.lz4 &&
		fails 1 'unknown format' "$FLIPQ" -t d/c.gz d/a d/b.lz4 &&
		fails 1 'unknown format' "$FLIPQ" -t d/a d/c.gz
}

standard()
{
	fresh
	"$FLIPQ" <d/a | stock lz4 | cmp - d/a &&
		"$FLIPQ" - <d/a | "$FLIPQ" -d | cmp - d/a &&
		"$FLIPQ" <d/a | "$FLIPQ" -t &&
		"$FLIPQ" <d/a | "$FLIPQ" -dc - | cmp - d/a &&
		"$FLIPQ" -o d/c <d/a && "$FLIPQ" -d <d/c | cmp - d/a &&
		holds_only a b c
}

formats()
{
	fresh
	for f in lz4 LZ4 zstd zst ZST gzip gz Gz; do
		"$FLIPQ" -f --format=$f d/a || return 1
	done
	holds_only a a.gz a.lz4 a.zst b &&
		stock lz4 <d/a.lz4 | cmp - d/a && stock zstd <d/a.zst |
		cmp - d/a && stock gzip <d/a.gz | cmp - d/a
}

levels()
{
	fresh
	same -1 -- compress -a lz4 -l 1 && same -2 -- -1 &&
		same -3 -- compress -a lz4hc -l 3 &&
		same -9 -- compress -a lz4hc -l 9 && same -1 -9 -- -9 &&
		same --level=9 -- -9 && same -9 --format=zstd -- \
		compress -a zstd -l 9 && same -a gz -9 -- compress -a gzip -l 9 &&
		same --fast -- -1 && same --fast=7 -- compress -a lz4 -l 7 &&
		same --fast=7 -a zstd -- -a zstd -1 &&
		same --best -a gz -- -a gz -9 && same --best -- -12 &&
		same --best -a zstd -- compress -a zstd -l 19 &&
		same -19 -a zst -- -a zst --level 19 &&
		same -a zst --best -3 -- -a zstd && same compress -9 -- -9 &&
		same -b 64K -- --block=64kb && same -b 64kib -- -b 65536 ||
		return 1
	# and they are no mere names
	"$FLIPQ" -a zst -9 -c d/a >one
	"$FLIPQ" -a zst -1 -c d/a >two
	[ "$(wc -c <one)" -lt "$(wc -c <two)" ]
}

# Those with a letter go into one argument, in any order with files.
bundles()
{
	fresh
	"$FLIPQ" d/a -9fkqT2 d/b && "$FLIPQ" -tv d/a.lz4 2>report &&
		"$FLIPQ" -T0 -fo d/c d/a && "$FLIPQ" -dcoconfused d/c &&
		cmp confused d/a && "$FLIPQ" -f --threads 2 --no-check \
		--to-stdout d/a | "$FLIPQ" --decomp --stdout | cmp - d/a &&
		"$FLIPQ" -nfm -p 1 --ultra --sparse --long --memory=1gb \
			--format=gz d/a && stock gzip <d/a.gz | cmp - d/a
}

# The environment has no say; -- ends options.
order()
{
	fresh
	"$FLIPQ" -c d/a >one && POSIXLY_CORRECT=1 GZIP=-9 ZSTD_CLEVEL=19 \
		LZ4_CLEVEL=9 FLIPQ_OPT=-9 "$FLIPQ" d/a -c | cmp - one || return 1
	(
		cd d && cp a ./-x && "$FLIPQ" -- -x && "$FLIPQ" -dc -- -x.lz4 |
			cmp - a && "$FLIPQ" -fv ./-x 2>/dev/null
	)
}

last_counts()
{
	fresh
	"$FLIPQ" -dz d/a && "$FLIPQ" -zdc d/a.lz4 | cmp - d/a &&
		"$FLIPQ" -dt d/a.lz4 && "$FLIPQ" --rm -k -f d/a &&
		[ -e d/a ] && "$FLIPQ" -k --rm -f d/a && holds_only a.lz4 b &&
		"$FLIPQ" -co d/c d/b && "$FLIPQ" -o d/d -c d/b | stock lz4 |
		cmp - d/b && holds_only a.lz4 b c &&
		"$FLIPQ" -qv -o d/e d/b 2>report &&
		holds report bytes_in -gt 0
}

# tar calls what it is told to with -d, and perhaps with more.
modes_of_commands()
{
	fresh
	"$FLIPQ" compress <d/a | "$FLIPQ" compress -d | cmp - d/a &&
		"$FLIPQ" decompress -z <d/a | "$FLIPQ" decompress -d |
		cmp - d/a && "$FLIPQ" compress d/a &&
		"$FLIPQ" compress -t d/a.lz4 && "$FLIPQ" test -t d/a.lz4
}

names()
{
	fresh
	tool=$(command -v "$FLIPQ") && ln -s "$tool" unflipq &&
		ln -s "$tool" flipqcat && "$FLIPQ" -a gz d/a &&
		./flipqcat d/a.gz | cmp - d/a && holds_only a a.gz b &&
		./unflipq -f d/a.gz && ./unflipq <d/a.gz | cmp - d/a &&
		./unflipq -z d/b && [ -e d/b.lz4 ] &&
		./flipqcat d/a d/b.lz4 | cmp - plain &&
		fails 1 'unknown format' ./unflipq -c d/a
}

# What is not compressed is passed on with all three options only.
passed_on()
{
	fresh
	random 300000 >d/r
	: >d/empty
	"$FLIPQ" -dcf d/r | cmp - d/r && "$FLIPQ" -df <d/r | cmp - d/r &&
		"$FLIPQ" -dcf d/empty | cmp - d/empty &&
		printf 'x' | "$FLIPQ" -dcf | grep -qx x &&
		fails 1 'unknown format' "$FLIPQ" -dc d/r &&
		fails 1 'unknown format' "$FLIPQ" -tf d/r &&
		fails 1 'truncated' "$FLIPQ" -dc d/empty &&
		fails 1 'unknown format' "$FLIPQ" -df -o d/out d/r &&
		holds_only a b empty r || return 1
	# but nothing after a frame is
	{
		"$FLIPQ" -c d/a
		cat d/b
	} >d/mixed
	fails 1 'trailing garbage' "$FLIPQ" -dcf d/mixed && cmp stdout d/a
}

suffixes()
{
	fresh
	"$FLIPQ" -c d/a >d/A.LZ4 && "$FLIPQ" -a gz -c d/a >d/t.tgz &&
		"$FLIPQ" -a zst -c d/a >d/u.TZST && cp d/A.LZ4 d/v.tlz4 &&
		cp d/A.LZ4 d/w.tar.lz4 && "$FLIPQ" -d d/A.LZ4 d/t.tgz d/u.TZST \
			d/v.tlz4 d/w.tar.lz4 || return 1
	for f in A t.tar u.tar v.tar w.tar; do
		cmp d/$f d/a || return 1
	done
	cp d/A.LZ4 d/.lz4
	fails 1 'd/\.lz4: name ends neither' "$FLIPQ" -d d/.lz4
}

own_suffix()
{
	fresh
	"$FLIPQ" -S .x d/a && "$FLIPQ" --suffix=-lz d/b && rm d/a d/b &&
		holds_only a.x b-lz && "$FLIPQ" -S .X -d d/a.x &&
		"$FLIPQ" -dS -lz d/b-lz && holds_only a a.x b b-lz &&
		fails 1 'name ends neither' "$FLIPQ" -d d/a.x
}

# As gunzip does, which is told the name of what it is to make.
without_suffix()
{
	fresh
	"$FLIPQ" -a zst --rm d/a && "$FLIPQ" -t d/a &&
		"$FLIPQ" -d d/a && holds_only a a.zst b &&
		fails 1 'd/c: No such file' "$FLIPQ" -d d/c
}

# By a word, or by force, it is done.
slip()
{
	fresh
	"$FLIPQ" d/a || return 1
	run "$FLIPQ" d/a.lz4 && failed 0 'left alone' &&
		run "$FLIPQ" -q d/a.lz4 && [ ! -s stderr ] &&
		holds_only a a.lz4 b && "$FLIPQ" -z d/a.lz4 &&
		[ -e d/a.lz4.lz4 ] && "$FLIPQ" compress -f d/a.lz4 &&
		"$FLIPQ" -f d/a.lz4 && "$FLIPQ" -c d/a.lz4 | stock lz4 |
		cmp - d/a.lz4
}

removed()
{
	fresh
	chmod 640 d/a
	"$FLIPQ" --rm d/a && holds_only a.lz4 b &&
		[ "$(stat -c %a d/a.lz4)" = 640 ] &&
		"$FLIPQ" -d --rm d/a.lz4 && holds_only a b &&
		"$FLIPQ" compress --rm -o d/c d/a && holds_only b c
}

# Only what has an output that is a file, whole, and its own.
not_removed()
{
	fresh
	"$FLIPQ" --rm -c d/a >out && "$FLIPQ" --rm -o /dev/null d/a &&
		"$FLIPQ" --rm <d/a >out && "$FLIPQ" -z d/a &&
		fails 1 'already exists' "$FLIPQ" --rm d/a &&
		"$FLIPQ" -t --rm d/a.lz4 && holds_only a a.lz4 b || return 1
	head -c 1000 d/a.lz4 >d/bad.lz4
	fails 1 'truncated' "$FLIPQ" -d --rm d/bad.lz4 || return 1
	{
		gzip -c d/a
		echo junk
	} >d/c.gz
	fails 2 'garbage' "$FLIPQ" -d --rm d/c.gz || return 1
	ln -s b d/link
	run "$FLIPQ" --rm d/link && failed 0 'd/link: is a symbolic link' &&
		run "$FLIPQ" --rm -fq d/link && [ ! -s stderr ] &&
		holds_only a a.lz4 b bad.lz4 c c.gz link link.lz4
}

recursive()
{
	fresh
	mkdir -p d/s/t d/empty
	mv d/b d/s/t/b
	ln -s ../a d/s/link
	mkfifo d/s/fifo
	fails 1 'd: is a directory' "$FLIPQ" d && "$FLIPQ" -r d &&
		[ "$(find d -name '*.lz4' | sort | tr '\n' ' ')" = \
		'd/a.lz4 d/s/t/b.lz4 ' ] && "$FLIPQ" -rf d/ &&
		[ "$(find d -name '*.lz4' | wc -l)" -eq 2 ] &&
		"$FLIPQ" -rt d && "$FLIPQ" -rdc d >out &&
		cat d/a d/s/t/b | cmp - out && "$FLIPQ" -r d/empty </dev/null &&
		mv d/a a && "$FLIPQ" --recursive -d --rm -f d &&
		cmp a d/a && ! find d -name '*.lz4' | grep .
}

help_anywhere()
{
	fresh
	for c in -h --help 'd/a -h' '-d --help' help '-v help'; do
		# shellcheck disable=SC2086 # words
		"$FLIPQ" $c </dev/null | grep -q '^Usage: flipq \[OPTION' ||
			return 1
	done
	for c in 'compress -h' 'compress d/a --help' 'compress help' \
		'help compress'; do
		# shellcheck disable=SC2086 # words
		"$FLIPQ" $c </dev/null | grep -q '^Usage: flipq compress' ||
			return 1
	done
	for c in -V --version 'd/a -V' 'compress -V' 'info --version'; do
		# shellcheck disable=SC2086 # words
		"$FLIPQ" $c </dev/null | grep -qx 'flipq [0-9.]*' || return 1
	done
	holds_only a b || return 1
	# A file may have such a name.
	(
		cd d && cp a help && "$FLIPQ" compress help && [ -e help.lz4 ] &&
			cp a test && "$FLIPQ" ./test && "$FLIPQ" -f -- help &&
			cmp test.lz4 help.lz4
	)
}

usage()
{
	fresh
	fails 2 "unknown option '-X'" "$FLIPQ" -X d/a &&
		fails 2 "unknown option '-X'" "$FLIPQ" -kX d/a &&
		fails 2 "unknown option '--zip'" "$FLIPQ" --zip d/a &&
		fails 2 "'--fo': expected one of --format, --force" \
			"$FLIPQ" --fo d/a &&
		fails 2 "'--keep=1': expected no value" "$FLIPQ" --keep=1 d/a &&
		fails 2 "'-S': expected a value, SUFFIX" "$FLIPQ" d/a -S &&
		fails 2 "'--format': expected a value" "$FLIPQ" --format &&
		fails 2 "algorithm 'rar': expected lz4" "$FLIPQ" -a rar d/a &&
		fails 2 "level '0': expected" "$FLIPQ" -0 d/a &&
		fails 2 "level '0': expected" "$FLIPQ" --fast=0 d/a &&
		fails 2 "level '99999[0-9]*': expected" \
			"$FLIPQ" -99999999999999999999999 d/a &&
		fails 2 "workers '65': expected 1 to 64" "$FLIPQ" -T65 d/a &&
		fails 2 "suffix '': expected" "$FLIPQ" -S '' d/a &&
		fails 2 "suffix 'a/b': expected" "$FLIPQ" -S a/b d/a &&
		fails 2 "expected a file name, got ''" "$FLIPQ" d/a '' &&
		fails 2 "-o: expected a file name" "$FLIPQ" -o '' d/a &&
		fails 2 'expected one file, got 2' "$FLIPQ" -o d/c d/a d/b &&
		fails 2 'expected one file, not -r' "$FLIPQ" -o d/c -r d &&
		fails 2 'expected -l' "$FLIPQ" --json d/a &&
		fails 2 "test: does not take option '--rm'" \
			"$FLIPQ" test --rm d/a &&
		fails 2 "test: does not take option '-9'" \
			"$FLIPQ" test -9 d/a &&
		fails 1 'expected 1 to 22' "$FLIPQ" -a zstd -23 d/a &&
		fails 1 'expected 1 to 9' "$FLIPQ" -a gz -10 d/a &&
		holds_only a b
}

# All that the help names, for each shell that the tool knows.
completion()
{
	"$FLIPQ" --help | grep -o -e '--[a-z-]*' | sort -u >options
	[ "$(wc -l <options)" -gt 20 ] &&
		"$FLIPQ" completion bash >said.bash && bash -n said.bash &&
		"$FLIPQ" completion zsh >said.zsh &&
		"$FLIPQ" completion fish | sed 's/-l /--/' >said.fish || return 1
	for s in bash zsh fish; do
		while read -r option; do
			grep -q -e "$option" said.$s || return 1
		done <options
	done
	fails 2 "shell 'csh': expected bash" "$FLIPQ" completion csh &&
		fails 2 'expected bash' "$FLIPQ" completion
}

{
	text 100000
	text 50000
} >plain
ok "several files" several
ok "the worst status" worst
ok "standard input and output" standard
ok "names of formats" formats
ok "levels" levels
ok "letters together, names cut short, others' options" bundles
ok "neither order nor environment matters" order
ok "the last one counts" last_counts
ok "commands take what tar gives them" modes_of_commands
ok "the program's other names" names
ok "-dcf passes on what is not compressed" passed_on
ok "suffixes" suffixes
ok "-S" own_suffix
ok "a name without its suffix" without_suffix
ok "what is compressed already" slip
ok "--rm" removed
ok "--rm keeps what is not there again" not_removed
ok "-r" recursive
ok "help and version anywhere" help_anywhere
ok "usage" usage
ok "completion" completion
tap_end
