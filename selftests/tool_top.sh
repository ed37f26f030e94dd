#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_top.sh - top: who sees which queues, and the forms it is shown in
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

NOBODY="setpriv --reuid 65534 --regid 65534 --clear-groups"

# One queue is root's, one nobody's; they are there while their input is open.
start()
{
	mkfifo root.in nobody.in
	chmod 666 nobody.in
	"$FLIPQ" compress -c <root.in >/dev/null &
	root=$!
	$NOBODY "$FLIPQ" compress -c <nobody.in >/dev/null &
	nobody=$!
	exec 7>root.in 8>nobody.in
	for tries in 1 2 3 4 5 6 7 8 9 10; do
		"$FLIPQ" top --metrics >metrics || return 1
		[ "$(grep -c '^flipq_queue_slots{' metrics)" != 2 ] || return 0
		sleep "0.$tries"
	done
	cat metrics
	return 1
}

end()
{
	exec 7>&- 8>&-
	wait "$root" "$nobody"
}

# of EXPRESSION [COMMAND]...: true of d, the object that top prints, run so
of()
{
	expression=$1
	shift
	"$@" "$FLIPQ" top --json -n 1 -i 0.2 >doc &&
		python3 - "$expression" "$root" "$nobody" <<-'END'
		import json, sys
		with open("doc", encoding="utf-8") as doc:
		    lines = doc.read().splitlines()
		assert len(lines) == 1, lines
		d = json.loads(lines[0])
		root, nobody = map(int, sys.argv[2:])
		q = {x["pid"]: x for x in d["queues"]}
		if not eval(sys.argv[1]):
		    print("not so:", sys.argv[1], d)
		    sys.exit(1)
	END
}

# A look while there is work: what is added up in the queue is in the rate.
rates()
{
	(sleep 0.3; text 4000000 >&7) 7>&7 &
	feeder=$!
	"$FLIPQ" top -b -s in -n 1 -i 2 >out
	wait "$feeder"
	cat out
	awk -v pid="$root" 'NR == 3 { found = $2 == pid && $6 ~ /M$/ }
		END { exit !(found && NR == 4) }' out
}

# The text format: a name is described before its values, and has them together.
metrics()
{
	"$FLIPQ" top --metrics >metrics && python3 - <<-'END'
		import re, sys
		LABEL = r'[a-z]+="(?:[^"\\\n]|\\[\\"n])*"'
		LINE = re.compile(r"(\w+)(?:\{%s(?:,%s)*\})? \d+(?:\.\d+)?" %
		                  (LABEL, LABEL))
		seen, kind, name = set(), "", ""
		with open("metrics", encoding="utf-8", newline="\n") as f:
		    text = f.read()
		assert text.endswith("\n")
		for line in text[:-1].split("\n"):
		    if line.startswith("# HELP "):
		        name = line.split(" ", 3)[2]
		        assert name not in seen, line
		        seen.add(name)
		    elif line.startswith("# TYPE "):
		        assert line.split(" ")[2] == name, line
		        kind = line.split(" ")[3]
		        assert (kind == "counter") == name.endswith("_total"), line
		        assert kind in ("counter", "gauge"), line
		    else:
		        match = LINE.fullmatch(line)
		        assert match and match[1] == name, line
		assert len(seen) > 10, seen
	END
}

# No device, or another thing: that is said, and nothing else.
absent()
{
	fails 1 '^flipq: none: no such device' \
		"$FLIPQ" top -b -n 1 --device=none &&
		[ ! -s stdout ] &&
		fails 1 '^flipq: /dev/null: not a flipq device' \
			"$FLIPQ" top --metrics --device=/dev/null
}

usage()
{
	fails 2 "interval '0': expected seconds" "$FLIPQ" top -i 0 &&
		fails 2 "interval 'nan': expected" "$FLIPQ" top -i nan &&
		fails 2 "iterations '-1': expected" "$FLIPQ" top -n -1 &&
		fails 2 "unexpected argument 'x'" "$FLIPQ" top x &&
		fails 2 "does not take option '-c'" "$FLIPQ" top -c
}

column()
{
	fails 2 "sort 'x': expected requests" "$FLIPQ" top -s x
}

ok "without the device" absent
ok "a wrong command line" usage
ok "a column that is none" column
if [ -e /dev/flipq ] && [ "$(id -u)" = 0 ]; then
	# shellcheck disable=SC2154 # set by tap.sh
	chmod 755 "$tap_tmp"
	ok "queues of two users" start
	ok "root sees both" of 'q[root]["uid"] == 0 and d["users"] == 2 and
		q[nobody]["uid"] == 65534 and d["hidden"] == 0'
	# shellcheck disable=SC2086 # words
	ok "nobody sees nobody's" of 'list(q) == [nobody] and
		d["users"] == 1 and d["hidden"] is None' $NOBODY
	ok "rates" rates
	ok "metrics" metrics
	ok "what they compressed is whole" end
	ok "they are gone" of 'not q and d["users"] == 0'
else
	tap_skip "queues of two users" "needs the device, and root"
fi
tap_end
