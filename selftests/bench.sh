#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# bench.sh - the experiments that make bench runs in a VM: right, and complete
#
# Times and rates are not judged. $GROW and $BENCH are the programs, by default
# those on PATH; the module with the bare loops is $FLIPQ_LIMIT_KO, or
# flipq_limit.ko beside $FLIPQ_KO.
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

GROW=${GROW:-grow}
BENCH=${BENCH:-bench}
LIMIT=${FLIPQ_LIMIT_KO:-$(dirname "${FLIPQ_KO:-.}")/flipq_limit.ko}
DEBUGFS=/sys/kernel/debug/flipq_limit
PARAMS=/sys/module/flipq/parameters
ZRAM=/sys/class/zram-control
# of the machine's memory, which zram compresses page by page
page=$(awk '/^KernelPageSize/ { print $2 * 1024; exit }' /proc/self/smaps)

command -v "$GROW" >/dev/null || tap_skip_all "no program grow"

# given FILE NAME COMMAND...: one test, of what needs this file
given()
{
	if [ -e "$1" ]; then
		shift
		ok "$@"
	else
		tap_skip "$2" "no $1"
	fi
}

# short EXPERIMENT: one round of it, into its CSV file
short()
{
	"$GROW" "$1" --rounds 1 --ms 20 --mib 1 >"$1.csv"
}

# lines NUMBER FILE PATTERN: so many of them
lines()
{
	got=$(grep -c "$3" "$2")
	[ "$got" -eq "$1" ] || {
		cat "$2"
		echo "$2: $got lines with '$3', expected $1"
		return 1
	}
}

# positive FILE COLUMN: in all lines but the first
positive()
{
	awk -F, -v want="$2" 'NR == 1 {
		for (i = 1; i <= NF; i++)
			if ($i == want)
				column = i
		next
	}
	!(column && $column > 0) {
		print "line " NR ": " want ": " $column
		bad = 1
	}
	END { exit bad || NR < 2 }' "$1"
}

# A thousand queues are more than a user's part of the VM's memory where pages are
# larger than 4 KiB.
idle()
{
	part=$(cat $PARAMS/max_user_bytes)
	cat $PARAMS/max_total_bytes >$PARAMS/max_user_bytes
	short idle
	status=$?
	echo "$part" >$PARAMS/max_user_bytes
	[ $status -eq 0 ] && positive idle.csv rate && lines 5 idle.csv . ||
		return 1
	for n in 0 10 100 1000; do
		lines 1 idle.csv ",1,idle-$n," || return 1
	done
	[ "$(flipq info | sed -n 's/^queues: //p')" -eq 0 ]
}

heavy()
{
	short heavy && positive heavy.csv p99_ns &&
		lines 2 heavy.csv ",heavy,heavy," &&
		lines 2 heavy.csv ",light-alone,light-alone," &&
		lines 2 heavy.csv ",light-beside,light-alone,"
}

# An idle queue takes no less than its buffers, and little more: its two regions
# are whole pages.
memory()
{
	short memory && lines 4 memory.csv "^queue,.*,flipq," &&
		lines 4 memory.csv "^worker,.*,flipq," &&
		awk -F, -v page="$page" '/^queue,/ && $2 * $3 {
			least = 2 * $2 * $3
			if ($5 < least || $5 > 1.5 * least + 2 * page) {
				print
				bad = 1
			}
		}
		END { exit bad }' memory.csv
}

limit()
{
	short limit && positive limit.csv rate &&
		lines 5 limit.csv ",limit,limit," &&
		lines 5 limit.csv ",flipq,limit," &&
		lines 5 limit.csv ",flipq-arena,limit,"
}

# refused TEXT: a run that the module does not make
refused()
{
	if echo "$1" 2>/dev/null >$DEBUGFS/run; then
		echo "'$1' was run"
		return 1
	fi
}

limit_refuses()
{
	head -c 65536 /dev/zero >corpus &&
		dd if=corpus of=$DEBUGFS/corpus bs=65536 2>/dev/null &&
		echo lz4 4096 1 1 >$DEBUGFS/run &&
		refused "" && refused "lz4 4096 1" && refused "lz5 4096 1 1" &&
		refused "lz4 0 1 1" && refused "lz4 65537 1 1" &&
		refused "lz4 4096 0 1" && refused "lz4 4096 65 1" &&
		refused "lz4 4096 1 0" && refused "lz4 4096 1 60001" &&
		refused "$(text 200)"
}

# As many results as there are threads come back, of the size given.
limit_counts()
{
	echo zstd 65536 2 20 >$DEBUGFS/run &&
		read -r requests bytes cpu wall <$DEBUGFS/run || return 1
	[ "$requests" -ge 16 ] && [ "$bytes" -lt $((requests * 65536)) ] &&
		[ "$cpu" -gt 0 ] && [ "$wall" -ge 20000000 ]
}

# has MODEL JOB: how many rounds the CSV file has of it
has()
{
	awk -F, -v model="$1" -v job="$2" \
		'$2 == job && $11 == model' zram.csv | wc -l
}

# bench itself reads back what it wrote, and compares. A call is a batch of 8,
# and all is done by who calls. No device is left.
zram()
{
	echo /sys/block/zram* >before
	"$BENCH" --made-up 1 --mib 1 --models inline,zram --job lz4,zstd1,copy \
		--size "$page,$((4 * page))" --submitters 1,2 --rounds 1 --ms 20 \
		--csv zram.csv >table 2>said || return 1
	echo /sys/block/zram* | diff before - &&
		lines 12 zram.csv ",inline,inline," && positive zram.csv rate &&
		[ "$(has zram lz4)" -eq 2 ] && [ "$(has zram copy)" -eq 0 ] &&
		awk -F, -v page="$page" '$11 == "zram" && ($19 > 0.13 ||
			$19 < 0.12 || $18 > 0 || $3 != page) { print; bad = 1 }
		END { exit bad }' zram.csv
}

# Older kernels have zstd at one level only, which is not this job's.
zram_zstd()
{
	if [ -e /sys/block/zram0/algorithm_params ]; then
		[ "$(has zram zstd1)" -eq 2 ]
	else
		[ "$(has zram zstd1)" -eq 0 ] &&
			grep -q '^bench: zram: algorithm_params .*level=1' said
	fi
}

zram_copies()
{
	"$BENCH" --made-up 1 --mib 1 --models zram --copy --size "$page" \
		--batch 1,7,64 --rounds 1 --ms 5
}

bad_arguments()
{
	fails 2 "one experiment" "$GROW" &&
		fails 2 "one experiment" "$GROW" idle heavy &&
		fails 2 "idle, limit, heavy or memory" "$GROW" busy &&
		fails 2 "number from 1" "$GROW" idle --rounds 0 &&
		fails 2 "number from 1" "$GROW" idle --ms 0 &&
		fails 2 "number from 1" "$GROW" idle --mib 0 &&
		fails 2 "number from" "$GROW" idle --made-up one &&
		fails 2 "Try" "$GROW" --unknown
}

ok "a busy queue beside idle ones" idle
ok "a light queue beside a heavy one" heavy
ok "the memory of queues and workers" memory
ok "bad arguments are named" bad_arguments
ok "without its module there is no limit" fails 1 "flipq_limit.ko" \
	"$GROW" limit --rounds 1 --ms 1 --mib 1

given $ZRAM "pages are written to zram and read back" zram
given $ZRAM "by zstd where that can be told its level" zram_zstd
given $ZRAM "copied first, in batches of any size" zram_copies
given "$LIMIT" "the module with the bare loops is loaded" insmod "$LIMIT"
given $DEBUGFS "bare loops are compared with" limit
given $DEBUGFS "what they cannot do they refuse" limit_refuses
given $DEBUGFS "they count what they did" limit_counts
given $DEBUGFS "they go" rmmod flipq_limit
tap_end
