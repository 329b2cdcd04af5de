#!/bin/sh
# First process of the second node on its disk: what a system manager does there, then the node's programs.
PATH=/bin:/usr/bin:/usr/sbin
export PATH
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm /tmp /var/log /var/lib
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /tmp
mount -t cgroup2 -o memory_recursiveprot cgroup2 /sys/fs/cgroup
mount --make-rshared /
echo '127.0.0.1 localhost' > /etc/hosts
echo 'root:x:0:0:root:/:/bin/sh' > /etc/passwd
echo 6578697431333700000000000000000e > /etc/machine-id
. /config/settings
hostname "$NODE_NAME"
ip link set lo up
ip link set eth0 up
# The emulator's own network; the node's address is what the API server knows, and the emulator hands its port on.
ip addr add 10.0.2.15/24 dev eth0
ip addr add "$NODE_IP/32" dev eth0
ip route add default via 10.0.2.2 src 10.0.2.15
for each in ip_forward conf/all/forwarding; do echo 1 > "/proc/sys/net/ipv4/$each"; done
echo 1 > /proc/sys/vm/overcommit_memory
echo 10 > /proc/sys/kernel/panic
# A system manager keeps its own programs out of the root cgroup, so that the limits of pods are told from theirs.
echo '+cpu +cpuset +io +memory +pids' > /sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/system.slice
# Without it a full node would first throw its programs' own pages out and fetch them again, for minutes, before it kills.
echo 268435456 > /sys/fs/cgroup/system.slice/memory.min
run() {
  name=$1; shift
  ( echo 0 > /sys/fs/cgroup/system.slice/cgroup.procs; echo -999 > /proc/self/oom_score_adj; exec "$@" ) > "/var/log/$name.log" 2>&1 &
}
echo "@@up $(cut -d' ' -f1 /proc/uptime)" > /dev/ttyS1
run kern /usr/bin/kernel-log "$NODE_NAME"
run containerd /usr/bin/containerd --config /config/containerd.toml
until ctr version > /dev/null 2>&1; do usleep 200000; done
echo "@@containerd $(cut -d' ' -f1 /proc/uptime)" > /dev/ttyS1
for image in /images/*.tar; do ctr --namespace k8s.io images import "$image" > /dev/ttyS1 2>&1; done
run kubelet /usr/bin/kubernetes kubelet --config=/config/kubelet.json --kubeconfig=/config/kubelet.yaml \
  "--hostname-override=$NODE_NAME" "--node-ip=$NODE_IP" --v=2
echo "@@kubelet $(cut -d' ' -f1 /proc/uptime)" > /dev/ttyS1
# As a syslog daemon would write what earlyoom says.
if [ -x /config/earlyoom ]; then
  mkfifo /run/earlyoom.pipe
  run earlyoom-errors sh -c 'exec /config/earlyoom -r 0 -m 25,15 > /run/earlyoom.pipe 2>&1'
  while read -r line; do echo "$(date -u +%FT%T+00:00) $NODE_NAME earlyoom[$!]: $line"; done \
    < /run/earlyoom.pipe > /var/log/earlyoom.log &
fi
# The last thing that can be seen of a kubelet that reaches nobody.
( while sleep 30; do tail -n 5 /var/log/kubelet.log | cut -c1-300 > /dev/ttyS1; done ) &
# Orphans of shims come here.
while :; do wait; sleep 1; done
