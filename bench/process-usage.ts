/** Preloaded into a measured process (`node --import`): writes its CPU seconds and peak resident size to `PROCESS_USAGE_FILE`. */
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  const file = process.env['PROCESS_USAGE_FILE'];
  if (file === undefined) return;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeFileSync(
    file,
    JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, mib: maxRSS / 1024 }),
  );
});
