#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# list.sh - what list says of files, against what the stock tools say of them, and
# of files that are cut, broken, foreign, larger than the disk
set -u
tap_here=$(dirname "$(readlink -f "$0")")/../../../selftests
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

# json EXPRESSION [FILE]...: is it true of the list of these files? There, d is the
# document, f its first file, p the frames of that, t the total.
json()
{
	expression=$1
	shift
	listed=0
	"$FLIPQ" list --json -v "$@" >doc 2>stderr || listed=$?
	python3 - "$expression" "$listed" <<-'END'
		import json, os, sys
		with open("doc", encoding="utf-8") as doc:
		    d = json.load(doc)
		f, t, status = d["files"][0], d["total"], int(sys.argv[2])
		p = f["frame_list"]
		if not eval(f"({sys.argv[1]})"):
		    print("not so:", sys.argv[1])
		    print(json.dumps(d)[:3000])
		    sys.exit(1)
	END
}

# bytes OCTAL...: those bytes
bytes()
{
	# shellcheck disable=SC2059 # octal escapes
	printf "$(printf '\\%s' "$@")"
}

# A skippable frame: "hello"
skippable()
{
	bytes 120 052 115 030 005 000 000 000
	printf hello
}

# shellcheck disable=SC2094 # functions, and files of their names
plain_files()
{
	text 3000000 >text
	random 300000 >random
	: >empty
}

files()
{
	plain_files
	for f in text random empty; do
		lz4 -qc $f >$f.lz4
		lz4 -qc -BX -B4 --content-size $f >$f.sized.lz4
		lz4 -qc -B5 -BD --no-frame-crc $f >$f.bare.lz4
		lz4 -qc -l $f >$f.legacy.lz4
		zstd -qc $f >$f.zst
		zstd -qc <$f >$f.stream.zst
		zstd -qc --no-check -19 $f >$f.bare.zst
		gzip -c $f >$f.gz
		gzip -c <$f >$f.stream.gz
	done
	{ skippable && cat text.zst random.zst && skippable; } >several.zst
	{ cat text.lz4 && skippable && cat random.sized.lz4; } >several.lz4
	for a in lz4 zstd gzip; do
		"$FLIPQ" compress -a $a -o "blocks.$(suffix $a)" text || return 1
	done
	cat blocks.zst several.lz4 blocks.gz >mixed
}

# Sizes in bytes are in brackets, where zstd knows them.
zstd_says()
{
	for f in *.zst; do
		zstd -lv "$f" >stock 2>&1 || return 1
		frames=$(sed -n 's/^# Zstandard Frames: //p' stock)
		skips=$(sed -n 's/^# Skippable Frames: //p' stock)
		packed=$(sed -n 's/^Compressed Size:.*(\(.*\) B)/\1/p' stock)
		plain=$(sed -n 's/^Decompressed Size:.*(\(.*\) B)/\1/p' stock)
		window=$(sed -n 's/^Window Size:.*(\(.*\) B)/\1/p' stock)
		check=$(sed -n 's/^Check: \([A-Za-z0-9]*\).*/\1/p' stock)
		# zstd knows less than what is stored gives away
		[ -n "$plain" ] || plain="f['uncompressed']"
		json "f['compressed'] == $packed and f['frames'] == $frames and
			f['skippable_frames'] == ${skips:-0} and
			f['uncompressed'] == $plain and f['exact'] and
			f['check'].lower() == '$check'.lower() and
			[q['window'] or 0 for q in p
			if q['format'] == 'zstd'][-1] == $window" \
			"$f" || return 1
	done
}

# One row for each frame. lz4 does not know what is stored, and takes a legacy
# frame without a block for none.
lz4_says()
{
	for f in *.lz4; do
		[ "$f" != empty.legacy.lz4 ] || continue
		lz4 -v --list "$f" 2>&1 | awk '$1 ~ /^[0-9]+$/' >stock
		[ -s stock ] || return 1
		json "[[q['compressed'], q['check'], q['format']] for q in p] ==
			[[int(r[-3]), 'XXH32' if 'XXH32' in r else 'none',
			 {'LZ4Frame': 'lz4', 'LegacyFrame': 'lz4-legacy',
			  'SkippableFrame': 'skippable'}[r[1]]]
			for r in (row.split() for row in open('stock'))] and
			all(row.split()[-2] in ('-', str(q['uncompressed']))
			for row, q in zip(open('stock'), p))" "$f" || return 1
	done
	json "f['uncompressed'] == 300000" random.lz4 &&
		json "f['uncompressed'] == 0" empty.lz4 &&
		json "f['uncompressed'] is None" text.lz4
}

gzip_says()
{
	for f in text.gz random.gz empty.gz text.stream.gz; do
		# shellcheck disable=SC2046 # words
		set -- $(gzip -lv "$f" | tail -n 1)
		json "f['compressed'] == $6 and f['uncompressed'] == $7 and
			p[0]['checksum'] == '$2' and f['check'] == 'CRC32' and
			f['frames'] == 1 and not f['exact']" "$f" || return 1
	done
	json "p[0]['file_name'] == 'text' and p[0]['time'][10] == 'T'" text.gz &&
		json "'file_name' not in p[0] and p[0]['has_length'] is False" \
			text.stream.gz
}

# What the tool's own files are
own_files()
{
	for f in blocks.lz4 blocks.zst blocks.gz; do
		json "f['uncompressed'] == 3000000 and f['exact'] and
			f['compressed'] == $(wc -c <$f) and
			f['frames'] == (1 if '$f' == 'blocks.lz4' else 46) and
			f['ratio'] == round(3000000 / $(wc -c <$f), 3)" $f ||
			return 1
	done
	json "f['blocks'] == 46 and p[0]['block_checksums'] and
		not p[0]['linked'] and p[0]['block_size'] == 65536" blocks.lz4 &&
		json "all(q['has_length'] for q in p)" blocks.gz
}

mixed_formats()
{
	json "f['formats'] == ['lz4', 'zstd', 'gzip'] and f['frames'] == 94 and
		f['skippable_frames'] == 1 and f['check'] == 'mixed' and
		f['uncompressed'] is None and f['ratio'] is None and
		[q['offset'] for q in p] == [sum(r['compressed'] for r in p[:i])
			for i in range(len(p))]" mixed
}

total()
{
	json "t['files'] == 3 and t['frames'] == 93 and t['uncompressed'] ==
		9000000 and t['compressed'] == $(cat blocks.* | wc -c)" blocks.*
}

# A file is sought in, a pipe read through.
# shellcheck disable=SC2002 # it has to be one
pipes()
{
	for f in *.lz4 *.zst *.gz mixed; do
		"$FLIPQ" list --json -v "$f" >file &&
			cat "$f" | "$FLIPQ" -l --json -v >pipe || return 1
		sed -i 's/"name": "[^"]*"/"name": null/' file
		cmp file pipe && "$FLIPQ" list --json -v <"$f" | cmp - pipe ||
			return 1
	done
	cat text.zst | json "f['name'] is None" - &&
		cat text.zst | "$FLIPQ" list -q | grep -q '(stdin)$'
}

# Stock tools do not write these.
crafted()
{
	{
		bytes 050 265 057 375 247 007 000 000 000 350 003 000 000
		bytes 103 037 000 141
	} >rle.zst
	fails 1 'truncated zstd frame' "$FLIPQ" list rle.zst || return 1
	bytes 001 002 003 004 >>rle.zst
	json "f['uncompressed'] == 1000 and p[0]['dictionary'] == 7 and
		p[0]['checksum'] == '04030201' and p[0]['single_segment']" \
		rle.zst || return 1
	bytes 004 042 115 030 141 100 007 000 000 000 343 \
		003 000 000 200 141 142 143 000 000 000 000 >dictionary.lz4
	json "p[0]['dictionary'] == 7 and f['uncompressed'] == 3" \
		dictionary.lz4 || return 1
	# numbers of dictionaries in one and two bytes
	{
		bytes 050 265 057 375 041 007 001 011 000 000 141
		bytes 050 265 057 375 042 007 001 001 011 000 000 141
	} >dictionaries.zst
	json "[q['dictionary'] for q in p] == [7, 263] and f['check'] == 'none'
		and f['uncompressed'] == 2" dictionaries.zst || return 1
	lz4 -qc -BX --no-frame-crc random >checks.lz4
	json "f['check'] == 'blocks' and 'checksum' not in p[0] and
		p[0]['block_checksums']" checks.lz4
}

# All that a header of gzip may have, and a length that is too short
gzip_headers()
{
	{
		bytes 037 213 010 036 001 000 000 000 000 007 010 000 \
			106 121 004 000 001 000 000 000
		printf 'a name\000a comment\000'
		bytes 000 000 003 000 000 000 000 000 000 000 000 000
	} >all.gz
	# a length behind which the checksum of the header is
	json "p[0]['file_name'] == 'a name' and p[0]['comment'] == 'a comment'
		and p[0]['system'] == 7 and not p[0]['has_length'] and
		p[0]['time'] == '1970-01-01T00:00:01Z' and
		f['uncompressed'] == 0 and not f['exact']" all.gz || return 1
	{
		bytes 037 213 010 004 000 000 000 000 000 003 010 000
		bytes 106 121 004 000 033 000 000 000
		zeros 100
	} >short.gz
	fails 1 'gzip member at offset 0: too short' "$FLIPQ" list short.gz ||
		return 1
	bytes 037 213 007 000 000 000 000 000 000 003 >method.gz
	fails 1 'unknown method' "$FLIPQ" list method.gz || return 1
	bytes 037 213 010 340 000 000 000 000 000 003 >flag.gz
	fails 1 'unknown flag' "$FLIPQ" list flag.gz
}

titles()
{
	"$FLIPQ" list text.zst random.zst >out &&
		grep -q '^ *Frames  *Skips .*Name$' out &&
		grep -q '2 files$' out && [ "$(wc -l <out)" -eq 5 ] &&
		"$FLIPQ" -l text.zst >out && [ "$(wc -l <out)" -eq 2 ] &&
		"$FLIPQ" -lq text.zst random.zst >out &&
		[ "$(wc -l <out)" -eq 2 ] && "$FLIPQ" list -v several.zst >out &&
		grep -q '^ *Offset' out && [ "$(grep -c skippable out)" -eq 2 ] &&
		grep -q 'checksum=[0-9a-f]\{8\}' out && "$FLIPQ" --list text.gz |
			grep -q '^ *1+ '
}

# Names are bytes.
names()
{
	mkdir names
	python3 - <<-'END'
		import gzip, os
		NAME = b'names/a"b\\\n\x1b[31m\xc3\xa9\xff\xed\xa0\x80\xc3x'
		with open("text.zst", "rb") as old, open(NAME, "wb") as new:
		    new.write(old.read())
		with gzip.GzipFile(b"\x1b[0m\x9b\xc2\x9b", "wb", 9,
		                   open("names.gz", "wb")) as packed:
		    packed.write(b"hello")
	END
	json "os.fsencode(f['name']) in [os.path.join(b'names', n)
		for n in os.listdir(b'names')]" names/* || return 1
	"$FLIPQ" list -v names/* names.gz >out || return 1
	! grep -q "$(printf '\033')" out && ! grep -qa "$(printf '\233')" out &&
		grep -q "$(printf '\\\\012\\\\033\\[31m\303\251\\\\377')" out
}

# cut FILE: all that it can be cut to; where it ends between two frames is known
# to who looks for it only
cuts()
{
	rm -rf cut
	mkdir cut
	for f in "$@"; do
		python3 - "$f" <<-'END'
			import sys
			with open(sys.argv[1], "rb") as whole:
			    data = whole.read()
			for i in range(len(data)):
			    with open(f"cut/{sys.argv[1]}.{i:04}", "wb") as cut:
			        cut.write(data[:i])
		END
	done
}

# Of a member without a length nobody knows without decoding it, but that too much
# is said to be in it.
cut_short()
{
	text 100 >small
	lz4 -qc -BX -B4 --content-size small >small.lz4
	zstd -qc small >small.zst
	lz4 -qlc small >legacy
	"$FLIPQ" compress -a gzip -b 1K -o member.gz small || return 1
	cuts small.lz4 small.zst member.gz legacy
	# this one ends with its block, or before
	rm cut/legacy.0004
	json "status == 1 and not any(g['ok'] for g in d['files']) and
		len(d['files']) == sum(': truncated' in x or
		': unknown format at offset 0' in x for x in open('stderr')) and
		t['files'] == 0 and t['frames'] == 0" cut/* &&
		[ "$(grep -c unknown stderr)" -le 12 ]
}

foreign()
{
	json "status == 1 and [g['ok'] for g in d['files']] == [False, False,
		True, False, True] and t['files'] == 2" \
		text none text.zst . random.lz4 &&
		grep -q 'text: unknown format' stderr &&
		grep -q 'none: No such file' stderr &&
		grep -q 'is a directory' stderr || return 1
	{ cat text.zst && echo junk; } >junk.zst
	fails 1 'trailing garbage at offset' "$FLIPQ" list junk.zst text.gz &&
		grep -q 'text.gz$' stdout && ! grep -q 'junk' stdout &&
		fails 1 'truncated file' "$FLIPQ" list empty &&
		fails 1 'Input/output error' "$FLIPQ" list /proc/self/mem &&
		fails 2 'does not take' "$FLIPQ" list -d text.zst
}

padded()
{
	{ cat blocks.gz && zeros 512; } >zeros.gz
	{ cat blocks.gz && echo junk; } >junk.gz
	json "status == 0 and f['frames'] == 46 and f['uncompressed'] ==
		3000000 and f['compressed'] == $(wc -c <blocks.gz)" zeros.gz &&
		grep -q 'trailing zeros' stderr &&
		json "status == 2 and f['ok'] and f['frames'] == 46" junk.gz &&
		grep -q 'trailing garbage' stderr || return 1
	{ cat blocks.gz && bytes 037; } >junk.gz
	fails 1 'truncated gzip member' "$FLIPQ" list junk.gz || return 1
	# No size is better than one that cannot be right.
	{ cat text.gz && zeros 512; } >zeros.gz
	{ gzip -c names.gz && echo hello, world; } >junk.gz
	json "status == 0 and f['ok'] and f['uncompressed'] is None" zeros.gz &&
		fails 1 'corrupt gzip member' "$FLIPQ" list junk.gz
}

# Larger than any disk here: holes, which are not to be read
huge()
{
	bytes 120 052 115 030 000 000 000 360 >huge
	truncate -s 4026531848 huge
	bytes 120 052 115 030 000 000 000 360 >>huge
	truncate -s 8053063696 huge
	cat text.zst >>huge
	timeout 20 "$FLIPQ" list huge >out &&
		json "f['compressed'] == $(stat -c %s huge) and
			f['uncompressed'] == 3000000" huge || return 1
	truncate -s 8053063695 huge
	fails 1 'truncated skippable' timeout 20 "$FLIPQ" list huge || return 1
	# More than the size in a member can be, without a length
	head -c 1000 text.gz >huge
	truncate -s 5000000000 huge
	bytes 001 002 003 004 100 102 017 000 >>huge
	timeout 20 "$FLIPQ" list huge >out &&
		json "f['uncompressed'] is None and f['compressed'] ==
			5000000008" huge
}

sizes_that_differ()
{
	# zstd: a size that the blocks cannot have
	bytes 050 265 057 375 340 000 000 000 001 000 000 000 000 \
		001 000 000 >size.zst
	fails 1 'content size differs' "$FLIPQ" list size.zst || return 1
	bytes 050 265 057 375 040 005 041 000 000 1 2 3 4 >size.zst
	fails 1 'content size differs' "$FLIPQ" list size.zst || return 1
	bytes 004 042 115 030 150 100 004 000 000 000 000 000 000 000 \
		315 005 000 000 200 150 145 154 154 157 000 000 000 000 >size.lz4
	fails 1 'content size differs' "$FLIPQ" list size.lz4
}

# Whatever is in a file, the list goes on to its end.
mutated()
{
	mkdir mutants
	python3 - small.lz4 small.zst member.gz legacy mixed rle.zst \
		dictionary.lz4 several.zst <<-'END'
		import random, sys
		random.seed(13)
		for name in sys.argv[1:]:
		    with open(name, "rb") as whole:
		        data = whole.read()[:3000]
		    for i in range(150):
		        new = bytearray(data)
		        for _ in range(random.randint(1, 4)):
		            at = int(len(new) * random.random() ** 3)
		            new[at] = random.choice((0, 255, random.randrange(256)))
		        with open(f"mutants/{name}.{i}", "wb") as mutant:
		            mutant.write(new[:random.choice((len(new), at + 5))])
	END
	json "len(d['files']) == 1200 and
		0 < sum(g['ok'] for g in d['files']) < 1200" mutants/*
}

ok "files to list" files
ok "zstd: what zstd -l says" zstd_says
ok "lz4: what lz4 --list says" lz4_says
ok "gzip: what gzip -l says" gzip_says
ok "the tool's own files" own_files
ok "formats that follow each other" mixed_formats
ok "several files, and their total" total
ok "pipes" pipes
ok "fields that stock tools do not write" crafted
ok "headers of gzip" gzip_headers
ok "titles, frames and totals" titles
ok "names of any bytes" names
ok "cut anywhere" cut_short
ok "what is none: the other files are listed" foreign
ok "what follows a gzip member" padded
ok "more than 4 GiB" huge
ok "a size that its blocks cannot have" sizes_that_differ
ok "mutated files" mutated
tap_end
