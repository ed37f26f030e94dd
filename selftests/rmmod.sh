#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# rmmod - the module stays while anything of it is used, and goes after that
# shellcheck disable=SC2317 # functions are called through ok and nok
set -eu

# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

drive=$tap_here/drive
holder=

let_go()
{
	[ -n "$holder" ] || return 0
	exec 3>&-
	wait "$holder" || true
	holder=
}

leave()
{
	let_go
	[ -d /sys/module/flipq ] || insmod "$module" || true
	rm -rf "$tap_tmp"
}

# Have a device, a queue or a mapping, in another process, until let_go.
hold()
{
	rm -f "$tap_tmp/in" "$tap_tmp/out"
	mkfifo "$tap_tmp/in"
	"$drive" hold "$1" <"$tap_tmp/in" >"$tap_tmp/out" &
	holder=$!
	exec 3>"$tap_tmp/in"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		grep -q ready "$tap_tmp/out" && return
		sleep 1
	done
	echo "# drive hold $1: not ready" >&2
	return 1
}

loaded()
{
	[ -c /dev/flipq ] && [ -d /sys/module/flipq ]
}

workers()
{
	cat /proc/[0-9]*/comm 2>/dev/null | grep -q '^flipq/'
}

# As soon as the workers have let go of what was closed a moment ago.
rmmod_soon()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		rmmod flipq && return
		sleep 1
	done
	return 1
}

tap_start
module=${FLIPQ_KO:-}
[ -e /dev/flipq ] || tap_skip_all "no /dev/flipq: flipq.ko is not loaded"
[ -n "$module" ] || tap_skip_all "FLIPQ_KO does not say where flipq.ko is"
[ -r "$module" ] || tap_skip_all "FLIPQ_KO: cannot read $module"
trap leave EXIT

for what in device queue mapping; do
	ok "a $what is held" hold $what
	nok "rmmod is refused while a $what is held" rmmod flipq
	ok "the module is loaded still" loaded
	ok "the workers are there" workers
	ok "a queue works beside it" "$drive" work 4
	let_go
	ok "rmmod works after the $what" rmmod_soon
	nok "the device is gone" test -e /dev/flipq
	nok "the workers are gone" workers
	ok "insmod again" insmod "$module"
	ok "a queue works again" "$drive" work 4
done

i=0
while [ $i -lt 10 ]; do
	if ! rmmod_soon || ! insmod "$module"; then
		break
	fi
	i=$((i + 1))
done
ok "ten times in and out" test $i = 10
ok "a queue works after that" "$drive" work 4
tap_end
