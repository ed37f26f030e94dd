#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# in_root.sh SCRIPT - in the VM: the Debian system at /mnt/0, of which the script
# sees a copy that it may write to, with what is at /mnt/1 in /work
set -eu

top=/run/system
mkdir -p $top/upper $top/work $top/root
[ ! -e /mnt/1/overlay.ko ] || insmod /mnt/1/overlay.ko
mount -t overlay -o lowerdir=/mnt/0,upperdir=$top/upper,workdir=$top/work \
	overlay $top/root
mkdir -p $top/root/work
cp -r /mnt/1/. $top/root/work/
for name in dev dev/pts proc sys; do
	mount -o bind /$name $top/root/$name
done
mount -t tmpfs tmpfs $top/root/run
mount -t tmpfs -o mode=1777 tmpfs $top/root/tmp
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/ DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
# else udevadm does nothing, as it takes this for no system of its own
export SYSTEMD_IGNORE_CHROOT=1
cd $top/root
exec chroot $top/root sh -c "cd /work && exec ./$1"
