#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# rcu - whoever removes a function's hook, as tracers, BPF and kprobes do, waits
# for each task to have been at rest: not for the end of a worker's load, of a
# SERVE, or of a wait that serves
# shellcheck disable=SC2317 # functions are called through ok and nok
set -eu

# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

drive=$tap_here/drive
tracefs=/sys/kernel/tracing
instance=$tracefs/instances/flipq-rcu
# how long a load lasts that nobody ends, in seconds
lasts=20
load=

leave()
{
	[ -z "$load" ] || kill "$load" 2>/dev/null || true
	rmdir "$instance" 2>/dev/null || true
	rm -rf "$tap_tmp"
}

# Hundredths of a second since the start of the machine.
now()
{
	sed 's/ .*//; s/\.//' /proc/uptime
}

# A hook of a function, set and removed: "took" is how long the latter takes. It
# is one that nobody calls meanwhile: under emulation a CPU may run code as it was
# before another one changed it, and Linux 7.3 dies of a breakpoint that is gone.
remove()
{
	mkdir "$instance"
	echo do_settimeofday64 >"$instance/set_ftrace_filter"
	echo function >"$instance/current_tracer"
	from=$(now)
	echo nop >"$instance/current_tracer"
	took=$(($(now) - from))
	rmdir "$instance"
}

# The same beside "drive saturate $1".
remove_beside()
{
	"$drive" saturate "$1" "$lasts" >"$tap_tmp/drive" &
	load=$!
	until grep -q ready "$tap_tmp/drive"; do
		kill -0 "$load" || return 1
		sleep 0.1
	done
	sleep 0.5
	remove
	kill "$load" 2>/dev/null || true
	{ wait "$load" || true; } 2>/dev/null
	load=
}

# ms HUNDREDTHS
ms()
{
	echo "$(($1 * 10)) ms"
}

# soon NAME LOAD: no more than three times as long as beside nothing, and 1 s, of
# which a debug kernel makes more; all of the load is what it must not be.
# One time in two is enough, as this very script has to wait for a CPU as well.
soon()
{
	most=$((3 * idle + 100 * ${FLIPQ_SLOW:-1}))
	remove_beside "$2"
	first=$took
	[ "$took" -le $most ] || remove_beside "$2"
	[ "$took" -le "$first" ] || took=$first
	echo "# a hook goes beside $1: $(ms "$took"), beside nothing: $(ms "$idle")"
	ok "a hook goes soon beside $1" test "$took" -le $most
}

tap_start
[ -e /dev/flipq ] || tap_skip_all "no /dev/flipq: flipq.ko is not loaded"
[ -d $tracefs/events ] || mount -t tracefs none $tracefs 2>/dev/null || true
grep -qw function $tracefs/available_tracers 2>/dev/null ||
	tap_skip_all "no function tracer in $tracefs"
trap leave EXIT

remove
idle=$took
soon "a worker that never empties" worker
soon "an endless SERVE" serve
soon "a long wait that serves" wait
tap_end
