#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# trace.sh [-k KERNEL] - the scripts of tools/trace in a VM, beside queues at work
#
# The VM gets this machine's bpftrace and trace-cmd, and the libraries of both.
set -eu

cd "$(dirname "$0")/../.."
kernel=6.12
case ${1-} in
'')	;;
-k)	kernel=$2 ;;
*)	echo "usage: trace.sh [-k KERNEL]" >&2
	exit 2 ;;
esac
what=$(mktemp -d)
trap 'rm -rf "$what"' EXIT
trap 'exit 1' INT TERM

mkdir -p "$what/bin" "$what/lib" "$what/selftests"
for name in bpftrace trace-cmd; do
	program=$(command -v $name) || {
		echo "1..0 # SKIP no $name: tools/vm/setup -t installs it"
		exit 4
	}
	cp "$program" "$what/bin"
	for library in $(ldd "$program" | grep -o ' /[^ ]*'); do
		cp "$library" "$what/lib"
	done
done
cp -r tools/trace "$what"
cp tools/test/trace_vm.sh "$what"
cp selftests/tap.sh "$what/selftests"
tools/vm/run -k "$kernel" -M 2048 -t 1500 -d "$what" -- sh /mnt/0/trace_vm.sh
