#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_restore.sh - a process runs while its memory comes out of an image; and what
# becomes of it where the image is damaged, or the process not what it says
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

FAULTING=${FAULTING:-$tap_here/faulting}

# Longer than anything here takes, so that what hangs is a failure.
LIMIT=60

# serve IMAGE OPTION...: to whoever comes to the socket s; what it says is in stderr
serve()
{
	file=$1
	shift
	rm -f s
	timeout -s KILL $LIMIT "$FLIPQ" restore -v --socket s "$@" "$file" \
		2>stderr &
	server=$!
}

# ended STATUS: the server did, with this
ended()
{
	got=0
	wait "$server" || got=$?
	if [ "$got" -ne "$1" ] || [ -e s ]; then
		echo "status $got, expected $1, and no socket; it said:"
		cat stderr
		return 1
	fi
}

# client OPTION...: with the content of the images. What waits for a page that does
# not come can only be killed.
client()
{
	timeout -s KILL $LIMIT "$FAULTING" -q "$@" s plain
}

# whole IMAGE OPTION...: the process sees what it must see
whole()
{
	serve "$1"
	shift
	client "$@" && ended 0
}

# with SERVER_OPTION OPTION...
with()
{
	serve packed.lz4 "$1"
	shift
	client "$@" && ended 0
}

# ends PATTERN IMAGE OPTION...: the server gives up, and nobody waits for it
ends()
{
	pattern=$1
	serve "$2"
	shift 2
	client "$@" || true
	ended 1 && failed 1 "$pattern"
}

# lies PATTERN TEXT: the same with this message
lies()
{
	ends "$1" packed.lz4 -s "$2"
}

# mapping BASE SIZE OFFSET [MORE]
mapping()
{
	echo "{\"base_host_virt_addr\":$1,\"size\":$2,\"offset\":$3${4-}}"
}

# flip FILE OFFSET: as bad.FILE, with a byte that is another
flip()
{
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	cp "$1" "bad.$1"
	# shellcheck disable=SC2059 # an octal escape
	printf "\\$(printf %o $((byte ^ 64)))" |
		dd of="bad.$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# In order, so what comes next is there before it is asked for.
ahead()
{
	whole packed.lz4 -r && holds stderr ahead_bytes -gt 0 &&
		holds stderr faults -lt 256 &&
		[ $(($(counter stderr ahead_bytes) +
			$(counter stderr fault_bytes))) -eq "$size" ]
}

# huge NAME BYTES: pages of hugetlbfs, of which only a VM is given some
huge()
{
	if [ -n "${FLIPQ_NO_DEVICE-}" ] ||
		! { echo 8 >/proc/sys/vm/nr_hugepages; } 2>/dev/null ||
		! [ "$(cat /proc/sys/vm/nr_hugepages)" -eq 8 ]; then
		tap_skip "$1" "no pages of hugetlbfs"
		return
	fi
	ok "$1" whole packed.lz4 -p "$2"
	echo 0 >/proc/sys/vm/nr_hugepages
}

# A page that is not there kills; pages that are not asked for kill nobody.
killed()
{
	serve bad.packed.lz4
	got=0
	client || got=$?
	[ $got -eq 137 ] || {
		echo "status $got of the client, expected to be killed"
		return 1
	}
	ended 1 && failed 1 'the page at offset [0-9]*, address 0x.* damaged' &&
		failed 1 'the client was killed'
}

# Those of one block, and no other. Before Linux 6.6 a page cannot be made so.
sigbus()
{
	page=$(awk '/^KernelPageSize/ { print 1024 * $2; exit }' /proc/self/smaps)
	serve bad.packed.lz4 --on-error=sigbus
	case $(uname -r) in
	5.* | 6.[0-5].*)
		got=0
		client -t 2 -b 1 || got=$?
		[ $got -eq 137 ] && ended 1 &&
			failed 1 'cannot make a page SIGBUS'
		return
		;;
	esac
	client -t 2 -b $((131072 / page)) && ended 1 &&
		holds stderr lost_pages -eq $((65536 / page))
}

# based OPTION...: an image that has but the last MiB itself, with this base
based()
{
	serve based.lz4 "$@"
	client -t 2 -m 3 && ended 0
}

# That the client is gone is the end of the work, and no error.
gone()
{
	serve packed.lz4
	until [ -e s ]; do
		sleep 0.05
	done
	"$FAULTING" -q -t 2 s plain &
	pid=$!
	kill -KILL $pid
	wait $pid
	# It may not have come at all.
	if [ -e s ]; then
		kill $server
		wait $server
		[ ! -e s ]
		return
	fi
	got=0
	wait $server || got=$?
	[ $got -le 1 ]
}

# stopped SIGNAL: whoever waits for us goes with us
stopped()
{
	serve bad.packed.lz4
	# Touches nothing that is damaged, and so would go on for ever.
	"$FAULTING" -w s plain >seen 2>&1 &
	pid=$!
	until grep -q seen seen; do
		kill -0 $pid || return 1
		sleep 0.05
	done
	kill -"$1" $server
	wait $server
	got=0
	wait $pid || got=$?
	[ $got -eq 137 ] || {
		echo "status $got of the client, expected to be killed"
		return 1
	}
}

{
	text 3000000
	random 1000000
	zeros 3000000
	text 1388608
} >plain
size=$(wc -c <plain)
"$FLIPQ" compress --index -o packed.lz4 plain
"$FLIPQ" compress --index -a zstd -b 128K -o packed.zst plain
"$FLIPQ" compress --index -b 4K -o packed4k.lz4 plain
"$FLIPQ" compress --index -b 1M -o packed1m.lz4 plain

{
	head -c $((size - 1048576)) plain
	random 1048576
} >other
"$FLIPQ" compress --index -o base.lz4 other
"$FLIPQ" compress --index --base=base.lz4 -o based.lz4 plain

serve packed.lz4
client >said 2>&1
case $? in
4)
	kill "$server"
	tap_skip_all "$(cat said)"
	;;
*)
	kill "$server" 2>/dev/null
	wait "$server"
	;;
esac

for image in packed.lz4 packed.zst packed4k.lz4 packed1m.lz4; do
	ok "$image" whole "$image"
	ok "$image, several threads and mappings" whole "$image" -t 4 -m 5
done
ok "in order" ahead
ok "in this process" with --no-device -t 2
ok "one worker" with --workers=1 -t 2
ok "a message in pieces" whole packed.lz4 -m 7 -c 50
ok "pages that are dropped are zeros" whole packed.lz4 -d -t 4
ok "memory that is unmapped" whole packed.lz4 -u -t 2
huge "pages of 2 MiB" 2097152

ok "an image with a base" based --base=base.lz4
ok "another base" fails 1 'based.lz4: .*base' \
	"$FLIPQ" restore --socket s --base=packed.lz4 based.lz4
ok "no base" fails 1 'based.lz4: .*base' \
	"$FLIPQ" restore --socket s based.lz4

ok "a client that forks" ends 'forks before its memory' packed.lz4 -f
ok "a client that moves its memory" ends 'moves its mappings' packed.lz4 -v
ok "a client that is killed" gone
middle=$(($(wc -c <packed.lz4) / 2))
flip packed.lz4 $middle
ok "damage kills" killed
ok "damage is SIGBUS" sigbus
ok "SIGTERM" stopped TERM
ok "SIGHUP" stopped HUP

ok "no descriptor" ends 'expected a userfaultfd with the mappings' packed.lz4 \
	-n 0
ok "two descriptors" ends 'expected one descriptor' packed.lz4 -n 2
ok "seven descriptors" ends 'expected one descriptor' packed.lz4 -n 7
ok "another descriptor" ends 'descriptor that does not wake' packed.lz4 -x

ok "no mappings" lies 'expected at least one' '[]'
ok "no array" lies "expected '\['" '{}'
ok "text behind it" lies 'expected nothing behind' "[$(mapping 0 4096 0)]x"
ok "past the image" lies 'expected a part of the image' \
	"[$(mapping 65536 "$size" 65536)]"
ok "an offset past 2^64" lies 'expected a part of the image' \
	"[$(mapping 65536 65536 18446744073709486080)]"
ok "an end past 2^64" lies 'expected an end below' \
	"[$(mapping 18446744073709486080 131072 0)]"
ok "a number past 2^64" lies 'expected a whole number' \
	"[$(mapping 18446744073709551616 65536 0)]"
ok "a negative number" lies 'expected a whole number' \
	"[$(mapping 65536 -65536 0)]"
ok "a fraction" lies "expected ',' or '}'" "[$(mapping 65536 65536.0 0)]"
ok "a number with zeros before it" lies 'without a leading zero' \
	"[$(mapping 0065536 65536 0)]"
ok "no size" lies 'expected whole pages' "[$(mapping 65536 0 0)]"
ok "half a page" lies 'expected whole pages' "[$(mapping 65536 2048 0)]"
ok "an address within a page" lies 'expected whole pages' \
	"[$(mapping 65537 65536 0)]"
ok "pages of no power of two" lies 'expected a power of two' \
	"[$(mapping 65536 65536 0 ',"page_size":65535')]"
ok "pages of two sizes" lies 'expected one size of pages' \
	"[$(mapping 65536 65536 0 ',"page_size":4096,"page_size_kib":8192')]"
ok "twice the same memory" lies 'do not overlap' \
	"[$(mapping 65536 131072 0),$(mapping 131072 65536 0)]"
ok "a member twice" lies 'each member once' \
	"[$(mapping 65536 65536 0 ',"offset":0')]"
ok "a member that is missing" lies "expected a member 'offset'" \
	'[{"base_host_virt_addr":65536,"size":65536}]'
ok "a message that is cut off" lies 'the client hung up' "[$(mapping 65536 1 0),"
ok "a message that does not go on" ends 'expected a message' packed.lz4 -k -s '['
ok "too many mappings" lies 'expected up to 64' \
	"[$(yes "$(mapping 65536 65536 0)," | head -n 64)$(mapping 0 1 1)]"
ok "members that are not known" lies 'do not overlap' \
	"[$(mapping 65536 65536 0 ',"a\"b":"}]","b":true,"c":null,"d":7'),$(mapping 65536 65536 0)]"

: >s
ok "a socket that is there" fails 1 's: bind: ' \
	"$FLIPQ" restore --socket s packed.lz4
ok "the file that was there stays" rm s
ok "no index" fails 1 'plain: ' "$FLIPQ" restore --socket s plain
ok "no image" fails 1 'nowhere: ' "$FLIPQ" restore --socket s nowhere
ok "standard input" fails 1 'expected an image that is a file' \
	"$FLIPQ" restore --socket s -
ok "no socket" fails 2 'expected --socket' "$FLIPQ" restore packed.lz4
ok "two images" fails 2 'expected one image' \
	"$FLIPQ" restore --socket s packed.lz4 packed.zst
ok "another policy" fails 2 'expected kill or sigbus' \
	"$FLIPQ" restore --on-error=ignore --socket s packed.lz4
ok "a path that is too long" fails 1 'expected a path of up to' \
	"$FLIPQ" restore --socket "$(text 200 | tr '\n' x)" packed.lz4

tap_end
