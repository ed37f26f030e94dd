#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# in_vm.sh - in the VM: run the named selftests one after the other
#
# Each one's output is between two lines that the runner on the host reads. The
# kernel log gets its name, so that a problem there can be told whose it is.
set -eu

# release, machine, and the size of a page in KiB
echo "##machine $(uname -r) $(uname -m)" \
	"$(sed -n 's/^KernelPageSize: *\([0-9]*\) kB$/\1/p' /proc/self/smaps |
		head -n 1)"

cd /kselftest
limit=$(sed -n 's/^timeout=//p' settings 2>/dev/null || true)
limit=$((${limit:-45} * ${FLIPQ_SLOW:-1}))
for name; do
	echo "##begin $name"
	echo "selftest: $name" >/dev/kmsg
	status=0
	if [ "$limit" -eq 0 ]; then
		"./$name" </dev/null 2>&1 || status=$?
	else
		timeout -k 5 "$limit" "./$name" </dev/null 2>&1 || status=$?
	fi
	echo
	echo "##end $name $status"
done
