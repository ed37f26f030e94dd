# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# tap.sh - what tests that are scripts say, in TAP; to be sourced
#
# A check is "ok NAME COMMAND..." or "nok NAME COMMAND...": it passes if the
# command succeeds, or fails. tap_end ends the test with the kselftest status.

tap_count=0
tap_failed=0

# The directory of the tests, with the programs that were built for them.
# shellcheck disable=SC2034 # used by those who source this
tap_here=$(cd "$(dirname "$0")" && pwd)

tap_start()
{
	echo "TAP version 13"
}

tap_skip_all()
{
	echo "1..0 # SKIP $*"
	exit 4
}

tap_result()
{
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count $2"
	else
		echo "not ok $tap_count $2"
		tap_failed=$((tap_failed + 1))
	fi
}

ok()
{
	tap_name=$1
	shift
	if "$@" >"$tap_tmp/said" 2>&1; then
		tap_result 0 "$tap_name"
	else
		echo "# failed with status $?: $*"
		sed 's/^/# /' "$tap_tmp/said"
		tap_result 1 "$tap_name"
	fi
}

nok()
{
	tap_name=$1
	shift
	if "$@" >"$tap_tmp/said" 2>&1; then
		echo "# succeeded, and should not: $*"
		tap_result 1 "$tap_name"
	else
		tap_result 0 "$tap_name"
	fi
}

tap_end()
{
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ] || exit 1
	exit 0
}

tap_tmp=$(mktemp -d)
