#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_top.sh - top: what is shown of a queue, and in which forms
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

# A queue is there while the input of who has it is open.
start()
{
	mkfifo root.in
	"$FLIPQ" compress -c <root.in >/dev/null &
	root=$!
	exec 7>root.in
	for tries in 1 2 3 4 5 6 7 8 9 10; do
		"$FLIPQ" top --metrics >metrics || return 1
		[ "$(grep -c '^flipq_queue_slots{' metrics)" != 1 ] || return 0
		sleep "0.$tries"
	done
	cat metrics
	return 1
}

end()
{
	exec 7>&-
	wait "$root"
}

# object WORDS...: the line of JSON that top prints has them all
object()
{
	"$FLIPQ" top --json -n 1 -i 0.2 >doc && [ "$(wc -l <doc)" -eq 1 ] ||
		return 1
	for words; do
		grep -qF "$words" doc || {
			echo "not there: $words"
			cat doc
			return 1
		}
	done
}

# A look while there is work: what is added up in the queue is in the rate.
rates()
{
	(sleep 0.3; text 4000000 >&7) 7>&7 &
	feeder=$!
	"$FLIPQ" top -b -s in -n 1 -i 2 >out
	wait "$feeder"
	cat out
	awk -v pid="$root" 'NR == 3 { found = $2 == pid && $6 ~ /[KM]$/ }
		END { exit !(found && NR == 3) }' out
}

# The text format: a name is described before its values, and has them together.
metrics()
{
	"$FLIPQ" top --metrics >metrics && awk '
		/^# HELP / { name = $3; bad += seen[name]++; next }
		/^# TYPE / {
			bad += $3 != name
			bad += ($4 == "counter") != (name ~ /_total$/)
			bad += $4 != "counter" && $4 != "gauge"
			next
		}
		!/^[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.]+$/ { bad++ }
		{ sub(/[{ ].*/, ""); bad += $0 != name; values++ }
		END { exit bad || values < 10 }' metrics
}

# No device, or another thing: that is said, and nothing else.
absent()
{
	fails 1 '^flipq: none: no such device' \
		"$FLIPQ" top -b -n 1 --device=none &&
		[ ! -s stdout ] &&
		fails 1 '^flipq: /dev/null: not a flipq device' \
			"$FLIPQ" top --metrics --device=/dev/null
}

usage()
{
	fails 2 "interval '0': expected seconds" "$FLIPQ" top -i 0 &&
		fails 2 "interval 'nan': expected" "$FLIPQ" top -i nan &&
		fails 2 "iterations '-1': expected" "$FLIPQ" top -n -1 &&
		fails 2 "unexpected argument 'x'" "$FLIPQ" top x &&
		fails 2 "does not take option '-c'" "$FLIPQ" top -c
}

column()
{
	fails 2 "sort 'x': expected requests" "$FLIPQ" top -s x
}

ok "without the device" absent
ok "a wrong command line" usage
ok "a column that is none" column
if [ -e /dev/flipq ] && [ "$(id -u)" = 0 ]; then
	ok "a queue" start
	ok "its owner and its size" object "\"pid\": $root, \"uid\": 0" \
		'"users": 1' '"hidden": 0'
	ok "rates" rates
	ok "metrics" metrics
	ok "what it compressed is whole" end
	ok "it is gone" object '"queues": []' '"users": 0'
else
	tap_skip "a queue" "needs the device, and root"
fi
tap_end
