/**
 * Preloaded into a measured process (`node --import`): at its end, writes its peak resident size in KiB and its
 * processor time in milliseconds to the file that `PEAK_MEMORY_FILE` names.
 */
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  const file = process.env['PEAK_MEMORY_FILE'];
  if (file === undefined) return;
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  writeFileSync(file, `${maxRSS} ${Math.round((userCPUTime + systemCPUTime) / 1000)}`);
});
