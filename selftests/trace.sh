#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# trace - the tracepoints, seen through tracefs, with fields that make sense
# shellcheck disable=SC2317 # functions are called through ok and nok
set -eu

# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

drive=$tap_here/drive
tracefs=/sys/kernel/tracing
clocksource=/sys/devices/system/clocksource/clocksource0/current_clocksource
requests=40

leave()
{
	echo 0 >"$tracefs/events/flipq/enable" || true
	echo >"$tracefs/trace" || true
	rm -rf "$tap_tmp"
}

# Lines of the event $1 whose text matches $2.
count()
{
	grep -c " flipq_$1: .*$2" "$tap_tmp/trace" || true
}

# The event $1 was seen $2 times with text that matches $3.
seen()
{
	n=$(count "$1" "$3")
	echo "flipq_$1 with '$3': $n times, expected $2"
	[ "$n" = "$2" ]
}

seen_at_least()
{
	n=$(count "$1" "$3")
	echo "flipq_$1 with '$3': $n times, expected $2 or more"
	[ "$n" -ge "$2" ]
}

# The value of field $2 in the first event $1.
field()
{
	sed -n "s/.* flipq_$1: .*\b$2=\([^ ]*\).*/\1/p" "$tap_tmp/trace" |
		head -n 1
}

one_queue()
{
	q=$(field queue_create queue)
	[ -n "$q" ] && [ "$(field queue_destroy queue)" = "$q" ] &&
		[ "$(field request_start queue)" = "$q" ] &&
		[ "$(field request_complete queue)" = "$q" ] &&
		[ "$(field kick queue)" = "$q" ]
}

# The order is: created before all else, destroyed last.
in_order()
{
	grep -o ' flipq_[a-z_]*: .*queue=' "$tap_tmp/trace" |
		sed 's/^ flipq_\([a-z_]*\):.*/\1/' >"$tap_tmp/order"
	[ "$(head -n 1 "$tap_tmp/order")" = queue_create ] &&
		[ "$(tail -n 1 "$tap_tmp/order")" = queue_destroy ]
}

# Where the TSC was found to be unstable the scheduler's clock has the steps of
# the timer's tick, and a request may take none. That of arm64 is never unstable.
took_time()
{
	least=1
	grep -qxE "tsc|arch_sys_counter" "$clocksource" || least=0
	! grep ' flipq_request_complete: ' "$tap_tmp/trace" |
		grep -qv " ns=[$least-9][0-9]*\$"
}

# What tracefs says of an event, as trace.formats has it.
described()
{
	awk -v event="flipq_$1" -F '[\t ;:]+' '
	$2 == "field" && !/ common_/ {
		printf "%s\t%s\t%s\t%s\t%s\n", event, $3, $4, $8, $10
	}
	/^print fmt: "/ {
		sub(/^print fmt: "/, "")
		sub(/".*/, "")
		printf "%s\ttext\t%s\n", event, $0
	}' "$tracefs/events/flipq/flipq_$1/format"
}

# No other format than the one that is promised.
as_promised()
{
	grep "^flipq_$1	" "$tap_here/trace.formats" >"$tap_tmp/promised" &&
		described "$1" | diff "$tap_tmp/promised" -
}

# Each event of the kernel's is among the promised ones.
all_promised()
{
	for there in "$tracefs"/events/flipq/*/; do
		there=${there%/}
		grep "^${there##*/}	" "$tap_here/trace.formats" || {
			echo "nothing about ${there##*/}"
			return 1
		}
	done
}

record()
{
	echo >"$tracefs/trace"
	echo 1 >"$tracefs/events/flipq/enable"
	"$drive" work "$requests"
	echo 0 >"$tracefs/events/flipq/enable"
	cp "$tracefs/trace" "$tap_tmp/trace"
}

tap_start
[ -e /dev/flipq ] || tap_skip_all "no /dev/flipq: flipq.ko is not loaded"
[ -d $tracefs/events ] || mount -t tracefs none $tracefs 2>/dev/null || true
[ -d $tracefs/events ] || tap_skip_all "no tracefs at $tracefs"

for event in queue_create queue_destroy request_start request_complete \
		worker_sleep worker_wake kick; do
	ok "there is flipq_$event" test -d $tracefs/events/flipq/flipq_$event
	ok "flipq_$event has its promised format" as_promised "$event"
done
ok "there are no others" all_promised
trap leave EXIT
ok "recorded" record

quarter=$((requests / 4))
four='partition=0 slot=0 opcode=1 codec=0 in=4096'
ok "a queue was made" seen queue_create 1 'partitions=2 slots=4 bytes=[1-9]'
ok "a queue was destroyed" seen queue_destroy 1 'queue='
ok "each request has started" seen request_start $requests 'partition=0 slot=0'
ok "three in four were sound" seen request_start $((3 * quarter)) "$four"
ok "text was compressed" seen request_complete $quarter \
	"$four out=[1-9][0-9]* status=0 flags=0x0 ns="
ok "random bytes were not" seen request_complete $quarter \
	"$four out=0 status=0 flags=0x2 ns="
ok "zeros were detected" seen request_complete $quarter \
	"$four out=0 status=0 flags=0x1 ns="
ok "the bad ones are seen" seen request_complete $quarter \
	'opcode=99 .* out=0 status=-22 flags=0x0 ns='
ok "each took some time" took_time
ok "each needed its kick" seen kick $requests 'partition=0'
ok "a worker slept" seen_at_least worker_sleep 1 'worker=[0-9]'
ok "a worker woke" seen_at_least worker_wake 1 'worker=[0-9]'
ok "all of one queue" one_queue
ok "from its making to its end" in_order
tap_end
