#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# languages_vm.sh - in the VM: the tests of the packages for other languages, with
# the device
set -eu

there=$(cd "$(dirname "$0")" && pwd)
export PYTHONHOME="$there/python" PYTHONDONTWRITEBYTECODE=1
export PATH="$there/python/bin:$PATH"
export LD_LIBRARY_PATH="$there/lib" FLIPQ_DEVICE=/dev/flipq

# The programs that are run, each without arguments. No C compiler is here.
mkdir /tmp/tests
cd /tmp/tests
cat >python <<END
#!/bin/sh
exec python3 $there/tools/python/check/run test_blocks test_image test_memory test_process test_queue
END
cat >rust <<END
#!/bin/sh
[ -e $there/rust ] || {
	echo "1..0 # SKIP no cargo: Debian's package is cargo"
	exit 4
}
cd $there/rust/deps
exec $there/tools/rust/check/run \$PWD/queue \$PWD/scope \$PWD/example
END
chmod +x python rust
python3 "$there/tools/test/tally" ./python ./rust
