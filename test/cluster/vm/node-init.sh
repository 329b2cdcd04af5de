#!/bin/sh
# First process of the second node's machine, in its first root: brings disk and network, and goes over to the disk.
/bin/busybox mkdir -p /proc /sys /dev /disk
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
for module in $(cat /modules/order); do insmod "/modules/$module.ko"; done
while [ ! -b /dev/vda ]; do usleep 50000; done
mount -t ext4 /dev/vda /disk
cp -a /config/. /disk/config/
mount -t tmpfs -o mode=755 tmpfs /disk/run
mkdir /disk/run/lock
umount /proc /sys
exec switch_root /disk /config/start
