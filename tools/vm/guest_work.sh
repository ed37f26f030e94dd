#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# guest_work.sh - in the guest whose memory is wanted: ordinary work on the
# files of a Linux system, some of it still going on when the memory is taken
set -eu

root=/tmp/system
mkdir "$root"
mount -t tmpfs -o size=70% tmpfs "$root"
echo "unpacking files" >/dev/ttyS1
tar -x -f /dev/vda -C "$root"
mount -t proc proc "$root/proc"
mkdir -p "$root/tmp"

run()
{
	chroot "$root" "$@"
}

echo "running sort, awk and find" >/dev/ttyS1
# shellcheck disable=SC2016 # a program of awk's
run /bin/bash -c '
	find /usr -type f -size -64k | sort >/tmp/files
	xargs cat </tmp/files 2>/dev/null | head -c 4000000 >/tmp/text
	awk "{ for (i = 1; i <= NF; i++) n[\$i]++ }
	     END { for (w in n) print n[w], w }" /tmp/text |
		sort -rn >/tmp/words
	gzip -1 </tmp/text >/tmp/text.gz' || true

echo "running python" >/dev/ttyS1
run /usr/bin/python3 -c '
import collections, os, random, time
random.seed(1)
text = open("/tmp/text", errors="replace").read()
lines = text.splitlines()[:40000]
index = collections.defaultdict(list)
for number, line in enumerate(lines):
    for word in line.split()[:12]:
        index[word].append(number)
table = [{"id": n, "value": n % 97, "name": "entry %d" % n}
         for n in range(100000)]
scratch = [os.urandom(4096) for n in range(64)]
open("/tmp/python-ready", "w").close()
while True:
    time.sleep(0.2)
    random.shuffle(table)
' &
python=$!
# shellcheck disable=SC2016 # a program of awk's
run /bin/bash -c 'awk "{ line[NR] = \$0 }
	END { print > \"/tmp/awk-ready\"; close(\"/tmp/awk-ready\")
	      while (1) system(\"sleep 1\") }" /tmp/words' &
awk=$!
while [ ! -e "$root/tmp/python-ready" ] || [ ! -e "$root/tmp/awk-ready" ]; do
	kill -0 $python && kill -0 $awk || exit 1
	sleep 1
done
cat "$root"/usr/bin/* >/dev/null
echo ready >/dev/ttyS1
sleep 600
