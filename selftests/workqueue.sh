#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# workqueue - the tests in the kernel: loads their module, passes its TAP on
#
# The module is $FLIPQ_TEST_KO, or flipq_test.ko beside $FLIPQ_KO. Arguments are
# parameters of it, as in: workqueue.sh test=cancel
set -eu

# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

limit=${FLIPQ_TEST_SECONDS:-300}

# What the module logged when it was loaded last.
logged()
{
	dmesg | sed -n 's/^.*workqueue test: //p' |
		awk '/^TAP version/ { text = "" } { text = text $0 "\n" }
			END { printf "%s", text }'
}

# load PARAMETER...: loads the module, which runs its tests
load()
{
	# One that hangs must not hold on to what reads our output.
	insmod "$module" "$@" >"$said" 2>&1 &
	pid=$!
	seconds=0
	while kill -0 "$pid" 2>/dev/null; do
		if [ "$seconds" -ge "$limit" ]; then
			logged
			echo "Bail out! insmod did not end in $limit s"
			exit 1
		fi
		sleep 1
		seconds=$((seconds + 1))
	done
	wait "$pid"
}

module=${FLIPQ_TEST_KO:-}
[ -n "$module" ] || [ -z "${FLIPQ_KO:-}" ] ||
	module=$(dirname "$FLIPQ_KO")/flipq_test.ko
[ -n "$module" ] ||
	tap_skip_all "FLIPQ_TEST_KO does not say where flipq_test.ko is"
[ -r "$module" ] || tap_skip_all "FLIPQ_TEST_KO: cannot read $module"

said=$tap_tmp/said
if ! load "$@"; then
	logged
	sed 's/^/# /' "$said"
	echo "Bail out! insmod $module $*: failed"
	exit 1
fi
rmmod flipq_test
logged
logged | awk '/^1\.\./ { planned = substr($0, 4) } /^ok / { passed++ }
	END { exit !(planned && passed == planned) }'
