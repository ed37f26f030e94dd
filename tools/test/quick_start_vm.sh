#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# quick_start_vm.sh - in a Debian system in the VM: what the README says of DKMS and
# of building by hand, from an unpacked release
#
# shellcheck disable=SC2317 # functions are called by name
set -eu

tap_here=$PWD
. ./selftests/tap.sh
trap 'exit 1' INT TERM
. ./tools/test/system.inc

by_hand()
{
	modprobe -r flipq && make -s dkms-uninstall &&
		! modprobe flipq 2>/dev/null && lines by-hand &&
		modinfo -F filename flipq | grep -v dkms
}

tap_start
prepare
tar -xzf release.tar.gz
cd flipq-*/
ok "the README's lines for DKMS" lines dkms
ok "dkms has built it" built
ok "modprobe has loaded its codecs" loaded
ok "the device is the group's" device_of_group
ok "alice compresses through the device" used
released || true
ok "make dkms-uninstall, and the lines for by hand" by_hand
ok "alice compresses through the device of that" used
tap_end
