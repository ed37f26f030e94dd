#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# languages.sh [-k KERNEL] - the packages for other languages with the device, in a VM
#
# The VM gets this machine's Python, of its own small root there is none. What the
# packages do in the process their own directories test: make check.
set -eu

cd "$(dirname "$0")/../.."
kernel=6.12
case ${1-} in
'')	;;
-k)	kernel=$2 ;;
*)	echo "usage: languages.sh [-k KERNEL]" >&2
	exit 2 ;;
esac
what=$(mktemp -d)
trap 'rm -rf "$what"' EXIT
trap 'exit 1' INT TERM

# What cargo made, as it lies there; libflipq is the VM's.
rust()
{
	mkdir -p "$what/rust/deps" "$what/rust/examples"
	for program in $(make -s -C tools/rust programs); do
		directory=${program%/*}
		name=${program##*/}
		cp "$program" "$what/rust/${directory##*/}/${name%-*}"
		for library in $(ldd "$program" | grep -o ' /[^ ]*'); do
			cp "$library" "$what/lib"
		done
	done
	rm -f "$what/lib/libflipq."*
}

tools/test/vm_python "$what"
mkdir -p "$what/tools/test"
cp -r tools/python "$what/tools"
cp tools/test/tally tools/test/tap.py "$what/tools/test"
cp tools/test/languages_vm.sh "$what"
if command -v cargo >/dev/null; then
	rust
	mkdir -p "$what/tools/rust/check"
	cp tools/rust/check/run "$what/tools/rust/check"
fi
tools/vm/run -k "$kernel" -d "$what" -- sh /mnt/0/languages_vm.sh
