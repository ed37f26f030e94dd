# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# tap.sh - what tests that are scripts say, in TAP; to be sourced
#
# A test is tap_start, or "tap_plan NUMBER" where the number of its checks is known
# before, then the checks, and tap_end, which ends it with the kselftest status. A
# check is "ok NAME COMMAND..." or "nok NAME COMMAND...": it passes if the command
# succeeds, or fails; what the command said is shown if it does not. $tap_tmp is a
# directory of the test's own. It goes with the test; who sets another trap for
# EXIT removes it there.

tap_count=0
tap_failed=0
tap_planned=

# The directory of the tests, with the programs that were built for them; one
# that is elsewhere says where that is.
# shellcheck disable=SC2034 # used by those who source this
tap_here=${tap_here:-$(cd "$(dirname "$0")" && pwd)}
tap_tmp=$(mktemp -d)
trap 'rm -rf "$tap_tmp"' EXIT

tap_start()
{
	echo "TAP version 13"
}

tap_plan()
{
	tap_planned=$1
	tap_start
	echo "1..$tap_planned"
}

tap_skip_all()
{
	echo "1..0 # SKIP $*"
	exit 4
}

# tap_skip NAME REASON: a check that cannot be made here
tap_skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count $1 # SKIP $2"
}

# tap_result STATUS NAME [FILE]: a check that ended so; what is in the file is
# shown if that was badly
tap_result()
{
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count $2"
	else
		[ $# -lt 3 ] || sed 's/^#* */# /' "$3"
		echo "not ok $tap_count $2"
		tap_failed=$((tap_failed + 1))
	fi
}

ok()
{
	tap_name=$1
	shift
	tap_status=0
	"$@" >"$tap_tmp/said" 2>&1 || tap_status=$?
	[ "$tap_status" = 0 ] || echo "# failed with status $tap_status: $*"
	tap_result "$tap_status" "$tap_name" "$tap_tmp/said"
}

nok()
{
	tap_name=$1
	shift
	if "$@" >"$tap_tmp/said" 2>&1; then
		echo "# succeeded, and should not: $*"
		tap_result 1 "$tap_name" "$tap_tmp/said"
	else
		tap_result 0 "$tap_name"
	fi
}

tap_end()
{
	[ -n "$tap_planned" ] || echo "1..$tap_count"
	if [ "$tap_count" != "${tap_planned:-$tap_count}" ]; then
		echo "# planned $tap_planned checks, made $tap_count"
		exit 1
	fi
	[ "$tap_failed" = 0 ] || exit 1
	exit 0
}
