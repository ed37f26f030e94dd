#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_index.sh - files of which any part can be read, whole ones and such that
# hold only what differs from another
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

FORMATS="lz4 zstd"

# part FILE OFFSET LENGTH
part()
{
	tail -c +$(($2 + 1)) "$1" | head -c "$3"
}

# same_part PLAIN OFFSET LENGTH ARGUMENT...
same_part()
{
	plain=$1 offset=$2 length=$3
	shift 3
	part "$plain" "$offset" "$length" >expected
	"$FLIPQ" decompress -q -c --offset "$offset" --length "$length" "$@" >got &&
		cmp got expected
}

# At the edges of blocks and of the file, and over several.
parts()
{
	size=$(wc -c <"$1")
	file=$1
	shift
	same_part "$file" 0 1 "$@" && same_part "$file" 65535 2 "$@" &&
		same_part "$file" 4095 900000 "$@" &&
		same_part "$file" $((size - 1)) 1 "$@" &&
		same_part "$file" 1000000 0 "$@" &&
		same_part "$file" "$size" 0 "$@" &&
		same_part "$file" 0 "$size" "$@"
}

# Both tools, and ours without a look at the table, read it all.
whole()
{
	for block in 4K 64K 1M; do
		"$FLIPQ" compress -f -q --index -b $block -a "$1" -o packed plain &&
			stock "$1" <packed | cmp - plain &&
			"$FLIPQ" test -q packed &&
			parts plain packed || return 1
	done
}

without_checks()
{
	"$FLIPQ" compress -f -q --index --no-check -a "$1" -o packed plain &&
		stock "$1" <packed | cmp - plain && parts plain packed
}

empty()
{
	: >nothing
	"$FLIPQ" compress -f -q --index -a "$1" -o packed nothing &&
		stock "$1" <packed | cmp - nothing &&
		same_part nothing 0 0 packed
}

from_pipe()
{
	"$FLIPQ" compress -q --index -a "$1" -c <plain >packed &&
		stock "$1" <packed | cmp - plain && parts plain packed
}

# Some pages differ, and there are more of them.
next_dump()
{
	cp plain other
	for page in 3 4 70 300 301 302; do
		random 100 | dd of=other bs=1 seek=$((page * 4096 + 50)) \
			conv=notrunc 2>/dev/null
	done
	text 10001 >>other
}

changes()
{
	"$FLIPQ" compress -f -q --index -a "$1" -o base plain &&
		"$FLIPQ" compress -f -q -a "$1" --base base -o changed other &&
		"$FLIPQ" decompress -q -c --base base changed | cmp - other &&
		"$FLIPQ" test -q --base base changed &&
		parts other --base base changed || return 1
	size=$(wc -c <changed)
	[ "$size" -lt 45000 ] || {
		echo "$size bytes for seven pages and a tail"
		return 1
	}
}

shorter()
{
	head -c 123456 plain >short
	"$FLIPQ" compress -f -q --index -o base plain &&
		"$FLIPQ" compress -f -q --base base -o changed short &&
		"$FLIPQ" decompress -q -c --base base changed | cmp - short
}

unchanged()
{
	head -c 409600 plain >short
	"$FLIPQ" compress -f -q --index -o base short &&
		"$FLIPQ" compress -f -q --base base -o changed short &&
		"$FLIPQ" decompress -q -c --base base changed | cmp - short &&
		[ "$(wc -c <changed)" -lt 200 ]
}

names()
{
	cp plain named
	"$FLIPQ" -q -f --index -o base plain &&
		"$FLIPQ" -q --base base named && [ -e named.fqi ] &&
		rm named && "$FLIPQ" -q -d --base base named.fqi && cmp named plain
}

# refuses WORDS ARGUMENT...: nothing is written, and it says why
refuses()
{
	words=$1
	shift
	! "$FLIPQ" "$@" >out 2>err || {
		echo "took $*"
		return 1
	}
	if ! grep -q "$words" err || [ -s out ]; then
		cat err
		return 1
	fi
}

refusals()
{
	"$FLIPQ" compress -f -q --index -o base plain &&
		"$FLIPQ" compress -f -q --index -a zstd -o base.zst other &&
		"$FLIPQ" compress -f -q --base base -o changed other &&
		"$FLIPQ" compress -f -q -o bare plain &&
		refuses "no index" decompress -c --offset 1 bare &&
		refuses "no index" compress -c --base bare other &&
		refuses "no index" compress -c --base plain other &&
		refuses "has a base itself" compress -c --base changed other &&
		refuses "base: expected --base" decompress -c changed &&
		refuses "base, which is missing" decompress -c --offset 0 changed &&
		refuses "another base" decompress -c --base base.zst changed &&
		refuses "takes no base" decompress -c --base base base.zst &&
		refuses "expected up to" decompress -c --offset 99999999 base &&
		refuses "expected up to" decompress -c --length 99999999 base &&
		refuses "expected bytes" decompress -c --offset x base &&
		refuses "expected -d" -c --index --offset 1 plain ||
		return 1
	refuses "expected algorithm" compress -c --index -a gzip plain &&
		refuses "blocks of 4K to 1M" compress -c --index -b 2M plain &&
		refuses "blocks of 4K to 1M" compress -c --index -b 1K plain &&
		head -c 9000 base | refuses "is no file" decompress -c --offset 0 -
}

stock_refuses()
{
	for tool in "zstd -dc" "lz4 -dc" "gzip -dc"; do
		if $tool <changed >out 2>err || [ -s out ]; then
			echo "$tool took it"
			return 1
		fi
	done
}

# A byte of each part of the file, and each place where it may be cut off.
damaged()
{
	size=$(wc -c <"$1")
	file=$1
	shift
	for at in 0 5 9 17 100 $((size / 2)) $((size - 60)) $((size - 30)) \
		$((size - 20)) $((size - 10)) $((size - 9)) $((size - 5)) \
		$((size - 1)); do
		cp "$file" bad
		byte=$(part bad "$at" 1 | od -An -tu1)
		# shellcheck disable=SC2059
		printf "\\$(printf %o $(((byte + 1) % 256)))" |
			dd of=bad bs=1 seek="$at" conv=notrunc 2>/dev/null
		! "$FLIPQ" decompress -q -c --offset 0 "$@" bad >out 2>err ||
			cmp -s out other || {
			echo "byte $at: wrong, and not said"
			return 1
		}
		head -c "$at" "$file" >bad
		! "$FLIPQ" decompress -q -c --offset 0 "$@" bad >out 2>err || {
			echo "cut off at $at: not said"
			return 1
		}
	done
}

damaged_whole()
{
	"$FLIPQ" compress -f -q --index -a "$1" -o packed other && damaged packed
}

damaged_changes()
{
	"$FLIPQ" compress -f -q --index -o base plain &&
		"$FLIPQ" compress -f -q --base base -o changed other &&
		damaged changed --base base
}

listed()
{
	"$FLIPQ" compress -f -q --index -a zstd -o base plain &&
		"$FLIPQ" compress -f -q --base base -o changed other &&
		"$FLIPQ" list --json base >base.json &&
		"$FLIPQ" list --json changed >changed.json &&
		"$FLIPQ" list --json bare >bare.json || return 1
	id=$(sed -n 's/.*"index": {[^{]*"id": "\([0-9a-f]*\)".*/\1/p' base.json)
	[ ${#id} -eq 16 ] && grep -q '"base": null}' base.json &&
		grep -q "\"base\": {\"size\": $(wc -c <plain), \"id\": \"$id\"}" \
			changed.json &&
		grep -q "\"uncompressed\": $(wc -c <other)," changed.json &&
		grep -q '"index": null' bare.json
}

mixed >plain
next_dump
for format in $FORMATS; do
	ok "$format: each tool reads it, and any part is read" whole "$format"
	ok "$format: the same without checksums" without_checks "$format"
	ok "$format: of nothing" empty "$format"
	ok "$format: from a pipe" from_pipe "$format"
	ok "$format: what differs from a base" changes "$format"
	ok "$format: what is damaged or cut off is said" damaged_whole "$format"
done
ok "lz4hc: each tool reads it, and any part is read" whole lz4hc
ok "a base that is longer" shorter
ok "nothing differs" unchanged
ok "names of files" names
ok "refusals" refusals
ok "other tools refuse what has a base" stock_refuses
ok "what has a base and is damaged is said" damaged_changes
ok "list names the index" listed
tap_end
