/** The licence texts of the npm packages that a bundle contains. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly text: string;
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
}

/** The packages that the given module files belong to, each once, by name. Throws where one states no licence. */
export function packagesOf(modules: readonly string[]): readonly BundledPackage[] {
  const folders = new Set(modules.map(packageFolder).filter((folder) => folder !== undefined));
  return [...folders].map(readPackage).toSorted((one, other) => one.name.localeCompare(other.name, 'en'));
}

/** `…/node_modules/tar-stream/pack.js` → `…/node_modules/tar-stream`. */
function packageFolder(module: string): string | undefined {
  const match = /^(.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+)[/\\]/.exec(module.replace(/^\0/, ''));
  return match?.[1];
}

function readPackage(folder: string): BundledPackage {
  const { name, version, license } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as Manifest;
  if (name === undefined || version === undefined || license === undefined) {
    throw new Error(`${folder} does not state its name, version or licence`);
  }
  const file = readdirSync(folder).find((entry) => /^(?:licen[cs]e|copying)(?:[.-]|$)/i.test(entry));
  const text = file === undefined ? readmeLicence(folder) : readFileSync(join(folder, file), 'utf8');
  return { name, version, license, text: text.trim() };
}

/** Some small packages print their licence in the README alone. */
function readmeLicence(folder: string): string {
  const file = readdirSync(folder).find((entry) => /^readme/i.test(entry));
  const readme = file === undefined ? '' : readFileSync(join(folder, file), 'utf8');
  return /^#+ *licen[cs]e[^]*/im.exec(readme)?.[0] ?? `No licence text in the package (${dirname(folder)}).`;
}

export function licenceText(packages: readonly BundledPackage[]): string {
  const head = 'exit137 contains the following packages.\n';
  const rule = '-'.repeat(80);
  const parts = packages.map(
    ({ name, version, license, text }) => `${rule}\n${name} ${version} (${license})\n\n${text}\n`,
  );
  return `${head}\n${parts.join('\n')}`;
}
