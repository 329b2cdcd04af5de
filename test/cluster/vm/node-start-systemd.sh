#!/bin/sh
# First process of the second node on its disk, until it hands over to systemd: the network, and what an installer writes.
PATH=/bin:/usr/bin:/usr/sbin
export PATH
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mkdir -p /tmp /var/log/journal /etc/systemd
echo '127.0.0.1 localhost' > /etc/hosts
printf 'root:x:0:0:root:/:/bin/sh\nsystemd-oom:x:990:990::/:/bin/false\n' > /etc/passwd
printf 'root:x:0:\nsystemd-journal:x:989:\nsystemd-oom:x:990:\n' > /etc/group
printf 'passwd: files\ngroup: files\n' > /etc/nsswitch.conf
echo 6578697431333700000000000000000e > /etc/machine-id
. /config/settings
echo "$NODE_NAME" > /etc/hostname
hostname "$NODE_NAME"
ip link set lo up
ip link set eth0 up
# The emulator's own network; the node's address is what the API server knows, and the emulator hands its port on.
ip addr add 10.0.2.15/24 dev eth0
ip addr add "$NODE_IP/32" dev eth0
ip route add default via 10.0.2.2 src 10.0.2.15
for each in ip_forward conf/all/forwarding; do echo 1 > "/proc/sys/net/ipv4/$each"; done
cp -a /config/systemd /etc/systemd/system
cp /config/oomd.conf /etc/systemd/oomd.conf
echo "@@up $(cut -d' ' -f1 /proc/uptime)" > /dev/ttyS1
# What can be seen of it from outside.
( while sleep 20; do systemctl list-units --no-pager --plain --no-legend; journalctl --no-pager -n 15 -o cat | cut -c1-300; done > /dev/ttyS1 2>&1 ) &
exec /lib/systemd/systemd --unit=node.target
