#!/bin/sh
# First process of the machine: stages deaths in cgroups as a kubelet builds them, and writes what can be read of each to the
# second serial line. Lines that begin with "@@" are marks.
/bin/busybox mkdir -p /proc /sys /dev /run /tmp /volumes
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mount -t cgroup2 -o memory_recursiveprot cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /run
# As a kubelet sets them.
echo 1 > /proc/sys/vm/overcommit_memory
echo 0 > /proc/sys/vm/panic_on_oom
top=/sys/fs/cgroup
out=/dev/ttyS1
stty -F $out raw 2>/dev/null

say() { echo "@@$*" > $out; }
uptime_now() { read -r up _ < /proc/uptime; echo "$up"; }
allow() { for each in "$@"; do echo '+cpu +cpuset +memory +pids' > "$each/cgroup.subtree_control"; done; }
mib() { if [ "$1" = max ]; then echo max; else echo $(($1 * 1024 * 1024)); fi; }
# Runs a program as a container's process: in the cgroup and with the score before its own first instruction.
in_cgroup() {
  cg=$top$1; adj=$2; shift 2
  echo 0 > "$cg/cgroup.procs"
  echo "$adj" > /proc/self/oom_score_adj
  exec "$@"
}
# start KEY CGROUP SCORE COMMAND...: its exit code and time in /run/ends/KEY once it has ended.
start() {
  key=$1; shift
  say "started $key $(uptime_now)"
  ( ( in_cgroup "$@" ) > "/run/$key.out" 2>&1; code=$?; echo "$code $(uptime_now)" > "/run/ends/$key.part"; mv "/run/ends/$key.part" "/run/ends/$key" ) &
}
# await TENTHS KEY...: until all of them ended.
await() {
  left=$1; shift
  while [ "$left" -gt 0 ]; do
    missing=
    for key in "$@"; do [ -e "/run/ends/$key" ] || missing=$key; done
    [ -n "$missing" ] || return 0
    usleep 100000
    left=$((left - 1))
  done
  say "timeout $missing"
}
dump() {
  for cg in "$@"; do
    for file in memory.events memory.events.local memory.current memory.peak memory.max memory.high memory.oom.group memory.pressure memory.stat; do
      [ -e "$top$cg/$file" ] || continue
      say "file $cg/$file"
      cat "$top$cg/$file" > $out
    done
  done
}
begin() {
  rm -rf /run/ends /run/*.out; mkdir -p /run/ends
  say "stage $1 $(uptime_now)"
  echo "exit137 stage $1" > /dev/kmsg
}
finish() {
  for end in /run/ends/*; do [ -e "$end" ] && say "ended ${end##*/} $(cat "$end")"; done
  for text in /run/*.out; do [ -s "$text" ] || continue; say "output $(basename "$text" .out)"; cat "$text" > $out; done
  say "close $(uptime_now)"
}
# Debian's earlyoom, thresholds high enough to be ahead of the kernel; each line with the time it was written at.
watch_memory() {
  mkfifo /run/earlyoom.pipe
  earlyoom -r 0 -m 25,15 > /run/earlyoom.pipe 2>&1 &
  earlyoom=$!
  while read -r line; do echo "$(uptime_now) $earlyoom $line"; done < /run/earlyoom.pipe > /run/earlyoom.out &
}
stop_watching() { [ -z "$earlyoom" ] || kill "$earlyoom"; earlyoom=; }
# Removes cgroups with all that runs in them.
remove() {
  echo 1 > "$top$1/cgroup.kill"
  usleep 200000
  find "$top$1" -depth -type d -exec rmdir {} \;
}

. /stages.sh

say "kmsg"
timeout 3 cat /dev/kmsg > /run/kmsg
cat /run/kmsg > $out
say "boot $(grep btime /proc/stat | cut -d' ' -f2) $(uname -r)"
say "done"
sync
poweroff -f
