#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# trace_vm.sh - in the VM: each script of tools/trace beside the tool at work; what it
# prints is what the tool did
#
# shellcheck disable=SC2317 # functions are called by name
set -eu

there=$(cd "$(dirname "$0")" && pwd)
tap_here=$there/selftests
# shellcheck source-path=SCRIPTDIR source=../../selftests/tap.sh
. "$there/selftests/tap.sh"
trap 'exit 1' INT TERM

export PATH="$there/bin:$PATH"
scripts=$there/trace
events=/sys/kernel/tracing/events/flipq
percent=/sys/module/flipq/parameters/worker_percent
text=$tap_tmp/text
said=$tap_tmp/output

# Of 64 KiB each: so many requests are one pass over it.
requests=40

# with_libraries COMMAND...: those that the programs brought along
with_libraries()
{
	LD_LIBRARY_PATH=$there/lib "$@"
}

# traced SCRIPT COMMAND: bpftrace runs the script until the command, a text for
# sh, has ended
traced()
{
	echo "unset LD_LIBRARY_PATH; $2" >"$tap_tmp/command"
	with_libraries bpftrace -c "sh $tap_tmp/command" "$scripts/$1.bt" \
		>"$said" 2>&1 || {
		cat "$said"
		return 1
	}
	cat "$said"
}

# The sum of the last numbers of lines that begin with $1, or in the histogram of
# that name.
sum()
{
	awk -v name="$1" '
	/^@/ { inside = 0 }
	index($0, name) == 1 && NF > 1 { n += $NF }
	index($0, name) == 1 { inside = 1 }
	inside && /^[[(].*\|/ {
		sub(/\|.*/, "")
		n += $NF
	}
	END { print n + 0 }' "$said"
}

# has NAME NUMBER: its sum
has()
{
	n=$(sum "$1")
	echo "$1 has $n, expected $2"
	[ "$n" = "$2" ]
}

has_some()
{
	n=$(sum "$1")
	echo "$1 has $n, expected 1 or more"
	[ "$n" -ge 1 ]
}

one="flipq compress -c $text >/dev/null"
# What no shared worker takes, but its owner's own threads; and how many requests
# that were the tool says.
mine="head -c 1048576 $text |
	flipq compress -v -a zstd -19 -b 1M -c 2>$tap_tmp/counters >/dev/null"

latency()
{
	traced latency "$one" && has '@served_us[compress]' "$requests" &&
		has_some @submit_to_start_us &&
		has @submit_to_finish_us "$(sum @submit_to_start_us)"
}

kicks()
{
	traced kicks "$one" && has '@requests_of_queue[' "$requests" &&
		has_some '@kicks_of_queue[' &&
		has_some '@kicks_per_second[flipq'
}

sleeps()
{
	traced sleeps "$one" && has_some '@us[all parked]' &&
		has_some '@woken_by[flipq' && has '@us[limit]' 0
}

limited()
{
	echo 20 >"$percent"
	traced sleeps "$one" && has_some '@us[limit]'
}

# Beside a program for each CPU that never sleeps.
taken()
{
	traced sleeps "(while :; do :; done) & first=\$!
		(while :; do :; done) & second=\$!
		$one; kill \$first \$second" && has_some '@us[CPU taken]'
}

shares()
{
	traced shares "$one & su nobody -s /bin/sh -c '$one'; wait; $mine" &&
		has '@shared_requests[0]' "$requests" &&
		has '@shared_requests[65534]' "$requests" &&
		has '@own_requests[0]' \
			"$(sed -n 's/^requests: //p' "$tap_tmp/counters")" &&
		has_some '@own_percent[0]' &&
		has_some '@shared_percent['
}

table()
{
	with_libraries "$scripts/requests.sh" sh -c "unset LD_LIBRARY_PATH; $one" \
		>"$said" && cat "$said" &&
		awk -v n="$requests" '$1 == "compress" && $4 == n &&
			$5 == n * 65536 && $6 > 0 && $7 > 0 && $7 <= $8 &&
			$8 <= $9 { seen++ }
			END { exit seen != 1 || NR != 2 }' "$said"
}

# The events are on; trace-cmd takes its time.
recording()
{
	for _ in $(seq 100); do
		[ "$(cat "$events/flipq_worker_wake/enable")" = 0 ] || return 0
		sleep 0.2
	done
	return 1
}

# A process that waits for more, so its queue stays; and gets it meanwhile.
timeline()
{
	mkfifo "$tap_tmp/more"
	flipq compress -c <"$tap_tmp/more" >/dev/null &
	pid=$!
	exec 8>"$tap_tmp/more"
	cat "$text" >&8
	(recording && cat "$text") >&8 &
	with_libraries "$scripts/queue.sh" "$pid" 6 >"$said" || return
	exec 8>&-
	wait
	head -n 20 "$said"
	for event in kick request_start request_complete worker_wake worker_sleep
	do
		echo "an event $event is looked for"
		grep -q " flipq_$event: " "$said" || return
	done
	[ "$(grep -c ' flipq_request_complete: ' "$said")" -ge $((requests - 1)) ]
}

# refused TEXT COMMAND...: it fails, with this in what it says
refused()
{
	expected=$1
	shift
	! with_libraries "$@" >"$said" 2>&1 && cat "$said" &&
		grep -qF "$expected" "$said"
}

as_nobody()
{
	su nobody -s /bin/sh -c "$scripts/requests.sh true"
}

leave()
{
	echo 100 >"$percent"
	rm -rf "$tap_tmp"
}

tap_start
trap leave EXIT
chmod 666 /dev/flipq
chmod 755 "$tap_tmp"
seq 1000000 | head -c $((requests * 65536)) >"$text"
ok "latency.bt sees each request" latency
ok "kicks.bt sees each request, and who kicks" kicks
ok "sleeps.bt sees workers park, and who wakes them" sleeps
ok "and those whose CPU others take" taken
ok "and those that a limit stops" limited
echo 100 >"$percent"
ok "shares.bt tells users apart, and their own threads" shares
ok "requests.sh counts them all" table
ok "queue.sh shows one queue" timeline
ok "requests.sh wants a command" refused usage: "$scripts/requests.sh"
ok "queue.sh wants a process" refused 'expected a number' \
	"$scripts/queue.sh" init
ok "one that there is" refused 'no process' "$scripts/queue.sh" 99999999
ok "with a queue" refused 'has no queue' "$scripts/queue.sh" 1
ok "others may not trace" refused 'only root' as_nobody
tap_end
