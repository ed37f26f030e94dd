#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# series.sh - all that make bench measures, into a directory of CSV files
#
# usage: series.sh IMAGE DIRECTORY
#
# With /dev/flipq there, its models and experiments as well. What is wrong with
# a result ends it, how fast anything is does not. ROUNDS and MS are how many
# rounds there are and how long each takes. With THREADS=no, where the threads of
# a process do not run at once, it is the module's models and one thread inline,
# and what does not depend on how long somebody sleeps.
set -eu

image=$1
out=$2
most=${ROUNDS:-7}
rounds=$most
# of what no target is about
fewer=$((most > 4 ? most - 2 : most))
ms=${MS:-200}
cpus=$(nproc)

if [ -e /dev/flipq ]; then
	ours=flipq,flipq-serve,flipq-arena,flipq-private
else
	ours=flip,flip-serve
fi
# what it cannot do it is left out of
zram=,zram
! bench --list | grep -q '^zram .*(not here' || zram=
if [ "${THREADS:-yes}" = yes ]; then
	others=classic,workqueue,pool, all=
else
	others='' zram='' all=inline,$ours
fi
some=inline,$others$ours

# measured NAME COMMAND...: its CSV goes to NAME.csv, what it says to NAME.txt
measured()
{
	name=$1
	shift
	echo "bench: $name" >&2
	"$@" >"$out/$name.txt"
}

# models NAME ARGUMENT...: bench, with these
models()
{
	name=$1
	shift
	measured "$name" bench --image "$image" --mib 16 --rounds "$rounds" \
		--ms "$ms" --depth 64 --base inline --csv "$out/$name.csv" "$@"
}

# experiment NAME ARGUMENT...: grow, with these
experiment()
{
	name=$1
	shift
	echo "bench: $name" >&2
	grow "$name" --image "$image" --rounds "$rounds" --ms "$ms" "$@" \
		>"$out/$name.csv"
}

mkdir -p "$out"
models workers --workers "1,$cpus,$((2 * cpus))" ${all:+--models "$all"}
models copied --copy --workers "$cpus" --models "$some"
# two that poll on one processor would measure its scheduler
models empty --job empty --workers "1,$cpus" --pin ${all:+--models "$all"}
rounds=$fewer
models lz4 --size 65536 --models "$some"
models others --job zstd1,copy --size 4096,65536 --models "$some$zram"
[ -n "$all" ] || models submitters --submitters 2,8 --models "$some"
models depth --depth 1,4,16,32,64 --models "inline,${ours%%,*}"
models batch --batch 1,4,8,16,32 --models "inline,${ours%%,*}"
{ [ -e /dev/flipq ] && [ -z "$all" ]; } || exit 0

models large --size 1048576 --depth 8 --models "$some"
models crowded --workers $((4 * cpus)) --models "$some"
[ ! -e "${FLIPQ_LIMIT_KO:-}" ] || {
	insmod "$FLIPQ_LIMIT_KO"
	experiment limit --rounds "$most"
	rmmod flipq_limit
}
experiment idle --rounds $((2 * most))
experiment memory
experiment heavy --rounds 3 --ms $((10 * ms))
