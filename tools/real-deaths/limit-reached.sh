#!/bin/bash
# Reaches a real memory limit and saves the kernel's own report. Needs root, cgroup v1's memory controller and a readable dmesg.
# Builds the cgroups a kubelet (driver cgroupfs) makes for a pod of one container: the pod with a pause process and the
# container, both limited to 64 MiB. The container's process grows by 1 MiB every 20 ms until the kernel kills it.
# Usage: tools/real-deaths/limit-reached.sh OUTFILE
set -euo pipefail
out=${1:?usage: limit-reached.sh OUTFILE}
uid=0c7f2d8e-51b4-4a6d-9d37-6f7f0f1b9a52
id=5be1c6a0f2d94e37b8a1c0d5e6f7382914a5b6c7d8e9f00112233445566778aa
pause=91d0e7c4b3a2958677685940302f1e0d0c1b2a39485766758493a2b1c0dfeeff
root=/sys/fs/cgroup/memory/kubepods
pod=$root/burstable/pod$uid
work=$(mktemp -d)
pauser=

clean() {
  [ -z "$pauser" ] || kill "$pauser" 2>/dev/null || true
  [ -z "$pauser" ] || wait "$pauser" 2>/dev/null || true
  for group in "$pod/$id" "$pod/$pause" "$pod" "$root/burstable" "$root"; do
    [ ! -d "$group" ] || rmdir "$group" || true
  done
  rm -rf "$work"
}
trap clean EXIT

[ ! -e "$root" ] || { trap - EXIT; rm -rf "$work"; echo "$root exists: this machine runs a kubelet, leaving it alone" >&2; exit 1; }
mkdir -p "$pod/$id" "$pod/$pause"
echo $((64 * 1024 * 1024)) > "$pod/$id/memory.limit_in_bytes"
echo $((64 * 1024 * 1024)) > "$pod/memory.limit_in_bytes"
ln -s "$(command -v perl)" "$work/cart"
mark="exit137 example starts $$"
echo "$mark" > /dev/kmsg

sh -c 'echo $$ > "$0/cgroup.procs"; exec sleep 300' "$pod/$pause" &
pauser=$!
sleep 0.3
set +e
sh -c 'echo $$ > "$0/cgroup.procs"; echo 984 > /proc/self/oom_score_adj; exec "$1" -e '\''while (1) { push @leak, "x" x 1048576; select undef, undef, undef, 0.02 }'\' \
  "$pod/$id" "$work/cart"
echo "cart ended with $? at $(date -u +%FT%TZ)" >&2
set -e
sleep 0.5
# From the mark on; machine and kernel build names taken out.
dmesg --time-format iso | sed -n "/$mark/,\$p" |
  sed -e 1d -e 's/ Hardware name: .*/ Hardware name: virtual machine/' -e 's/\(Not tainted [0-9.]*\)[^ ]*/\1/' > "$out"
echo >> "$out"
