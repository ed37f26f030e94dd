#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# languages_vm.sh - in the VM: the tests of the packages for other languages, with
# the device
set -eu

cd "$(dirname "$0")"
export PYTHONHOME="$PWD/python" PYTHONDONTWRITEBYTECODE=1
export PATH="$PWD/python/bin:$PATH"
export LD_LIBRARY_PATH="$PWD/lib" FLIPQ_DEVICE=/dev/flipq
# no C compiler is here
python3 tools/python/check/run test_blocks test_memory test_process test_queue
