#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# packages.sh [packages | quick_start] - in Debian systems in VMs: the packages from
# installing to purging, and the README's other ways to install
#
# The packages are made of what is here, committed or not; and those of a release
# that follows, for the upgrade.
set -eu

cd "$(dirname "$0")/../.."
kernel=6.12
name=${1:-packages}
case $name in
packages|quick_start) ;;
*)
	echo "usage: packages.sh [packages | quick_start]" >&2
	exit 2
	;;
esac
what=$(mktemp -d)
trap 'rm -rf "$what"' EXIT
trap 'exit 1' INT TERM

skip()
{
	echo "1..0 # SKIP $*"
	exit 4
}

# A release like this one, but for the last number of its version and its sources.
next_release()
{
	mkdir "$what/next"
	tar -xzf "$tarball" -C "$what/next"
	mv "$what/next/flipq-$version" "$what/next/flipq-$next"
	sed -i "s/^\(FLIPQ_VERSION := \).*/\1$next/" \
		"$what/next/flipq-$next/Kbuild"
	tar -czf "$what/next/flipq-$next.tar.gz" -C "$what/next" "flipq-$next"
	tools/packaging/make-deb "$what/next/flipq-$next.tar.gz" "$what/next" \
		--build=all >&2
	rm -rf "$what/next/flipq-$next"*
}

[ -e .git ] || skip "this is no git checkout"
[ "$(id -u)" -eq 0 ] || skip "the files of a Debian system are root's"
for program in mmdebstrap dh_dkms; do
	command -v $program >/dev/null ||
		skip "no $program: tools/vm/setup -p installs it"
done

commit=$(git -c user.name=packages -c user.email=packages@localhost stash create)
export COMMIT="${commit:-HEAD}" DEB_BUILD_OPTIONS=nocheck
version=$(sed -n 's/^FLIPQ_VERSION := //p' Kbuild)
next=${version%.*}.$((${version##*.} + 1))
tarball=build/flipq-$version.tar.gz
root=$(tools/vm/root $kernel)
mkdir -p "$what/selftests" "$what/tools/test" "$what/build/deb"
if [ "$name" = packages ]; then
	make -s deb >&2
	next_release
	cp build/deb/*.deb "$what/build/deb/"
else
	make -s release >&2
	cp "$tarball" "$what/release.tar.gz"
fi
cp README.md "$what"
cp selftests/tap.sh "$what/selftests"
cp tools/test/quick_start tools/test/system.inc tools/test/*_vm.sh \
	tools/test/in_root.sh "$what/tools/test"
# The VM loads no overlay of itself.
module=$(find -L "${XDG_CACHE_HOME:-$HOME/.cache}/flipq/kernels/$kernel/modules/kernel/fs/overlayfs" \
	-name 'overlay.ko*')
case $module in
*.xz)	xz -dc "$module" >"$what/overlay.ko" ;;
*)	cp "$module" "$what/overlay.ko" ;;
esac
tools/vm/run -n -k $kernel -M 2048 -t 3000 -d "$root" -d "$what" -- \
	sh /mnt/1/tools/test/in_root.sh "tools/test/${name}_vm.sh"
