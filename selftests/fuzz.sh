#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# fuzz - the fuzzer for some seconds: its corpus, then inputs of a fixed seed
#
# More of it: fuzz/fuzz-calls. FLIPQ_FUZZ_SECONDS and FLIPQ_FUZZ_SEED change what
# the second part does.
# shellcheck disable=SC2317 # functions are called through ok and nok
set -eu

# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

fuzz=$tap_here/fuzz
[ -d "$fuzz" ] && fuzz=$fuzz/fuzz
corpus=$tap_here/corpus
[ -d "$corpus" ] || corpus=$tap_here/fuzz/corpus

# What it reports is of interest even when nothing is wrong.
told()
{
	status=0
	"$fuzz" "$@" >"$tap_tmp/fuzz" 2>&1 || status=$?
	sed 's/^/# /' "$tap_tmp/fuzz" >&3
	return "$status"
}

tap_start
[ -e /dev/flipq ] || tap_skip_all "no /dev/flipq: flipq.ko is not loaded"
exec 3>&1

for inputs in "$corpus"/*; do
	[ -e "$inputs" ] || continue
	ok "the inputs of ${inputs##*/}" told --seconds 6 --replay "$inputs"
done
ok "inputs of a seed" told --seed "${FLIPQ_FUZZ_SEED:-1}" \
	--seconds "${FLIPQ_FUZZ_SECONDS:-10}"
tap_end
