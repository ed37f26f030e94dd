#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_top.sh - top: what is shown of a queue, to whom, and in which forms; and what
# becomes of the terminal
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

TERMINAL=${TERMINAL:-$tap_here/terminal}
AS_USER=$tap_here/as_user

alice=1001
bob=1002
escape=$(printf '\033')
control_c=$(printf '\003')
line='
'

# there NUMBER: so many queues are, soon
there()
{
	for tries in 1 2 3 4 5 6 7 8 9 10; do
		"$FLIPQ" top --metrics >metrics || return 1
		[ "$(grep -c '^flipq_queue_slots{' metrics)" != "$1" ] ||
			return 0
		sleep "0.$tries"
	done
	cat metrics
	return 1
}

# A queue is there while the input of who has it is open.
start()
{
	mkfifo root.in
	"$FLIPQ" compress -c <root.in >/dev/null &
	root=$!
	exec 7>root.in
	there 1
}

end()
{
	exec 7>&-
	wait "$root"
}

# object WORDS...: the line of JSON that top prints has them all
object()
{
	"$FLIPQ" top --json -n 1 -i 0.2 >doc && [ "$(wc -l <doc)" -eq 1 ] ||
		return 1
	for words; do
		grep -qF "$words" doc || {
			echo "not there: $words"
			cat doc
			return 1
		}
	done
}

# A look while there is work: what is added up in the queue is in the rate.
rates()
{
	(sleep 0.3; text 4000000 >&7) 7>&7 &
	feeder=$!
	"$FLIPQ" top -b -s in -n 1 -i 2 >out
	wait "$feeder"
	cat out
	awk -v pid="$root" 'NR == 3 { found = $2 == pid && $6 ~ /[KM]$/ }
		END { exit !(found && NR == 3) }' out
}

# The text format: a name is described before its values, and has them together.
metrics()
{
	"$FLIPQ" top --metrics >metrics && awk '
		/^# HELP / { name = $3; bad += seen[name]++; next }
		/^# TYPE / {
			bad += $3 != name
			bad += ($4 == "counter") != (name ~ /_total$/)
			bad += $4 != "counter" && $4 != "gauge"
			next
		}
		!/^[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.]+$/ { bad++ }
		{ sub(/[{ ].*/, ""); bad += $0 != name; values++ }
		END { exit bad || values < 10 }' metrics
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

# Two users, each with a queue; neither shell nor the other one may keep it open.
users()
{
	mode=$(stat -c %a /dev/flipq)
	chmod 666 /dev/flipq
	mkfifo alice.in bob.in
	"$AS_USER" $alice "$FLIPQ" compress -b 4K -c <alice.in >/dev/null &
	of_alice=$!
	exec 8>alice.in
	"$AS_USER" $bob "$FLIPQ" compress -b 1M -c <bob.in >/dev/null 8>&- &
	of_bob=$!
	exec 9>bob.in
	there 2
}

users_end()
{
	exec 9>&- 8>&-
	chmod "$mode" /dev/flipq
	wait "$of_bob" && wait "$of_alice"
}

# sees UID USERS HIDDEN PID...: these are the queues that this user sees
sees()
{
	who=$1 users=$2 hidden=$3
	shift 3
	"$AS_USER" "$who" "$FLIPQ" top --json -n 1 -i 0.2 >doc || return 1
	cat doc
	grep -qF "\"users\": $users, \"hidden\": $hidden," doc &&
		[ "$(grep -o '"pid": [0-9]*' doc | sort)" = \
			"$(printf '"pid": %d\n' "$@" | sort)" ]
}

# Not in another form, either.
hides()
{
	"$AS_USER" $alice "$FLIPQ" top --metrics >metrics || return 1
	"$AS_USER" $alice "$FLIPQ" top -b -n 1 -i 0.2 >out || return 1
	cat metrics out
	grep -q "pid=\"$of_alice\",uid=\"$alice\"" metrics &&
		! grep -q "$of_bob\|uid=\"$bob\"\|hidden" metrics &&
		! grep -q "$of_bob\|hidden" out
}

# screen STEP... -- OPTION...: top on a terminal, which is as it was afterwards
screen()
{
	steps=$#
	for word; do
		[ "$word" = -- ] || {
			set -- "$@" "$word"
			continue
		}
		set -- "$@" -- "$FLIPQ" top
		[ -z "${FLIPQ_NO_DEVICE-}" ] || set -- "$@" --device=process:
	done
	shift "$steps"
	"$TERMINAL" "$@" >screen || {
		od -c screen | tail -n 20
		return 1
	}
}

# The other screen and no cursor; in the end the first one, with a cursor.
drawn()
{
	screen "$@" -- -i 0.2 &&
		grep -qF "${escape}[?1049h${escape}[?25l" screen &&
		tail -n 1 screen | grep -q "\[?25h$escape\[?1049l\$"
}

# What is written to a terminal that nobody can press keys at is a table.
no_keys()
{
	# shellcheck disable=SC2016 # it is the other shell's
	"$TERMINAL" -- sh -c '"$@" </dev/null' sh "$FLIPQ" top -n 2 -i 0.2 \
		${FLIPQ_NO_DEVICE:+--device=process:} >screen &&
		[ "$(grep -c '^queues: ' screen)" -eq 2 ] &&
		! grep -qF "$escape" screen
}

# feed FILE: again and again
feed()
{
	while :; do
		cat "$1"
		sleep 0.3
	done
}

# Many small requests, and few that are large; a key says which are first.
keys()
{
	text 100000 >few
	text 2000000 >many
	feed few >&8 8>&- 9>&- &
	few=$!
	feed many >&9 8>&- 9>&- &
	many=$!
	first="NAME.*$line *[0-9]+ +"
	status=0
	screen "see:$first$of_alice " type:i "see:$first$of_bob " type:r \
		"see:$first$of_alice " type:q -- -i 2 || status=1
	kill "$few" "$many"
	wait "$few" "$many"
	return "$status"
}

# A line less than there are queues, and room for both again.
resized()
{
	row=".*$line"
	one="NAME$row$row$escape\\[J"
	two="NAME$row$row$row$escape\\[J"
	screen "see:$two" size:4 "see:$one" size:24 "see:$two" type:q -- -i 1
}

ok "without the device" absent
ok "a wrong command line" usage
ok "a column that is none" column
if [ -e /dev/flipq ] || [ -n "${FLIPQ_NO_DEVICE-}" ]; then
	ok "a terminal" drawn see:KICK/s see:KICK/s type:q
	ok "a key that is none" drawn see:KICK/s type:x see:KICK/s type:q
	ok "control and C" drawn see:KICK/s "type:$control_c"
	for signal in 1 2 15; do
		ok "signal $signal" drawn see:KICK/s signal:$signal
	done
	ok "a number of tables" screen -- -i 0.2 -n 2
	ok "a terminal that goes" screen see:KICK/s hangup: --
	ok "no keys" no_keys
else
	tap_skip "a terminal" "needs the device"
fi
if [ -e /dev/flipq ] && [ "$(id -u)" = 0 ]; then
	ok "a queue" start
	ok "its owner and its size" object "\"pid\": $root, \"uid\": 0" \
		'"users": 1' '"hidden": 0'
	ok "rates" rates
	ok "metrics" metrics
	ok "what it compressed is whole" end
	ok "it is gone" object '"queues": []' '"users": 0'
	ok "two users" users
	ok "what root sees" sees 0 2 0 "$of_alice" "$of_bob"
	ok "what one of them sees" sees $alice 1 null "$of_alice"
	ok "what the other one sees" sees $bob 1 null "$of_bob"
	ok "what nobody else sees" hides
	ok "keys" keys
	ok "a window that changes its size" resized
	ok "both have what they compressed" users_end
else
	tap_skip "a queue" "needs the device, and root"
fi
tap_end
