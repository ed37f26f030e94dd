#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# criu.sh [-k KERNEL] - in a VM: a process is dumped by CRIU, its images pass through
# flipq, and it goes on from what came back
#
# The VM gets this machine's CRIU, with the libraries that it loads.
set -eu

cd "$(dirname "$0")/../.."
kernel=6.12
case ${1-} in
'')	;;
-k)	kernel=${2:?usage: criu.sh [-k KERNEL]} ;;
*)	echo "usage: criu.sh [-k KERNEL]" >&2
	exit 2 ;;
esac
PATH=$PATH:/usr/sbin:/sbin
criu=$(command -v criu) || {
	echo "1..0 # SKIP no criu: tools/vm/setup -c installs it"
	exit 4
}
what=$(mktemp -d)
trap 'rm -rf "$what"' EXIT
trap 'exit 1' INT TERM

# What CRIU asks the kernel about sockets with, and locks them by.
tools/vm/modules -k "$kernel" "$what/modules" nf_tables unix_diag tcp_diag udp_diag \
	raw_diag af_packet_diag netlink_diag
mkdir -p "$what/lib" "$what/selftests" "$what/tools/test"
cp "$criu" "$what"
for library in $(ldd "$criu" | grep -o ' /[^ ]*'); do
	case $library in
	*/ld-linux*) ;;
	*) cp "$library" "$what/lib" ;;
	esac
done
"${CC:-cc}" -std=gnu11 -O2 -Wall -Wextra -Wshadow -Wconversion \
	-o "$what/criu_process" tools/test/criu_process.c
cp selftests/tap.sh "$what/selftests"
cp tools/test/criu_vm.sh "$what/tools/test"
tools/vm/run -k "$kernel" -d "$what" -- sh /mnt/0/tools/test/criu_vm.sh
