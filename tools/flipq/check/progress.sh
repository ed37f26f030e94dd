#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# progress.sh - what is said on a terminal and not read from it; here, as it takes one
set -u
tap_here=$(dirname "$(readlink -f "$0")")/../../../selftests
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

# terminal COMMAND: a command for a shell, with a terminal; what it showed is in
# shown
terminal()
{
	script -qec "$1" shown </dev/null >/dev/null
}

# The size of a file is known, and with it how long it will take. Who reads what
# comes out makes it long enough on any machine.
file()
{
	text 20000000 >in
	terminal "'$FLIPQ' compress -c in | { sleep 1; cat >out; }" &&
		grep -q '\[=* *\] .*% .*MB/s .*left' shown
}

pipe()
{
	terminal "{ head -c 70000 in; sleep 1; cat in; } |
		'$FLIPQ' compress -c >out" &&
		grep -q '[0-9] MB .*MB/s' shown && ! grep -q left shown
}

quiet()
{
	terminal "{ head -c 70000 in; sleep 1; cat in; } |
		'$FLIPQ' compress -q -c >out" && ! grep -q MB/s shown
}

refused()
{
	! terminal "'$FLIPQ' compress -c in" &&
		grep -q 'is a terminal' shown
}

# Nobody types a file; but -f reads what somebody types, up to its end.
input()
{
	for c in compress decompress -d -c - 'test -'; do
		! script -qec "'$FLIPQ' $c >out" shown </dev/null >/dev/null &&
			grep -q '(stdin): is a terminal' shown || return 1
	done
	! terminal "'$FLIPQ' >out" && grep -q 'input that is no terminal' shown &&
		[ ! -s out ] || return 1
	printf 'typed\n\004' |
		script -qec "'$FLIPQ' compress -f >typed.lz4" shown >/dev/null &&
		stock lz4 <typed.lz4 | grep -qx typed
}

ok "progress of a file" file
ok "progress of a pipe" pipe
ok "no progress with -q" quiet
ok "no compressed data to a terminal" refused
ok "no input from a terminal" input
tap_end
