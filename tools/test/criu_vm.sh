#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# criu_vm.sh - in the VM: a process is dumped, its images are compressed, and it is
# restored from what was decompressed
#
# shellcheck disable=SC2317 # functions are called by name
set -eu

there=/mnt/0
tap_here=$there/selftests
. "$there/selftests/tap.sh"
trap 'exit 1' INT TERM

criu()
{
	LD_LIBRARY_PATH=$there/lib "$there/criu" "$@"
}

# await FILE: what the process writes as soon as it can
await()
{
	tries=0
	while [ ! -e "$1" ]; do
		kill -0 "$process" && [ "$tries" -lt 600 ] || return 1
		tries=$((tries + 1))
		sleep 0.1
	done
}

# asked NUMBER: it sums up its memory, with a number that it cannot know before;
# what the sum must be is in $expected
asked()
{
	nonce=$(od -A n -t u4 -N 4 /dev/urandom | tr -d ' ')
	rm -f answer
	echo "$nonce" >nonce
	kill -USR1 "$process" && await answer || return
	expected=$("$there/criu_process" "$seed" "$nonce" "$1")
	echo "answer $(cat answer), expected $expected"
}

same()
{
	asked "$1" && [ "$(cat answer)" = "$expected" ]
}

differs()
{
	asked "$1" && [ "$(cat answer)" != "$expected" ]
}

begun()
{
	seed=$(od -A n -t u4 -N 4 /dev/urandom | tr -d ' ')
	rm -f ready
	setsid "$there/criu_process" "$seed" </dev/null >said 2>&1 &
	process=$!
	await ready
}

# tail -n 5 of a log says why
logged()
{
	log=$1
	shift
	criu "$@" -o "$log" && return
	grep -a Error "$images/$log" || tail -n 5 "$images/$log"
	return 1
}

dumped()
{
	rm -rf images packed unpacked
	mkdir images packed unpacked
	images=images
	logged dump.log dump -t "$process" -D images || return
	wait "$process" 2>/dev/null || true
	! kill -0 "$process" 2>/dev/null && [ -s images/pages-1.img ]
}

# All of them, to less than three quarters; then they are nowhere else.
packed()
{
	for image in images/*.img; do
		flipq compress -v "$@" -c "$image" >"packed/${image##*/}" \
			2>"report.${image##*/}" || return
	done
	before=$(stat -c %s images/pages-1.img)
	after=$(stat -c %s packed/pages-1.img)
	rm -rf images
	echo "pages: $before bytes, $after compressed"
	[ $((after * 4)) -lt $((before * 3)) ]
}

by_workers()
{
	cat report.pages-1.img
	grep -qE '^server: (shared|pool)$' report.pages-1.img &&
		grep -qx 'fallback_blocks: 0' report.pages-1.img
}

by_process()
{
	cat report.pages-1.img
	grep -qx 'server: process' report.pages-1.img &&
		grep -qx 'device: none: as asked for' report.pages-1.img
}

unpacked()
{
	for image in packed/*.img; do
		flipq decompress "$@" -c "$image" >"unpacked/${image##*/}" ||
			return
	done
	rm -rf packed
}

restored()
{
	images=unpacked
	logged restore.log restore -d -D unpacked && kill -0 "$process"
}

# A restore that takes damaged pages for good would be seen.
damage()
{
	where=$(($(stat -c %s unpacked/pages-1.img) / 2))
	printf 'damaged!' | dd of=unpacked/pages-1.img bs=1 seek="$where" \
		conv=notrunc
}

ended()
{
	kill -9 "$process"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		kill -0 "$process" 2>/dev/null || return 0
		sleep 0.2
	done
	return 1
}

# round WORDS WHO OPTION...: the whole way, with these options of compress
round()
{
	words=$1
	who=$2
	shift 2
	ok "$words: a process begins" begun
	ok "$words: it answers before it is dumped" same 1
	ok "$words: CRIU dumps it" dumped
	ok "$words: flipq compresses its images" packed "$@"
	ok "$words: as the option says" "$who"
	case "$*" in
	*--no-device*) ok "$words: and decompresses them" unpacked --no-device ;;
	*) ok "$words: and decompresses them" unpacked ;;
	esac
	ok "$words: CRIU restores it from them" restored
	ok "$words: its memory is what it was" same 2
	ok "$words: it ends" ended
}

for module in "$there"/modules/*.ko; do
	name=${module##*/*-}
	[ -e "/sys/module/${name%.ko}" ] || insmod "$module"
done
tap_start
work=$tap_tmp/work
mkdir "$work"
cd "$work"
round "lz4" by_workers -a lz4
round "zstd" by_workers -a zstd
round "without the device" by_process --no-device -a lz4
ok "damaged: a process begins" begun
ok "damaged: CRIU dumps it" dumped
ok "damaged: flipq compresses its images" packed -a lz4
ok "damaged: and decompresses them" unpacked
ok "damaged: some bytes of its pages change" damage
ok "damaged: CRIU restores it from them" restored
ok "damaged: its memory is another" differs 1
ok "damaged: it ends" ended
tap_end
