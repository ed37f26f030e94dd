#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# soak.sh MINUTES - queues at work while CPUs go and come each second, some of
# them killed, and the module loaded anew each minute; then all is as it was
#
# The first minute is not compared with: caches of the kernel's fill once.
# shellcheck disable=SC2317 # functions are called through ok and nok
set -eu

# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

minutes=${1:-2}
seconds=50
soak=$tap_here/soak
module=${FLIPQ_KO:-}
# KiB that the kernel may have kept for itself
slack=24576
files_slack=64
seed=0
requests=0
killed=0
switched=0

random()
{
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	random=$((seed / 65536 % $1))
}

cpus()
{
	ls -d /sys/devices/system/cpu/cpu[1-9]*/online
}

all_on()
{
	for cpu in $(cpus); do
		[ "$(cat "$cpu")" = 1 ] || echo 1 >"$cpu" || return 1
	done
}

# Switch a CPU each second, while the process is there.
switch_cpus()
{
	n=$(cpus | wc -l)
	while kill -0 "$1" 2>/dev/null; do
		random "$n"
		cpu=$(cpus | sed -n "$((random + 1))p")
		echo $((1 - $(cat "$cpu"))) >"$cpu" || return 1
		switched=$((switched + 1))
		sleep 1
	done
}

minute()
{
	random 30000
	"$soak" "$seconds" "$random" >"$tap_tmp/soak" 2>&1 &
	pid=$!
	switch_cpus "$pid" || echo "a CPU could not be switched"
	status=0
	wait "$pid" || status=$?
	all_on || status=1
	cat "$tap_tmp/soak"
	requests=$((requests + $(value requests <"$tap_tmp/soak")))
	killed=$((killed + $(value killed <"$tap_tmp/soak")))
	return "$status"
}

# value NAME: the number after it, 0 where there is none
value()
{
	awk -v name="$1:" '$1 == name { n = $2 } END { print n + 0 }'
}

# Workers let go of closed queues soon, not at once.
reload()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(cat /sys/module/flipq/refcnt)" != 0 ] || break
		sleep 1
	done
	rmmod flipq && insmod "$module"
}

# Threads of the module and of processes; kernel threads come and go.
threads()
{
	n=0
	for task in /proc/[0-9]*/task/*; do
		case $(cat "$task/comm" 2>/dev/null) in
		flipq/*) n=$((n + 1)) ;;
		*) [ ! -e "$task/exe" ] || n=$((n + 1)) ;;
		esac
	done
	echo "threads: $n"
}

# What is to be the same at the end. Freed memory is given back late.
state()
{
	sleep 2
	echo 3 >/proc/sys/vm/drop_caches
	grep -E '^(MemAvailable|Slab|VmallocUsed):' /proc/meminfo
	echo "files: $(cut -f 1 /proc/sys/fs/file-nr)"
	threads
}

# within NAME SLACK: it grew by no more than that
within()
{
	from=$(value "$1" <"$tap_tmp/before")
	to=$(value "$1" <"$tap_tmp/after")
	echo "$1: $from, then $to"
	echo "# $1: $from, then $to" >&3
	[ "$from" -gt 0 ] && [ $((to - from)) -le "$2" ] && [ $((from - to)) -le "$2" ]
}

tap_start
[ -e /dev/flipq ] || tap_skip_all "no /dev/flipq: flipq.ko is not loaded"
[ -r "$module" ] || tap_skip_all "FLIPQ_KO does not say where flipq.ko is"
trap 'all_on; rm -rf "$tap_tmp"' EXIT
exec 3>&1

round=0
while [ $round -le "$minutes" ]; do
	ok "minute $round: every result is right, and none is lost" minute
	ok "minute $round: the module is loaded anew" reload
	[ $round -gt 0 ] || state >"$tap_tmp/before"
	round=$((round + 1))
	echo "# $requests requests, $killed processes killed," \
		"$switched CPUs switched"
done
state >"$tap_tmp/after"
for name in MemAvailable Slab VmallocUsed; do
	ok "as much memory as before: $name" within $name $slack
done
ok "as many files as before" within files $files_slack
ok "as many threads as before" within threads 0
ok "requests were done, processes killed, CPUs switched" \
	test "$requests" -gt 0 -a "$killed" -gt 0 -a $switched -gt 0
echo "# requests: $requests"
tap_end
