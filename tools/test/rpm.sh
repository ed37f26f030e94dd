#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# rpm.sh - the RPMs, by Debian's rpmbuild, which has no packages to build against:
# it is told not to look for them
#
# shellcheck disable=SC2317 # functions are called by name
set -eu

cd "$(dirname "$0")/../.."
tap_here=$PWD/selftests
. selftests/tap.sh
trap 'exit 1' INT TERM
version=$(sed -n 's/^FLIPQ_VERSION := //p' Kbuild)

# What is changed and not committed is packed as well.
made()
{
	commit=$(git -c user.name=rpm -c user.email=rpm@localhost stash create)
	make -s release COMMIT="${commit:-HEAD}" &&
		tools/packaging/make-rpm "build/flipq-$version.tar.gz" build/rpm \
			--nodeps --define 'without_check 1'
}

# has PACKAGE FILE...
has()
{
	rpm -qlp build/rpm/"$1-$version"-*.*[!c].rpm >"$tap_tmp/list" || return
	shift
	for file; do
		grep -qx "$file" "$tap_tmp/list" || {
			echo "no $file"
			cat "$tap_tmp/list"
			return 1
		}
	done
}

# What programs link against asks for the library that they run with.
devel_needs_libs()
{
	rpm -qp --requires build/rpm/flipq-devel-*.rpm | tee /dev/stderr |
		grep -q "^flipq-libs.* = $version-"
}

[ -e .git ] || tap_skip_all "this is no git checkout"
command -v rpmbuild >/dev/null ||
	tap_skip_all "no rpmbuild: tools/vm/setup -p installs it"

tap_start
ok "rpmbuild makes them of a release" made
[ "$tap_failed" -eq 0 ] || tap_end
ok "flipq has the tool, its manuals, and the group's rule" has flipq \
	/usr/bin/flipq '/usr/share/man/man1/flipq.1.*' \
	/usr/lib/udev/rules.d/60-flipq.rules /usr/lib/sysusers.d/flipq.conf
ok "flipq-dkms has the module's source" has flipq-dkms \
	"/usr/src/flipq-$version/dkms.conf" "/usr/src/flipq-$version/kmod/main.c"
ok "flipq-libs has the library" has flipq-libs '/usr/lib.*/libflipq.so.1'
ok "flipq-devel has what programs are built with" has flipq-devel \
	/usr/include/flipq.h /usr/include/linux/flipq.h \
	'/usr/lib.*/pkgconfig/flipq.pc'
ok "flipq-devel asks for flipq-libs of its version" devel_needs_libs
tap_end
