#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# migrate.sh - the migration experiment: pages arrive whole, counters add up
#
# Times and rates are not judged. $MIGRATE is the program, by default the one
# on PATH, and $IMAGE a guest's memory, if there is any.
set -u
tap_here=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$tap_here/tool.inc"

MIGRATE=${MIGRATE:-migrate}
MODELS="classic ring flipq"
PAGES=1024
IMAGE=${IMAGE:-/mnt/0/ram.img}

command -v "$MIGRATE" >/dev/null || tap_skip_all "no program migrate"

# value FILE MODEL NAME: the number, or the words, of that line of the report
value()
{
	sed -n "/^model: $2\$/,/^\$/s/^$3: \([0-9]*\).*/\1/p" "$1"
}

words()
{
	sed -n "/^model: $2\$/,/^\$/s/^$3: //p" "$1"
}

# says FILE MODEL NAME WORDS
says()
{
	[ "$(words "$1" "$2" "$3")" = "$4" ] || {
		echo "$2: $3: '$(words "$1" "$2" "$3")', expected '$4'"
		return 1
	}
}

# equal WHAT A B
equal()
{
	if [ -z "$2" ] || [ "$2" -ne "$3" ]; then
		echo "$1: '$2', expected '$3'"
		return 1
	fi
}

workers_pages()
{
	sed -n "/^model: $2\$/,/^\$/s/^worker .* cpu, \([0-9]*\) pages.*/\1/p" \
		"$1" | awk '{ n += $1 } END { print n + 0 }'
}

# adds_up FILE MODEL: what must hold of every report
adds_up()
{
	sent=$(value "$1" "$2" "pages sent")
	filled=$(value "$1" "$2" duplicate)
	normal=$(value "$1" "$2" normal)
	packed=$(value "$1" "$2" "compression pages")
	left=$(value "$1" "$2" "remaining ram")
	# the classic migration thread looks for filled pages itself
	given=$sent
	[ "$2" != classic ] || given=$((sent - filled))
	says "$1" "$2" verified yes &&
		equal "kinds of page" $((filled + normal + packed)) "$sent" &&
		equal "normal bytes" "$(value "$1" "$2" "normal bytes")" \
			$((normal * 4)) &&
		equal "workers' pages" "$(workers_pages "$1" "$2")" "$given" &&
		equal "total ram" "$(value "$1" "$2" "total ram")" \
			$((PAGES * 4)) &&
		equal verified "$(value "$1" "$2" "pages verified")" \
			$((PAGES - left / 4)) &&
		[ "$(value "$1" "$2" "reduced size")" -gt 0 ]
}

all_add_up()
{
	for m in $MODELS; do
		adds_up "$1" "$m" || return 1
	done
}

# Nobody writes: one round, each page once, whatever the machine.
at_rest()
{
	"$MIGRATE" --pages $PAGES --dirty-rate 0 --verify-each >rest ||
		return 1
	all_add_up rest || return 1
	for m in $MODELS; do
		says rest "$m" status completed &&
			equal "pages sent" "$(value rest "$m" "pages sent")" \
				$PAGES &&
			equal syncs "$(value rest "$m" "dirty sync count")" 3 &&
			equal remaining "$(value rest "$m" "remaining ram")" \
				0 || return 1
	done
}

# All see the same pages, so that they find the same in them.
models_agree()
{
	for m in ring flipq; do
		for what in duplicate normal "compression pages"; do
			equal "$m: $what" "$(value rest "$m" "$what")" \
				"$(value rest classic "$what")" || return 1
		done
	done
	[ "$(value rest classic duplicate)" -gt 0 ] &&
		[ "$(value rest classic normal)" -gt 0 ]
}

same_seed()
{
	"$MIGRATE" --pages $PAGES --dirty-rate 0 >again || return 1
	"$MIGRATE" --pages $PAGES --dirty-rate 0 --seed 2 >other || return 1
	for m in $MODELS; do
		equal "$m: transferred" \
			"$(value again "$m" "transferred ram")" \
			"$(value rest "$m" "transferred ram")" || return 1
	done
	[ "$(words again flipq "reduced size")" != \
		"$(words other flipq "reduced size")" ]
}

# migrated_under_writes THREADS: what arrived is verified each time
migrated_under_writes()
{
	threads=$1
	set --
	[ ! -e "$IMAGE" ] || set -- --image "$IMAGE"
	"$MIGRATE" "$@" --pages $PAGES --dirty-rate 3000 --downtime 300 \
		--max-iterations 2 --writers 2 --threads "$threads" --seed 3 \
		--verify-each >busy && all_add_up busy
}

# Whether each model had to send pages again.
sent_again()
{
	for m in $MODELS; do
		[ "$(value busy "$m" "pages sent")" -gt $PAGES ] || {
			echo "$m: no page was sent again"
			return 1
		}
	done
}

# On a busy machine the writers may not get to run before all was sent.
written_to()
{
	for attempt in 1 2 3 4 5; do
		migrated_under_writes "$1" || return 1
		! sent_again || return 0
		echo "attempt $attempt"
	done
	return 1
}

# Written faster than anything sends: given up, and what arrived is right.
given_up()
{
	"$MIGRATE" --pages $PAGES --dirty-rate 1000000 --downtime 1 \
		--max-iterations 2 >lost || return 1
	all_add_up lost || return 1
	for m in $MODELS; do
		says lost "$m" status "active (not converging)" || return 1
		equal downtime "$(value lost "$m" downtime)" 0 || return 1
		equal syncs "$(value lost "$m" "dirty sync count")" 3 ||
			return 1
		[ "$(value lost "$m" "remaining ram")" -gt 0 ] || return 1
	done
}

# The pages of the file, not others: 10 of text, 90 zero, 924 of text.
from_file()
{
	{
		text 40960
		zeros 368640
		text 3784704
	} >image
	"$MIGRATE" --image image --skip 10 --pages 1014 --models flipq \
		--dirty-rate 0 >file || return 1
	says file flipq verified yes &&
		equal duplicate "$(value file flipq duplicate)" 90 &&
		equal normal "$(value file flipq normal)" 0
}

slow_link()
{
	"$MIGRATE" --pages $PAGES --dirty-rate 0 --bandwidth 4 \
		--models flipq >slow || return 1
	# 2 MB and more cannot pass in less, whatever the machine
	[ "$(value slow flipq "total time")" -ge 400 ]
}

bad_arguments()
{
	fails 2 "classic, ring or flipq" "$MIGRATE" --models locked &&
		fails 2 "each model once" "$MIGRATE" --models ring,ring &&
		fails 2 "from 1 to 64" "$MIGRATE" --threads 0 &&
		fails 2 "from 1 to 64" "$MIGRATE" --writers 65 &&
		fails 2 "number from 64" "$MIGRATE" --pages 63 &&
		fails 2 "MB/s from" "$MIGRATE" --bandwidth 0 &&
		fails 2 "number from" "$MIGRATE" --dirty-rate fast &&
		fails 2 "number from" "$MIGRATE" --dirty-rate % &&
		fails 2 "number from" "$MIGRATE" --downtime -1 &&
		fails 2 "number from" "$MIGRATE" --seed '' &&
		fails 2 "expected --image" "$MIGRATE" --skip 1 &&
		fails 2 "options only" "$MIGRATE" classic &&
		fails 2 "Try" "$MIGRATE" --unknown
}

bad_images()
{
	zeros 409600 >short
	fails 1 "No such file" "$MIGRATE" --image nowhere &&
		fails 1 "regular file" "$MIGRATE" --image . &&
		fails 1 "has 100 pages, expected 101" "$MIGRATE" \
			--image short --pages 101 &&
		fails 1 "after the first 40" "$MIGRATE" \
			--image short --skip 40 --pages 64
}

ok "pages at rest are sent once, by each model" at_rest
ok "the models find the same in the same pages" models_agree
ok "the seed decides what is migrated" same_seed
ok "pages written to meanwhile arrive as they are" written_to 2
ok "one thread" written_to 1
ok "a migration that cannot finish is given up" given_up
ok "pages of a file" from_file
ok "the link's bandwidth holds" slow_link
ok "bad arguments are named" bad_arguments
ok "bad images are named" bad_images
tap_end
