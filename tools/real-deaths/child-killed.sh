#!/bin/bash
# Lets the kernel kill a child while its parent, the stand-in for the container's PID 1, lives on and ends with 0; saves the
# kernel's own report and the cgroup's counter files, read while the parent still runs.
# Needs root, cgroup v1's memory controller and a readable dmesg. Usage: tools/real-deaths/child-killed.sh FOLDER
set -euo pipefail
out=${1:?usage: child-killed.sh FOLDER}
uid=7a41c9e2-08d6-4b1f-a3c5-2e90d17b64f8
id=c4a9e1f07b3d5286a1904ef3c82d6b7590e4f1a2b3c4d5e6f708192a3b4c5d6e
root=/sys/fs/cgroup/memory/kubepods
group=$root/burstable/pod$uid/$id
work=$(mktemp -d)

clean() {
  for each in "$group" "$root/burstable/pod$uid" "$root/burstable" "$root"; do
    [ ! -d "$each" ] || rmdir "$each" || true
  done
  rm -rf "$work"
}
trap clean EXIT

[ ! -e "$root" ] || { trap - EXIT; rm -rf "$work"; echo "$root exists: this machine runs a kubelet, leaving it alone" >&2; exit 1; }
mkdir -p "$group"
echo $((96 * 1024 * 1024)) > "$group/memory.limit_in_bytes"
ln -s "$(command -v perl)" "$work/convert"
mark="exit137 example starts $$"
echo "$mark" > /dev/kmsg

# The parent starts four conversions one after the other; the third is too large for the limit. It does not look at their
# exit codes, waits until the counters were read, and ends with 0.
cat > "$work/export.sh" <<'PARENT'
echo $$ > "$1/cgroup.procs"
echo 968 > /proc/self/oom_score_adj
for size in 20 24 200 16; do
  "$2/convert" -e 'for (1 .. shift) { push @rows, "x" x 1048576; select undef, undef, undef, 0.01 }' "$size"
  echo "part of $size MiB: exit $?" >&2
done
echo "4 parts written" >&2
while [ ! -e "$2/read" ]; do sleep 0.1; done
PARENT
sh "$work/export.sh" "$group" "$work" &
parent=$!
sleep 6
head "$group"/memory.{oom_control,failcnt,usage_in_bytes,max_usage_in_bytes,limit_in_bytes} > "$out/cgroup.txt"
touch "$work/read"
wait "$parent" && echo "parent ended with 0 at $(date -u +%FT%TZ)" >&2
sleep 0.5
# From the mark on; machine and kernel build names taken out.
dmesg --time-format iso | sed -n "/$mark/,\$p" |
  sed -e 1d -e 's/ Hardware name: .*/ Hardware name: virtual machine/' -e 's/\(Not tainted [0-9.]*\)[^ ]*/\1/' > "$out/kernel.log"
echo >> "$out/kernel.log"
