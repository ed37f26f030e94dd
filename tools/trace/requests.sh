#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# requests.sh COMMAND... - a table of the requests that are served while the command
# runs, whoever made them: kinds, sizes, and how long each took its server
set -eu

[ $# -gt 0 ] || {
	echo "usage: requests.sh COMMAND..." >&2
	exit 2
}
# shellcheck source-path=SCRIPTDIR source=record.inc
. "$(dirname "$0")/record.inc"

# Of lines "opcode codec status in out ns", sorted by kind and then by time.
table()
{
	awk '
	function close_kind() {
		if (!n)
			return
		printf "%-10s %5s %6s %8d %12d %12d %10.1f %10.1f %10.1f\n",
			op, codec, status, n, in_sum, out_sum,
			ns[int((n + 1) / 2)] / 1000,
			ns[int((99 * n + 99) / 100)] / 1000, ns[n] / 1000
	}
	BEGIN {
		split("compress decompress copy flush", names)
		printf "%-10s %5s %6s %8s %12s %12s %10s %10s %10s\n", "opcode",
			"codec", "status", "requests", "bytes in", "bytes out",
			"p50 us", "p99 us", "most us"
	}
	kind != $1 " " $2 " " $3 {
		close_kind()
		kind = $1 " " $2 " " $3
		op = $1 in names ? names[$1] : $1
		codec = $2
		status = $3
		n = in_sum = out_sum = 0
	}
	{
		ns[++n] = $6
		in_sum += $4
		out_sum += $5
	}
	END { close_kind() }'
}

record -e flipq:flipq_request_complete "$@"
recorded -F flipq:flipq_request_complete | sed -n 's/.* flipq_request_complete: .* opcode=\([0-9]*\) codec=\([0-9]*\) in=\([0-9]*\) out=\([0-9]*\) status=\([-0-9]*\) flags=[^ ]* ns=\([0-9]*\)$/\1 \2 \5 \3 \4 \6/p' |
	sort -k1,1n -k2,2n -k3,3n -k6,6n | table
