/** The root of the kernel-facts machine: busybox, the victim, earlyoom and the script. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../harness/run.ts';
import type { Driver } from './cgroup-names.ts';
import { unpacked } from './debian.ts';
import { writeInitramfs, type InitramfsEntry } from './initramfs.ts';
import { stagesScript } from './script.ts';
import type { Stage } from './stages.ts';

const LIBRARIES = '/lib/x86_64-linux-gnu';
const LOADER = '/lib64/ld-linux-x86-64.so.2';

export async function factsInitramfs(
  folder: string,
  stages: readonly Stage[],
  driver: Driver,
): Promise<Buffer> {
  const [victim, pause] = await Promise.all(['victim', 'pause'].map((name) => buildStatic(name, folder)));
  const earlyoom = join(await unpacked('earlyoom'), 'usr', 'bin', 'earlyoom');
  const folders = ['bin', 'dev', 'lib', LIBRARIES.slice(1), 'lib64'];
  return writeInitramfs([
    ...folders.map((path): InitramfsEntry => ({ kind: 'folder', path })),
    { kind: 'device', path: 'dev/console', major: 5, minor: 1 },
    program('bin/busybox', '/bin/busybox'),
    { kind: 'link', path: 'bin/sh', target: 'busybox' },
    program('bin/victim', victim ?? ''),
    program('bin/pause', pause ?? ''),
    program('bin/earlyoom', earlyoom),
    program(`${LIBRARIES}/libc.so.6`.slice(1), `${LIBRARIES}/libc.so.6`),
    program(LOADER.slice(1), LOADER),
    program('init', join(import.meta.dirname, 'init.sh')),
    { kind: 'file', path: 'stages.sh', data: Buffer.from(stagesScript(stages, driver)), mode: 0o644 },
  ]);
}

function program(path: string, from: string): InitramfsEntry {
  return { kind: 'file', path, data: readFileSync(from), mode: 0o755 };
}

async function buildStatic(name: string, folder: string): Promise<string> {
  const target = join(folder, name);
  const source = join(import.meta.dirname, '..', 'images', `${name}.c`);
  await run(['gcc', '-static', '-Os', '-s', '-o', target, source]);
  return target;
}
