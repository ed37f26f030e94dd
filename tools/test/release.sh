#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# release.sh [-a] - what make release packs, unpacked outside git, builds and passes
#
# What is packed are the files of this checkout that git knows, as they are now.
# With -a all tests that need no VM are run there, and one selftest in a VM.
# shellcheck disable=SC2317 # functions are called by name
set -eu

cd "$(dirname "$0")/../.."
tap_here=$PWD/selftests
. selftests/tap.sh
scratch=$tap_tmp
trap 'exit 1' INT TERM
kit=${XDG_CACHE_HOME:-$HOME/.cache}/flipq/kernels/6.12/kit

# What is changed and not committed is packed as well.
pack()
{
	commit=$(git -c user.name=release -c user.email=release@localhost \
		stash create) &&
		make -s release COMMIT="${commit:-HEAD}" >"$scratch/tarball"
}

# Into a directory with no repository above it, named as the tarball is.
unpack()
{
	tarball=$(cat "$scratch/tarball")
	mkdir "$scratch/free" &&
		tar -xzf "$tarball" -C "$scratch/free" || return
	tree=$scratch/free/$(basename "$tarball" .tar.gz)
	[ -f "$tree/Makefile" ] && ! git -C "$tree" rev-parse 2>/dev/null
}

# All that git knows and nothing else but the file that DKMS looks for, with what
# may be run and what not.
all_files()
{
	git ls-files -z | xargs -0 stat -c '%A %n' -- 2>/dev/null |
		sed 's/^\(....\)....../\1/' | sort >"$scratch/wanted" &&
		(cd "$tree" && find . -type f ! -path ./dkms.conf -print0 |
			xargs -0 stat -c '%A %n' -- |
			sed 's/^\(....\)...... \.\//\1 /' | sort) >"$scratch/got" &&
		diff "$scratch/wanted" "$scratch/got"
}

# From here on no file of the checkout is of use.
there()
{
	(cd "$tree" && "$@")
}

module()
{
	# type information for modules would need pahole
	there make -s KDIR="$kit" CONFIG_DEBUG_INFO_BTF_MODULES= modules &&
		test -f "$tree/flipq.ko" &&
		modinfo "$tree/flipq.ko"
}

tools()
{
	there make -s tools
}

installed()
{
	there make -s install DESTDIR="$scratch/root" PREFIX=/usr &&
		test -x "$scratch/root/usr/bin/flipq" &&
		test -f "$scratch/root/usr/include/flipq.h"
}

# For DKMS, of the tarball's version.
dkms_conf()
{
	grep -qx "PACKAGE_VERSION=\"${tree##*/flipq-}\"" "$tree/dkms.conf"
}

cleaned()
{
	there make -s clean KDIR="$kit" && all_files
}

[ -e .git ] || {
	echo "1..0 # SKIP this is no git checkout"
	exit 4
}
case ${1-} in
'')	long= ;;
-a)	long=yes ;;
*)	echo "usage: release.sh [-a]" >&2
	exit 2 ;;
esac

tap_start
ok "make release packs a tarball" pack
ok "it unpacks to a directory of its name" unpack
[ "$tap_failed" -eq 0 ] || tap_end
ok "it has all files, and no other" all_files
ok "it says to DKMS what it is" dkms_conf
ok "the module builds there" module
ok "library, tool and benchmark build there" tools
ok "make install installs" installed
ok "the documents' and sources' rules hold there" \
	there tools/style/check licences versions words lengths whitespace \
	examples manuals named links rooms
ok "the library's tests build there" \
	there make -s -C tools/lib/check FLAVOURS=plain all
if [ -n "$long" ]; then
	ok "all rules of style hold there" there tools/style/check
	ok "the library's tests pass there under sanitizers" \
		there make -s -C tools/lib check
	ok "the tool's tests pass there" there make -s -C tools/flipq check
	ok "the benchmark's tests pass there" \
		there make -s -C tools/bench check
	ok "a selftest passes there, in a VM" \
		there tools/test/run -k 6.12 abi setup
fi
ok "make clean leaves what was unpacked" cleaned
tap_end
