#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# queue.sh PID [SECONDS] - what the queues of a process do meanwhile (1 second if
# none are said): each event, with the time since the one before
#
# Workers' sleeps are those of all workers: what they sleep for is no queue's.
set -eu

usage()
{
	echo "usage: queue.sh PID [SECONDS]" >&2
	exit 2
}

case $# in
1|2)	;;
*)	usage ;;
esac
pid=$1
seconds=${2:-1}
for number in "$pid" "$seconds"; do
	case $number in
	''|*[!0-9]*)
		echo "queue.sh: '$number': expected a number" >&2
		usage ;;
	esac
done
# shellcheck source-path=SCRIPTDIR source=record.inc
. "$(dirname "$0")/record.inc"

[ -d "/proc/$pid" ] || die "no process $pid"
filter=$(cat "/proc/$pid/fdinfo/"* 2>/dev/null |
	sed -n 's/^flipq-queue:[^0-9]*\([0-9]*\)$/queue==\1/p' |
	sed -e ':a' -e '$!N' -e 's/\n/ || /' -e 'ta')
[ -n "$filter" ] || die "process $pid has no queue"
record -e flipq:flipq_kick -f "$filter" \
	-e flipq:flipq_request_start -f "$filter" \
	-e flipq:flipq_request_complete -f "$filter" \
	-e flipq:flipq_worker_sleep -e flipq:flipq_worker_wake sleep "$seconds"
recorded --ts-diff
