/** Kernel modules in the order they must be loaded. Debian's are packed with xz, which busybox cannot load. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import type { Kernel } from './debian.ts';

export interface Module {
  readonly name: string;
  readonly data: Buffer;
}

/** The modules named and what they need; what the kernel has built in is left out. */
export function modulesOf(kernel: Kernel, names: readonly string[]): readonly Module[] {
  const files = new Map<string, string>();
  for (const path of readdirSync(kernel.modules, { recursive: true, encoding: 'utf8' })) {
    const name = /([^/]+)\.ko(?:\.xz)?$/u.exec(path)?.[1];
    if (name !== undefined) files.set(name.replaceAll('-', '_'), join(kernel.modules, path));
  }
  const loaded = new Map<string, Module>();
  const load = (name: string): void => {
    const file = files.get(name);
    if (file === undefined || loaded.has(name)) return;
    const data = unpack(file);
    for (const needed of dependsOf(data)) load(needed);
    loaded.set(name, { name, data });
  };
  for (const name of names) load(name);
  return [...loaded.values()];
}

function unpack(file: string): Buffer {
  const [program, ...args] = file.endsWith('.xz') ? ['xz', '-dc', file] : ['cat', file];
  const { status, stdout } = spawnSync(program, args, { maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`cannot unpack ${file}`);
  return stdout;
}

/** `depends=a,b` among the NUL-separated words of the section .modinfo. */
function dependsOf(module: Buffer): readonly string[] {
  const at = module.indexOf('\0depends=', 0, 'latin1');
  if (at < 0) return [];
  const begin = at + '\0depends='.length;
  const text = module.toString('latin1', begin, module.indexOf(0, begin));
  return text
    .split(',')
    .filter(Boolean)
    .map((name) => name.replaceAll('-', '_'));
}
