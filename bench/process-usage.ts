/** Preloaded into a measured process (`node --import`): writes its CPU seconds and peak resident size to `PROCESS_USAGE_FILE`. */
import { readFileSync, writeFileSync } from 'node:fs';

process.on('exit', () => {
  const file = process.env['PROCESS_USAGE_FILE'];
  if (file === undefined) return;
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  writeFileSync(file, JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, mib: peakMib() }));
});

/** Linux's `ru_maxrss` begins with the size of the process that called exec (fs/exec.c, exec_mmap); `VmHWM` does not. */
function peakMib(): number {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kib !== undefined) return Number(kib) / 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS / 1024;
}
