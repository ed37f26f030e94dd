#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# modinfo.sh - what flipq.ko says of itself, on both kernels: version, licence,
# description, parameters with units, and the modules that modprobe loads before
#
# shellcheck disable=SC2317 # functions are called by name
set -eu

cd "$(dirname "$0")/../.."
tap_here=$PWD/selftests
. selftests/tap.sh
trap 'exit 1' INT TERM
kernels=${XDG_CACHE_HOME:-$HOME/.cache}/flipq/kernels
PATH=$PATH:/usr/sbin:/sbin

field()
{
	modinfo -F "$1" "$ko"
}

# built KERNEL: its flipq.ko, as the VMs have it
built()
{
	PYTHONPATH=tools/vm python3 -c 'import sys
from harness import kernel, module
print(module.build(kernel.Kernel(sys.argv[1])))' "$1"
}

version()
{
	field version
	[ "$(field version)" = "$(sed -n 's/^FLIPQ_VERSION := //p' Kbuild)" ]
}

licence()
{
	[ "$(field license)" = GPL ] && [ -n "$(field author)" ]
}

description()
{
	field description
	field description | grep -q compressors
}

# Each begins with its unit and says its default; tools/style/check looks for all
# of them in the manual.
parameters()
{
	field parm >"$tap_tmp/parm"
	[ "$(wc -l <"$tap_tmp/parm")" -ge 16 ] || return
	! grep -vE '^\w+:(ns|bytes|requests|queues|percent|CPUs|nice level|group) .*\(default' \
		"$tap_tmp/parm"
}

# A codec that is a module there is named, so that modprobe loads it: a symbol
# that is called is more than a softdep could say.
codecs()
{
	wanted=$(awk '$2 ~ /^(LZ4_compress_fast|LZ4_compress_HC|LZ4_decompress_safe|lzo1x_1_compress_safe|lzo1x_decompress_safe|zstd_compress_cctx|ZSTD_compressCCtx|zlib_deflate|zlib_inflate)$/ &&
		$3 != "vmlinux" { sub(/.*\//, "", $3); print $3 }' \
		"$kernels/$1/kit/Module.symvers" | sort -u)
	echo "modules: $wanted; depends: $(field depends)"
	[ -n "$wanted" ] || return
	for name in $wanted; do
		case ,$(field depends), in
		*,"$name",*) ;;
		*) return 1 ;;
		esac
	done
}

tap_start
for kernel in 6.1 6.12; do
	ko=$(built $kernel)
	ok "$kernel: the version is Kbuild's" version
	ok "$kernel: a licence and an author" licence
	ok "$kernel: a description" description
	ok "$kernel: each parameter has its unit and its default" parameters
	ok "$kernel: modprobe loads its codecs before it" codecs $kernel
done
tap_end
