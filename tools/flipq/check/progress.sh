#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# progress.sh - the line on the terminal; here, as it takes a terminal
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

ok "progress of a file" file
ok "progress of a pipe" pipe
ok "no progress with -q" quiet
ok "no compressed data to a terminal" refused
tap_end
