#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# dkms.sh - the module by DKMS, on both kernels: added, built, installed, removed;
# and what is said where it cannot be built
#
# In a mount namespace of its own, in which the directories that DKMS writes to
# are empty: this machine's are not touched.
# shellcheck disable=SC2317 # functions are called by name
set -eu

cd "$(dirname "$0")/../.."
kernels=${XDG_CACHE_HOME:-$HOME/.cache}/flipq/kernels
version=$(sed -n 's/^FLIPQ_VERSION := //p' Kbuild)
PATH=$PATH:/usr/sbin:/sbin

if [ "${1-}" != inside ]; then
	if ! command -v dkms >/dev/null; then
		echo "1..0 # SKIP no dkms: tools/vm/setup -p installs it"
		exit 4
	fi
	exec unshare --mount --map-root-user -- "$0" inside
fi

tap_here=$PWD/selftests
. selftests/tap.sh
trap 'exit 1' INT TERM

# As the machine's own, but for what is in them.
empty()
{
	mkdir -p "$1"
	mount -t tmpfs -o "${2:-mode=755}" tmpfs "$1"
}

# Each kernel's headers where the kernel has them.
provide()
{
	for name in 6.1 6.12; do
		release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
			"$kernels/$name/kit/include/generated/utsrelease.h")
		mkdir -p "/lib/modules/$release"
		ln -s "$kernels/$name/kit" "/lib/modules/$release/build"
		cp "$kernels/$name"/modules/modules.order \
			"$kernels/$name"/modules/modules.builtin* \
			"/lib/modules/$release/"
		echo "$release"
	done
}

# Everything DKMS could leave behind. It makes a key for itself at its first
# build, which is the machine's, and depmod writes indexes.
everything()
{
	find /usr/src /lib/modules /var/lib/dkms -mindepth 1 \
		! -name 'mok.*' ! -name 'modules.*' ! -name dkms_dbversion | sort
}

# said FILE TEXT: the one line of ours, which says that
said()
{
	cat "$1"
	[ "$(grep -c '^flipq\.ko: ' "$1")" = 1 ] && grep -q "^flipq\.ko: .*$2" "$1"
}

status()
{
	dkms status -m flipq -v "$version" | tee /dev/stderr
}

added()
{
	dkms add "flipq/$version" && status | grep -q ': added'
}

# installed RELEASE: built for it, of this version, with the codecs it calls
installed()
{
	# type information for modules would need pahole
	MAKEFLAGS=' -- CONFIG_DEBUG_INFO_BTF_MODULES=' \
		dkms install "flipq/$version" -k "$1" &&
		status | grep -q "$1.*: installed" || return
	ko=$(find "/lib/modules/$1" -name 'flipq.ko*')
	modinfo "$ko"
	[ "$(modinfo -F version "$ko")" = "$version" ] &&
		modinfo -F vermagic "$ko" | grep -q "^$1 "
}

removed()
{
	dkms remove "flipq/$version" --all &&
		[ -z "$(find /lib/modules -name 'flipq.ko*')" ]
}

# not_built WORDS DIRECTORY...: a build against a kernel like the newest, but for
# what the caller changed in $odd, fails and says so
not_built()
{
	words=$1
	shift
	if dkms build "flipq/$version" -k "$newest" "$@" >"$tap_tmp/out" 2>&1; then
		cat "$tap_tmp/out"
		return 1
	fi
	said "$tap_tmp/out" "$words" &&
		[ -z "$(find /lib/modules -name 'flipq.ko*')" ] &&
		! status | grep -q built
}

# A kit that is changed: links to what is in the real one.
odd_kit()
{
	odd=$tap_tmp/odd
	rm -rf "$odd"
	mkdir -p "$odd"
	cp -rs "$kernels/6.12/kit/." "$odd/"
	for name; do
		cp --remove-destination "$kernels/6.12/kit/$name" "$odd/$name"
	done
}

without_option()
{
	odd_kit .config include/config/auto.conf
	sed -i '/^CONFIG_LZ4HC_COMPRESS=/d' "$odd/.config" \
		"$odd/include/config/auto.conf"
	code=0
	dkms build "flipq/$version" -k "$newest" --kernelsourcedir "$odd" \
		>"$tap_tmp/out" 2>&1 || code=$?
	cat "$tap_tmp/out"
	# 77: what installs packages and kernels passes over it
	[ "$code" = 77 ] && grep -q BUILD_EXCLUSIVE "$tap_tmp/out" &&
		tools/make/kdir "$odd" >"$tap_tmp/out" 2>&1 &&
		return 1
	said "$tap_tmp/out" 'lacks CONFIG_LZ4HC_COMPRESS: '
}

excluded()
{
	code=0
	dkms build "flipq/$version" "$@" --kernelsourcedir "$kernels/6.12/kit" \
		>"$tap_tmp/out" 2>&1 || code=$?
	cat "$tap_tmp/out"
	[ "$code" = 77 ]
}

mismatch()
{
	odd_kit include/generated/utsrelease.h
	echo '#define UTS_RELEASE "6.12.1-other"' \
		>"$odd/include/generated/utsrelease.h"
	not_built "of 6.12.1-other, not of $newest: " \
		--kernelsourcedir "$odd"
}

no_compiler()
{
	odd_kit .kernelvariables
	echo 'CC = gcc-of-nobody' >>"$odd/.kernelvariables"
	not_built 'no compiler gcc-of-nobody, .* install it' \
		--kernelsourcedir "$odd"
}

# no room to build in: what DKMS has is as before
disk_full()
{
	cp -a /var/lib/dkms/. "$tap_tmp/dkms"
	empty /var/lib/dkms size=8m
	cp -a "$tap_tmp/dkms/." /var/lib/dkms/
	code=0
	not_built 'MiB are free in .*: a build needs' || code=$?
	umount /var/lib/dkms
	return "$code"
}

# from a checkout, in one step, and back
by_make()
{
	# type information for modules would need pahole
	make dkms-install KERNELRELEASE="$newest" \
		CONFIG_DEBUG_INFO_BTF_MODULES= &&
		status | grep -q "$newest.*: installed" &&
		make dkms-uninstall || return
	! everything | grep flipq
}

mount --make-rprivate /
for directory in /usr/src /lib/modules /var/lib/dkms; do
	empty $directory
done
releases=$(provide)
oldest=$(echo "$releases" | head -n 1)
newest=$(echo "$releases" | tail -n 1)

tap_start
everything >"$tap_tmp/before"
ok "the source of the module gets to its place" make -s dkms-source
ok "dkms add" added
ok "a kernel without a needed option is passed over" without_option
ok "so is one older than 5.10" excluded -k 5.4.0
ok "and a machine that is none of ours" excluded -k "$newest" -a s390x
ok "headers of another kernel are told from it" mismatch
ok "a compiler that is missing is named" no_compiler
ok "a full disk is told" disk_full
for release in $oldest $newest; do
	ok "dkms build and install for $release" installed "$release"
done
ok "dkms remove" removed
rm -r "/usr/src/flipq-$version"
everything >"$tap_tmp/after"
ok "and nothing is left" diff "$tap_tmp/before" "$tap_tmp/after"
ok "make dkms-install does it all, make dkms-uninstall takes it away" by_make
tap_end
