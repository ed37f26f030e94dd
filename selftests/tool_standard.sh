#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_standard.sh - standard input, output and error that are closed, full, or not
# for reading or writing
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

# with STATUS REDIRECTIONS ARGUMENT...: the tool, with these on top of others
with()
{
	want=$1 redirections=$2
	shift 2
	got=0
	eval "\"\$FLIPQ\" \"\$@\" </dev/null >stdout 2>stderr $redirections" ||
		got=$?
	[ "$got" -eq "$want" ] || {
		echo "$* $redirections: status $got, expected $want"
		cat stderr
		return 1
	}
}

# Whatever is closed, the file has what belongs there and nothing else.
files()
{
	for r in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' \
		'<&- >&- 2>&-'; do
		with 0 "$r" compress -v -f -o out.lz4 in &&
			stock lz4 <out.lz4 | cmp - in || return 1
		with 0 "$r" decompress -v -f -o out padded.gz &&
			cmp out in || return 1
		with 1 "$r" decompress -f -o none bad.lz4 &&
			[ ! -e none ] || return 1
	done
}

# What is asked for and is not there is an error, and said where that can be.
asked_for()
{
	with 1 '<&-' compress && grep -q '(stdin): is closed' stderr &&
		with 1 '<&-' decompress && grep -q 'stdin' stderr &&
		with 1 '<&-' test - && grep -q 'stdin' stderr &&
		with 1 '>&-' compress -c in && grep -q '(stdout)' stderr &&
		with 1 '>&-' decompress -c in.lz4 &&
		grep -q '(stdout)' stderr &&
		with 1 '<&- >&- 2>&-' compress -c in &&
		with 1 '<&-' compress /dev/stdin -o out &&
		with 1 '>&-' compress -f -o /dev/stdout in
}

text_closed()
{
	for c in --version --help 'compress --help'; do
		# shellcheck disable=SC2086 # a command and its option
		with 1 '>&-' $c && grep -q '(stdout)' stderr &&
			with 1 '>/dev/full' $c &&
			grep -q 'No space left' stderr || return 1
	done
}

# Opened, for the other direction only.
wrong_way()
{
	with 1 '0>/dev/null' compress && grep -q '(stdin)' stderr &&
		with 1 '1</dev/null' compress -c in && grep -q '(stdout)' stderr
}

# A message that cannot be written changes nothing.
full()
{
	with 0 '2>/dev/full' decompress -v -c padded.gz && cmp stdout in &&
		with 1 '2>/dev/full' decompress -c bad.lz4 &&
		with 1 '>/dev/full' decompress -c in.lz4 &&
		grep -q 'No space left' stderr
}

text 200000 >in
"$FLIPQ" compress in
{
	gzip -c in
	zeros 512
} >padded.gz
head -c 1000 in.lz4 >bad.lz4
ok "closed ones do not become files" files
ok "a closed one that is asked for" asked_for
ok "text to a closed or full one" text_closed
ok "open for the other direction" wrong_way
ok "full ones" full
tap_end
