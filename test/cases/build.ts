/** Writes `test/cases/<name>/` from the sources. Run: node test/cases/build.ts */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GoldenCase } from './golden.ts';
import { goldenCases } from './sources/index.ts';

const here = import.meta.dirname;

/** The files of one case by name, as they must stand in its folder. */
export function filesOf(one: GoldenCase): Readonly<Record<string, string>> {
  const title = one.name.replaceAll('-', ' ');
  return {
    'bundle.json': `${JSON.stringify(one.bundle, null, 1)}\n`,
    'expected.json': `${JSON.stringify(one.expected, null, 2)}\n`,
    'about.md': `# ${title}\n\n${one.about.trim()}\n`,
  };
}

/** Names of the case folders that exist on disk. */
export function caseFolders(): readonly string[] {
  return readdirSync(here, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'sources')
    .map((entry) => entry.name)
    .sort();
}

function write(): void {
  const wanted = new Set(goldenCases.map((one) => one.name));
  for (const name of caseFolders()) if (!wanted.has(name)) rmSync(join(here, name), { recursive: true });
  for (const one of goldenCases) {
    mkdirSync(join(here, one.name), { recursive: true });
    for (const [file, text] of Object.entries(filesOf(one))) writeFileSync(join(here, one.name, file), text);
  }
  console.log(`${goldenCases.length} cases written`);
}

if (import.meta.main) write();
