/** One boot of a virtual machine in software emulation, to its end. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryRun, words } from '../harness/run.ts';

export interface Boot {
  readonly kernelImage: string;
  readonly initramfs: Buffer;
  readonly memoryMib: number;
  readonly append: string;
  readonly timeoutMs: number;
  /** The initramfs and both serial lines are kept there. */
  readonly folder: string;
}

export interface Booted {
  /** What the kernel printed itself. */
  readonly console: string;
  /** What the first process wrote to the second serial line, free of kernel messages. */
  readonly results: string;
  readonly tookMs: number;
}

/**
 * The machine ends by switching itself off; a panic ends it too (`-no-reboot`), and so does the timeout. The lowest
 * priority, because software emulation takes a whole core.
 */
export async function boot(request: Boot): Promise<Booted> {
  const { folder } = request;
  const file = (name: string): string => join(folder, name);
  writeFileSync(file('initramfs'), request.initramfs);
  for (const name of ['console.log', 'results.log']) writeFileSync(file(name), '');
  const startMs = performance.now();
  const { code, stderr } = await tryRun(
    [
      ...words('nice -n 19 qemu-system-x86_64 -accel tcg -cpu max -smp 1 -nodefaults -no-user-config'),
      ...words(`-display none -no-reboot -m ${request.memoryMib}`),
      '-kernel',
      request.kernelImage,
      '-initrd',
      file('initramfs'),
      '-append',
      `console=ttyS0 panic=-1 ${request.append}`,
      '-serial',
      `file:${file('console.log')}`,
      '-serial',
      `file:${file('results.log')}`,
    ],
    { timeoutMs: request.timeoutMs },
  );
  if (code !== 0) throw new Error(`qemu-system-x86_64: exit code ${code}\n${stderr.slice(-2000)}`);
  const read = (name: string): string => readSerial(file(name));
  return {
    console: read('console.log'),
    results: read('results.log'),
    tookMs: Math.round(performance.now() - startMs),
  };
}

/** A serial line ends its lines in CR LF. */
function readSerial(path: string): string {
  return readFileSync(path, 'utf8').replaceAll('\r', '');
}
