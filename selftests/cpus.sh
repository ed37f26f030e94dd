#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# cpus - workers stay on the CPUs that the administrator gave them, whichever of
# these go and come back
# shellcheck disable=SC2317 # functions are called through ok
set -eu

# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

drive=$tap_here/drive
cpus=/sys/devices/system/cpu

# load CPUS: with workers on these; empty for the default
load()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -d /sys/module/flipq ] || break
		rmmod flipq 2>/dev/null || sleep 1
	done
	insmod "$module" ${1:+cpus="$1"}
}

leave()
{
	for n in $online; do
		echo 1 >"$cpus/cpu$n/online" || true
	done
	load "" || true
	rm -rf "$tap_tmp"
}

# online CPU 0|1
online()
{
	echo "$2" >"$cpus/cpu$1/online"
}

# Where the worker of a CPU may run, as a list.
where()
{
	for task in /proc/[0-9]*; do
		if [ "$(cat "$task/comm" 2>/dev/null)" = "flipq/$1" ]; then
			sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' \
				"$task/status"
			return
		fi
	done
	echo none
}

# is CPU LIST: its worker may run there and nowhere else
is()
{
	at=$(where "$1")
	echo "worker $1 may run on $at"
	[ "$at" = "$2" ]
}

# elsewhere CPU: its worker may run, but not there
elsewhere()
{
	at=$(where "$1")
	echo "worker $1 may run on $at"
	case $at in
	none|"$1") return 1 ;;
	esac
}

tap_start
module=${FLIPQ_KO:-}
[ -e /dev/flipq ] || tap_skip_all "no /dev/flipq: flipq.ko is not loaded"
[ -n "$module" ] || tap_skip_all "FLIPQ_KO does not say where flipq.ko is"
[ -w $cpus/cpu1/online ] || tap_skip_all "there is only one CPU"
online=1
[ ! -w $cpus/cpu2/online ] || online="1 2"
trap leave EXIT

ok "a pool of CPU 1" load 1
ok "its worker is there" is 1 1
ok "CPU 0 has none" is 0 none
ok "CPU 1 goes" online 1 0
ok "its worker is elsewhere" elsewhere 1
ok "a queue works" "$drive" work 4
ok "CPU 1 comes back" online 1 1
ok "so does its worker" is 1 1
ok "a queue works there" "$drive" work 4

if [ "$online" = "1 2" ]; then
	ok "a pool of CPUs 1 and 2" load 1-2
	ok "CPU 1 goes" online 1 0
	ok "its worker is on CPU 2" is 1 2
	ok "CPU 2 goes, too" online 2 0
	ok "a queue works with neither" "$drive" work 4
	ok "CPU 1 comes back" online 1 1
	ok "so does its worker" is 1 1
	ok "CPU 2's comes along" is 2 1
	ok "a queue works on CPU 1" "$drive" work 4
	ok "CPU 2 comes back" online 2 1
	ok "worker 1 is where it was" is 1 1
	ok "worker 2 is where it was" is 2 2
fi
ok "the default pool" load ""
tap_end
