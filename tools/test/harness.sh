#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# harness.sh - the VM harness, tested: what it must pass on, and must notice
# shellcheck disable=SC2016,SC2317 # the VM's variables; functions by name
set -eu

cd "$(dirname "$0")/../.."
tap_here=selftests
# shellcheck source=selftests/tap.sh
. "$tap_here/tap.sh"
scratch=$tap_tmp/vm
mkdir "$scratch"

# vm STATUS ARGUMENT...: run it; succeeds if it ends with that status
vm()
{
	expected=$1
	shift
	ended=0
	tools/vm/run "$@" >"$scratch/stdout" 2>"$scratch/stderr" || ended=$?
	[ "$ended" -eq "$expected" ] || {
		echo "status $ended, expected $expected" >>"$scratch/stderr"
		return 1
	}
}

arguments_and_streams()
{
	printf 'a b|it'\''s|$HOME|"|*||\n' >"$scratch/expected"
	vm 7 -n -- sh -c 'printf "%s|" "$@"; echo; echo error >/dev/stderr
		exit 7' sh 'a b' "it's" '$HOME' '"' '*' '' &&
		cmp "$scratch/stdout" "$scratch/expected" &&
		[ "$(cat "$scratch/stderr")" = error ]
}

directories()
{
	mkdir "$scratch/in" &&
		head -c 9999999 /dev/urandom >"$scratch/in/a file" || return
	vm 0 -n -k 6.1 -d "$scratch/in" -d uapi -o "$scratch/out" -- sh -c '
		mkdir "$OUT/sub" && cp "/mnt/0/a file" "$OUT/sub" &&
		test -e /mnt/1/linux/flipq.h' &&
		cmp "$scratch/in/a file" "$scratch/out/sub/a file"
}

planted_problem()
{
	vm 99 -n -- sh -c 'echo "WARNING: planted" >/dev/kmsg' &&
		grep -q 'WARNING: planted' "$scratch/stderr"
}

crash()
{
	vm 99 -n -- sh -c 'echo c >/proc/sysrq-trigger; sleep 60' &&
		grep -q 'Kernel panic' "$scratch/stderr"
}

time_limit()
{
	vm 124 -n -t 3 -- sleep 60 &&
		grep -q 'longer than 3 s' "$scratch/stderr"
}

module_speaks()
{
	vm 99 -- sh -c 'echo "flipq: unasked" >/dev/kmsg' &&
		grep -q 'flipq: unasked' "$scratch/stderr"
}

bad_arguments()
{
	vm 98 -k /nonexistent -- true &&
		grep -q 'expected 5.10, 6.1, 6.12' "$scratch/stderr" &&
		vm 98 -k 6.12-99k -- true &&
		grep -q '6.12-99k: Debian has no such flavour for amd64' \
			"$scratch/stderr" &&
		vm 98 -k kasan -m arm64 -- true &&
		grep -q 'expected 5.10' "$scratch/stderr" &&
		vm 2 -m s390x -- true &&
		vm 98 -n -d "$scratch/none" -- true &&
		grep -q 'not a directory' "$scratch/stderr" &&
		vm 2 -c 0 -- true
}

# race TITLE FRAME...: KCSAN's report, as the kernel logs it; of what is at $where
race()
{
	echo "BUG: KCSAN: data-race in $1"
	shift
	for access in write 'read (marked)'; do
		echo "$access to $where of 8 bytes by task 7 on cpu 0:"
		printf ' %s\n' "$@"
	done
	echo 'CPU: 0 UID: 0 PID: 7 Comm: flipq/0 Tainted: G           O'
	echo '=================================================================='
}

# How many races of those on stdin are ours?
our_races()
{
	PYTHONPATH=tools/vm python3 -B -c '
import sys
from harness import klog
print(sum("BUG" in line for line in klog.problems(sys.stdin.read())))'
}

races()
{
	turn='engine_take_turn+0x3b6/0x750 [flipq]'
	timer='asm_sysvec_apic_timer_interrupt+0x1b/0x20'
	where=0xffffc9000042bcc8
	{
		race 'pipe_read / pipe_write' 'pipe_read+0x388/0x6c0'
		race 'a_timer / an_idle' 'a_timer+0x3/0x4' "$timer" "$turn"
		race 'hrtimer_wakeup / schedule_hrtimeout_range_clock' \
			'schedule_hrtimeout_range_clock+0xfb/0x160' "$turn"
		race 'reclaim / reclaim' 'reclaim+0x37/0x70' \
			'__alloc_pages_noprof+0x1ce/0x2f0' "$turn"
		where=0xffffffff820069c0
		race 'reclaim / a_tick' 'reclaim+0x37/0x70' "$turn"
	} | our_races >"$scratch/foreign"
	{
		race 'memcpy / memcpy' 'memcpy+0x8/0x40' "$turn"
		race 'a_timer / a_timer' "$turn" "$timer" 'idle+0x3/0x4'
		where=0xffffffff820069c0
		race 'engine_take_turn / a_tick' "$turn" 'worker+0x37/0x70'
	} | our_races >"$scratch/ours"
	echo "foreign: $(cat "$scratch/foreign"), ours: $(cat "$scratch/ours")" \
		>"$scratch/stderr"
	[ "$(cat "$scratch/foreign")" -eq 0 ] && [ "$(cat "$scratch/ours")" -eq 3 ]
}

# check NAME FUNCTION
check()
{
	status=0
	"$2" || status=$?
	tap_result "$status" "$1" "$scratch/stderr"
}

tap_plan 8
check "arguments, output and exit status pass through" arguments_and_streams
check "directories go in and come out" directories
check "a problem in the kernel log fails the run" planted_problem
check "so does a line of the module while a command runs" module_speaks
check "so does a crash" crash
check "and a command that takes too long" time_limit
check "bad arguments are named" bad_arguments
check "a race fails it when this module has a part in it" races
tap_end
