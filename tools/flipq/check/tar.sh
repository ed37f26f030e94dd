#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tar.sh - tar with the tool as what it compresses with; here, as it takes GNU tar
set -u
tap_here=$(dirname "$(readlink -f "$0")")/../../../selftests
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

# round PROGRAM SUFFIX [STOCK]: an archive by it, read by it and by the stock tool
round()
{
	archive=a.tar.$2
	tar -I "$1" -cf "$archive" d && tar -I "$1" -df "$archive" &&
		[ "$(tar -I "$1" -tf "$archive" | wc -l)" -eq 3 ] &&
		tar -I "${3-$2}" -df "$archive" || return 1
	rm -rf out
	mkdir out
	tar -I "$1" -xf "$archive" -C out && diff -r d out/d
}

commands()
{
	round "$FLIPQ compress" lz4 && round "$FLIPQ compress -a gzip" gz gzip &&
		tar -I "$FLIPQ decompress" -df a.tar.lz4
}

formats()
{
	for f in lz4 zst gz; do
		round "$FLIPQ --format=$f" $f "$1" || return 1
		shift
	done
	round "$FLIPQ --format=zst -19 --long=27 -T0" zst zstd &&
		round "$FLIPQ -9" lz4
}

# By the suffix, as gunzip has it; and what tar made by itself.
suffix()
{
	tar -czf a.tgz d && "$FLIPQ" -d a.tgz && tar -df a.tar
}

damaged()
{
	tar -I "$FLIPQ" -cf a.tar.lz4 d
	head -c 1000 a.tar.lz4 >cut.tar.lz4
	! tar -I "$FLIPQ" -tf cut.tar.lz4 >/dev/null 2>&1
}

mkdir d
text 200000 >d/text
random 100000 >d/random
ok "the tool's name alone" round "$FLIPQ" lz4
ok "with options" formats lz4 zstd gzip
ok "its commands" commands
ok ".tgz" suffix
ok "a damaged one" damaged
tap_end
