/** Debian's packages by their files: fetched with apt, unpacked into the cache, never installed. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isOnPath, run, tryRun } from '../harness/run.ts';

/** Packages that name the newest kernel of a series. */
export const KERNELS = ['linux-image-cloud-amd64', 'linux-image-6.12-cloud-amd64'] as const;
export type KernelSeries = (typeof KERNELS)[number];

/** Why no virtual machine can run here, in words; empty when one can. */
export function vmObstacles(): readonly string[] {
  if (process.platform !== 'linux' || process.arch !== 'x64') return ['not Linux on x86-64'];
  const needed = [
    ['qemu-system-x86_64', 'qemu-system-x86'],
    ['busybox', 'busybox-static'],
    ['gcc', 'gcc libc6-dev'],
    ['apt-get', 'apt'],
    ['dpkg-deb', 'dpkg'],
  ] as const;
  const missing = needed.filter(([program]) => !isOnPath(program)).map(([, name]) => name);
  return missing.length === 0
    ? []
    : [`missing: apt-get install --no-install-recommends ${missing.join(' ')}`];
}

function cache(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'exit137-cluster', 'debian');
}

/** The folder with the package's files; named by its version, so that a newer one is fetched when apt knows it. */
export async function unpacked(name: string): Promise<string> {
  const policy = await run(['apt-cache', 'policy', name]);
  const version = /^\s*Candidate: (\S+)$/mu.exec(policy)?.[1];
  if (version === undefined || version === '(none)') throw new Error(`apt knows no package ${name}`);
  const target = join(cache(), `${name}_${version.replaceAll(/[^\w.+~-]/gu, '_')}`);
  if (existsSync(target)) return target;
  const unfinished = `${target}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  await run(['apt-get', 'download', `${name}=${version}`], { cwd: unfinished, timeoutMs: 300_000 });
  const [archive] = readdirSync(unfinished).filter((file) => file.endsWith('.deb'));
  if (archive === undefined) throw new Error(`apt-get download ${name} left no file`);
  await run(['dpkg-deb', '-x', join(unfinished, archive), unfinished], { timeoutMs: 120_000 });
  rmSync(join(unfinished, archive));
  renameSync(unfinished, target);
  return target;
}

export interface Kernel {
  /** As `uname -r` prints it. */
  readonly release: string;
  readonly image: string;
  readonly modules: string;
}

export async function kernelOf(series: KernelSeries): Promise<Kernel> {
  const { stdout } = await tryRun(['apt-cache', 'depends', series]);
  const name = /Depends: (linux-image-\d\S+)/u.exec(stdout)?.[1];
  if (name === undefined) throw new Error(`apt does not say which kernel ${series} stands for`);
  const folder = await unpacked(name);
  const release = name.slice('linux-image-'.length);
  return {
    release,
    image: join(folder, 'boot', `vmlinuz-${release}`),
    modules: join(folder, 'lib', 'modules', release),
  };
}
