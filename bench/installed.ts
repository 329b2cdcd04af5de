/** The program as users get it: bundled, in a folder without sources, so that `bin` takes `dist`. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Installed {
  /** To be given to node, before the program's arguments. */
  readonly script: string;
  readonly remove: () => void;
}

const root = join(import.meta.dirname, '..');

/** Builds first, so that what is measured is what is checked out. */
export function install(): Installed {
  const build = spawnSync(process.execPath, [join(root, 'tools', 'build.ts')], {
    cwd: root,
    encoding: 'utf8',
  });
  if (build.status !== 0) throw new Error(`the build failed: ${build.stderr}`);
  const folder = mkdtempSync(join(tmpdir(), 'exit137-installed-'));
  for (const part of ['bin', 'dist', 'docs', 'package.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  return {
    script: join(folder, 'bin', 'exit137.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
