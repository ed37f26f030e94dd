#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# harness.sh - the VM harness, tested: what it must pass on, and must notice
# shellcheck disable=SC2016,SC2317 # the VM's variables; functions by name
set -eu

cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
number=0
failed=0

# result STATUS NAME: print the point of a test that ended so
result()
{
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number $2"
	else
		sed 's/^/# /' "$scratch/stderr"
		echo "not ok $number $2"
		failed=1
	fi
}

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
		grep -q 'expected 6.1, 6.12' "$scratch/stderr" &&
		vm 98 -n -d /nonexistent -- true &&
		grep -q 'not a directory' "$scratch/stderr" &&
		vm 2 -c 0 -- true
}

# check NAME FUNCTION
check()
{
	status=0
	"$2" || status=$?
	result "$status" "$1"
}

echo "TAP version 13"
echo "1..7"
check "arguments, output and exit status pass through" arguments_and_streams
check "directories go in and come out" directories
check "a problem in the kernel log fails the run" planted_problem
check "so does a line of the module while a command runs" module_speaks
check "so does a crash" crash
check "and a command that takes too long" time_limit
check "bad arguments are named" bad_arguments
exit $failed
