#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# deb.sh - the Debian packages: made as the README says, and as Debian wants them
#
# What is not committed is in them, too. The tests that they bring along are those
# of make test and not run again.
# shellcheck disable=SC2317 # functions are called by name
set -eu

cd "$(dirname "$0")/../.."
tap_here=$PWD/selftests
. selftests/tap.sh
trap 'exit 1' INT TERM
PATH=$PATH:/usr/sbin:/sbin

# What is changed and not committed is packed as well.
made()
{
	COMMIT=$(git -c user.name=deb -c user.email=deb@localhost stash create)
	COMMIT=${COMMIT:-HEAD} DEB_BUILD_OPTIONS=nocheck
	export COMMIT DEB_BUILD_OPTIONS
	tools/test/quick_start debian-build >"$tap_tmp/lines" &&
		cat "$tap_tmp/lines" && sh -e "$tap_tmp/lines"
}

# Nothing, but for what is about uploads to Debian's archive.
lints()
{
	lintian --allow-root --suppress-tags initial-upload-closes-no-bugs \
		build/deb/*.changes >"$tap_tmp/lint" 2>&1 || true
	cat "$tap_tmp/lint"
	[ ! -s "$tap_tmp/lint" ]
}

# has PACKAGE FILE...: each is in it, and nothing below another directory
has()
{
	dpkg-deb -c build/deb/"$1"_*.deb | awk '{ sub(/^\./, "", $6); print $6 }' \
		>"$tap_tmp/list"
	shift
	for file; do
		grep -qx "$file" "$tap_tmp/list" || {
			echo "no $file"
			cat "$tap_tmp/list"
			return 1
		}
	done
}

# All of the library's functions, as of one version.
symbols()
{
	dpkg-deb -I build/deb/libflipq1_*.deb symbols >"$tap_tmp/symbols"
	cat "$tap_tmp/symbols"
	grep -q "^libflipq.so.1 libflipq1 " "$tap_tmp/symbols" || return
	sed -n 's/^\t\t\(flipq_[a-z_]*\);$/\1/p' tools/lib/libflipq.map |
		while read -r name; do
			grep -q "^ $name@LIBFLIPQ_" "$tap_tmp/symbols" ||
				exit 1
		done
}

# Nobody else's home or build directory is in what is shipped.
no_paths()
{
	for deb in build/deb/*.deb; do
		case $deb in
		*dbgsym*) continue ;;
		esac
		dpkg-deb -x "$deb" "$tap_tmp/tree" || return
	done
	! grep -rl -e "$PWD" -e "$tap_tmp" "$tap_tmp/tree"
}

[ -e .git ] || tap_skip_all "this is no git checkout"
command -v dh_dkms >/dev/null ||
	tap_skip_all "no debhelper with DKMS: tools/vm/setup -p installs it"

tap_start
ok "they are made as the README says" made
[ "$tap_failed" -eq 0 ] || tap_end
ok "lintian has nothing to say" lints
version=$(sed -n 's/^FLIPQ_VERSION := //p' Kbuild)
ok "flipq-dkms has the module's source" has flipq-dkms \
	"/usr/src/flipq-$version/dkms.conf" "/usr/src/flipq-$version/Kbuild" \
	"/usr/src/flipq-$version/kmod/main.c" /usr/lib/modules-load.d/flipq.conf
ok "flipq has the tool, its manuals, and the group's rule" has flipq \
	/usr/bin/flipq /usr/share/man/man1/flipq.1.gz \
	/usr/share/man/man4/flipq.4.gz /usr/lib/udev/rules.d/60-flipq.rules \
	/usr/lib/sysusers.d/flipq.conf \
	/usr/share/bash-completion/completions/flipq
ok "libflipq1 has the library" has libflipq1 \
	'/usr/lib/.*-linux-gnu.*/libflipq.so.1'
ok "libflipq-dev has what programs are built with" has libflipq-dev \
	/usr/include/flipq.h /usr/include/linux/flipq.h \
	'/usr/lib/.*-linux-gnu.*/libflipq.so' \
	'/usr/lib/.*-linux-gnu.*/pkgconfig/flipq.pc' \
	/usr/share/man/man3/libflipq.3.gz
ok "the symbols are those of the library's map" symbols
ok "nothing names the directory it was built in" no_paths
tap_end
