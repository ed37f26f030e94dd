#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# coverage_vm.sh - in the VM: run the named selftests, then take out what gcov
# counted in the module
set -eu

# in_vm.sh is the first argument, as text
status=0
sh -c "$@" || status=$?

# What runs at unloading counts, too, and the data of a module stays. Workers let
# go of closed queues soon, not at once.
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ "$(cat /sys/module/flipq/refcnt)" != 0 ] || break
	sleep 1
done
rmmod flipq
cd /sys/kernel/debug/gcov
find . -name '*.gcda' | while read -r file; do
	mkdir -p "$OUT/${file%/*}"
	# these files do not say how long they are: cp copies nothing
	cat "$file" >"$OUT/$file"
done
exit $status
