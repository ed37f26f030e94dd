#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_damaged.sh - what can be decoded of a damaged stream comes out, in order, and
# then the error: at least what the stock tools give, and never a wrong byte
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

# salvaged STATUS FILE PLAIN: the tool ends so, and has written the beginning of
# PLAIN, as much of it as the stock tool or more
salvaged()
{
	got=0 kind=$(format "$2")
	"$FLIPQ" decompress -c <"$2" >salvaged 2>stderr || got=$?
	stock "$kind" <"$2" >expected 2>/dev/null
	ours=$(wc -c <salvaged) theirs=$(wc -c <expected)
	if [ "$got" -ne "$1" ] || [ "$ours" -lt "$theirs" ] || [ ! -s stderr ]
	then
		echo "status $got, $ours bytes, expected $1 and $theirs"
		cat stderr
		return 1
	fi
	cmp -n "$ours" salvaged "$3" || return 1
	# The same to a file: it is there only after a mere warning.
	fails "$1" . "$FLIPQ" decompress -o file <"$2"
	if [ "$1" = 2 ]; then
		cmp file "$3" && rm file
	else
		[ ! -e file ]
	fi
}

format()
{
	case $1 in
	*.lz4) echo lz4 ;;
	*.zst) echo zstd ;;
	*.gz) echo gzip ;;
	esac
}

# Enough for all slots to be in use when the end comes.
junk()
{
	cp "$1" "junk.$1"
	printf junk >>"junk.$1"
	status=1
	[ "$(format "$1")" != gzip ] || status=2
	salvaged "$status" "junk.$1" plain && cmp salvaged plain &&
		grep -q "trailing garbage at offset $(wc -c <"$1")" stderr &&
		fails "$status" 'trailing garbage' "$FLIPQ" test "junk.$1"
}

cuts()
{
	size=$(wc -c <"$1")
	for at in 3 11 21 100 $((size / 2 + 1)) $((size - 50)) $((size - 7)); do
		head -c $at "$1" >"cut.$1"
		salvaged 1 "cut.$1" plain || {
			echo "cut at $at"
			return 1
		}
	done
	# All but what comes last; one block is all that there is here.
	[ "$1" = legacy.lz4 ] || [ "$ours" -ge 900000 ]
}

# flip FILE OFFSET: one bit of a byte
flip()
{
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	cp "$1" "bad.$1"
	# shellcheck disable=SC2059 # an octal escape
	printf "\\$(printf %o $((byte ^ 64)))" |
		dd of="bad.$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# What is wrong is written before a checksum tells, by the stock tools, too.
flips()
{
	size=$(wc -c <"$1") kind=$(format "$1")
	for at in $((size / 3)) $((size / 2)) $((size - 3000)) $((size - 2)); do
		flip "$1" $at
		got=0 want=0
		"$FLIPQ" decompress -c <"bad.$1" >salvaged 2>stderr || got=$?
		stock "$kind" <"bad.$1" >expected 2>/dev/null || want=1
		if [ $got -ne $want ] ||
			! cmp -n "$(wc -c <expected)" salvaged expected
		then
			echo "flipped at $at: $got, expected $want"
			cat stderr
			return 1
		fi
	done
}

# Where the message and the data go the same way, the data comes first.
order()
{
	"$FLIPQ" decompress -c "cut.$1" >both 2>&1
	sed -n '$p' both | grep -aq 'flipq: cut'
}

# One byte of a further member, part of its header, zeros and a member.
after_gzip()
{
	cp ours.gz one.gz
	printf '\037' >>one.gz
	salvaged 1 one.gz plain && cmp salvaged plain || return 1
	printf '\213\010' >>one.gz
	salvaged 1 one.gz plain && cmp salvaged plain || return 1
	{
		cat ours.gz
		zeros 600
		cat ours.gz
	} >one.gz
	salvaged 2 one.gz plain && cmp salvaged plain
}

{
	text 600000
	random 300000
	text 400000
} >plain
for a in lz4 zstd gzip; do
	"$FLIPQ" compress -a $a -c plain >"ours.$(suffix $a)"
	"$FLIPQ" compress -a $a -b 4K -c plain >"small.$(suffix $a)"
done
lz4 -qc -B4 -BX plain >blocks.lz4
lz4 -qc -BD -B4 plain >linked.lz4
lz4 -qc -l plain >legacy.lz4
zstd -qc plain >stock.zst
zstd -qc <plain >stream.zst
gzip -c plain >stock.gz
for f in *.lz4 *.zst *.gz; do
	ok "$f, followed by junk" junk "$f"
	ok "$f, cut" cuts "$f"
	ok "$f, one bit flipped" flips "$f"
	ok "$f, data before message" order "$f"
done
ok "what may follow gzip members" after_gzip
tap_end
