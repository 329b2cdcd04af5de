/** Bundles the program into `dist/`: ESM, split so that each command loads only what it needs; then the licences. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { licenceText, packagesOf } from './licences.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
const bundle = await rolldown({
  input: { entry: join(root, 'src/cli/entry.ts') },
  platform: 'node',
  logLevel: 'warn',
  // `import type` leaves nothing behind; what remains is what runs.
  treeshake: true,
});
const { output } = await bundle.write({
  dir: dist,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: false } },
});
await bundle.close();

const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
const packages = packagesOf(modules);
writeFileSync(join(root, 'dist', 'THIRD_PARTY_LICENSES'), licenceText(packages));
const bytes = output.reduce((sum, chunk) => sum + (chunk.type === 'chunk' ? chunk.code.length : 0), 0);
console.log(
  `dist: ${output.length} files, ${Math.round(bytes / 1024)} KiB, ${packages.length} packages bundled`,
);
