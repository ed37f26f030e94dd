#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# top.sh - what top makes of processes that are made up: queues that come, go, and
# begin anew, and that several have
set -u
tap_here=$(dirname "$(readlink -f "$0")")/../../../selftests
tap_tree=$(dirname "$(readlink -f "$0")")/scan_tree
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

# process PID UID NAME
process()
{
	mkdir -p "proc/$1/fd" "proc/$1/fdinfo"
	printf 'Name:\tx\nUid:\t%s\t7\t7\t7\n' "$2" >"proc/$1/status"
	printf '%s\n' "$3" >"proc/$1/comm"
}

# queue PID FD ID REQUESTS IN OUT
queue()
{
	ln -sf /dev/flipq "proc/$1/fd/$2"
	printf 'pos:\t0\nflipq-queue:\t%s\nflipq-partitions:\t2\n' "$3" \
		>"proc/$1/fdinfo/$2"
	printf 'flipq-%s:\t%s\n' slots 8 bytes 4096 requests "$4" \
		bytes-in "$5" bytes-out "$6" busy-ns 1500000000 \
		>>"proc/$1/fdinfo/$2"
}

# look FORM [COMMAND]...: twice, the command is run between
look()
{
	form=$1
	shift
	mkfifo between
	"$tap_tree" proc "$form" <between >out 2>&1 &
	exec 7>between
	sleep 0.3
	"$@"
	echo >&7
	exec 7>&-
	wait $!
	status=$?
	rm between
	cat out
	return $status
}

# of EXPRESSION: true of what was printed; q has its queues by number
of()
{
	python3 - "$1" <<-'END'
		import json, sys
		with open("out", encoding="utf-8") as out:
		    d = json.load(out)
		q = {x["queue"]: x for x in d["queues"]}
		sys.exit(not eval(f"({sys.argv[1]})"))
	END
}

tree()
{
	rm -rf proc
	mkdir -p proc/sys proc/self
	process 10 1000 'a"b\c'
	process 20 1000 shares
	process 30 0 bare
	queue 10 3 1 100 4000 1000
	queue 20 4 1 100 4000 1000
	queue 30 5 2 50 0 0
	ln -s 'socket:[5]' proc/20/fd/9
	ln -s /dev/null proc/20/fd/8
	echo 'pos: 0' >proc/20/fdinfo/8
	# Nothing in it may be seen.
	mkdir proc/40
}

once()
{
	tree
	look json true && of '[x["queue"] for x in d["queues"]] == [1, 2] and
		q[1]["pid"] == 10 and
		q[1]["ratio"] == 4 and q[2]["ratio"] is None and
		q[1]["uid"] == 1000 and d["users"] == 2 and
		q[1]["name"] == "a\"b\\c" and q[1]["busy"] == 1.5 and
		q[1]["requests_per_second"] == 0'
}

changes()
{
	queue 10 3 1 300 12000 3000
	rm -r proc/20 proc/30
	process 30 5 another
	queue 30 5 3 80 0 0
}

# The process with that number is another one by then.
changing()
{
	tree
	look json changes && of 'list(q) == [1, 3] and
		q[1]["requests_per_second"] == 100 and
		q[1]["input_per_second"] == 4000 and
		q[3]["requests_per_second"] == 40 and q[3]["uid"] == 5'
}

# Another module counts from 0.
anew()
{
	tree
	rm -r proc/20
	look json queue 10 3 1 10 40 10 &&
		of 'q[1]["requests_per_second"] == 5'
}

labels()
{
	tree
	process 30 0 "$(printf 'x\033\377\303\244')"
	look metrics true &&
		grep -qF 'requests_total{queue="1",pid="10",uid="1000",name="a\"b\\c"} 100' out &&
		grep -qF 'name="x\\033\\377ä"} 50' out
}

# Prometheus' own reader takes all of it, and has nothing against the names.
checked()
{
	tree
	look metrics true || return 1
	"$promtool" check metrics <out >said 2>&1
	status=$?
	cat said
	[ "$status" = 0 ] && [ ! -s said ]
}

table()
{
	tree
	process 10 1000 "$(printf 'x\033')"
	look table changes && grep -q ' 4\.0K .* x\\033$' out
}

ok "queues, each of them once" once
ok "queues that come, grow and go" changing
ok "counters that begin anew" anew
ok "labels of metrics" labels
promtool=$(command -v promtool) ||
	promtool=${XDG_CACHE_HOME:-$HOME/.cache}/flipq/promtool
if [ -x "$promtool" ]; then
	ok "metrics, as promtool reads them" checked
else
	tap_skip "metrics, as promtool reads them" \
		"no promtool: tools/vm/setup -c fetches it"
fi
ok "names in the table" table
tap_end
