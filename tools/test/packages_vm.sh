#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# packages_vm.sh - in a Debian system in the VM: the packages are installed, used,
# upgraded while they are in use, and purged
#
# shellcheck disable=SC2317 # functions are called by name
set -eu

tap_here=$PWD
. ./selftests/tap.sh
trap 'exit 1' INT TERM

. ./tools/test/system.inc

# Of the old module a queue is open while the new one is installed.
upgraded()
{
	apt-get -y install ./next/flipq-dkms_*.deb >"$tap_tmp/apt" 2>&1 || {
		cat "$tap_tmp/apt"
		return 1
	}
	cat "$tap_tmp/apt"
	grep -q '^flipq: the old module is in use.*fuser -v /dev/flipq' \
		"$tap_tmp/apt"
}

user_found()
{
	fuser /dev/flipq | tee /dev/stderr | grep -qw "$holder"
}

old_one_stays()
{
	modprobe flipq && ! modprobe -r flipq &&
		[ "$(cat /sys/module/flipq/version)" = "$version" ]
}

new_one_comes()
{
	kill "$holder"
	wait "$holder" || true
	released && modprobe -r flipq && modprobe flipq &&
		cat /sys/module/flipq/version &&
		[ "$(cat /sys/module/flipq/version)" != "$version" ]
}

purged()
{
	apt-get -y purge flipq flipq-dkms && [ ! -e /sys/module/flipq ] &&
		[ ! -e /dev/flipq ]
}

tap_start
prepare
everything >"$tap_tmp/before"
ok "the README's lines install, load and let alice in" lines debian
version=$(cat /sys/module/flipq/version)
ok "dkms has built it" built
ok "modprobe has loaded its codecs" codecs
ok "the device is the group's" device_of_group
ok "others are not let in" others_not
ok "alice compresses through the device" used
hold
ok "an upgrade says that the old module is in use" upgraded
ok "and fuser shows by whom" user_found
ok "the old one stays as long" old_one_stays
ok "the new one comes after it" new_one_comes
ok "it is let to the group again" device_of_group
ok "apt purge removes them and the module" purged
everything >"$tap_tmp/after"
ok "and nothing is left" diff "$tap_tmp/before" "$tap_tmp/after"
tap_end
