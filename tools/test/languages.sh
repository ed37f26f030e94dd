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

# The interpreter, the modules that it was installed with, and the libraries of both.
python()
{
	python3 - "$what" <<-'END'
		import os, shutil, subprocess, sys, sysconfig
		where = sys.argv[1]
		there = sysconfig.get_path("stdlib")
		here = f"{where}/python/lib/{os.path.basename(there)}"
		shutil.copytree(there, here, symlinks=True,
		                ignore=shutil.ignore_patterns(
		                    "test", "tests", "site-packages", "dist-packages",
		                    "config-*", "idlelib", "ensurepip", "lib2to3",
		                    "tkinter", "*.opt-?.pyc"))
		os.makedirs(f"{where}/python/bin")
		program = f"{where}/python/bin/python3"
		shutil.copy(os.path.realpath(sys.executable), program)
		loaded = [program] + [f"{here}/lib-dynload/{name}" for name in
		                      os.listdir(f"{here}/lib-dynload")]
		said = subprocess.run(["ldd", *loaded], text=True, check=False,
		                      stdout=subprocess.PIPE).stdout
		os.makedirs(f"{where}/lib")
		for path in {word for word in said.split() if word.startswith("/")}:
		    if os.path.isfile(path) and "/ld-linux" not in path:
		        shutil.copy(path, f"{where}/lib")
	END
}

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

python
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
