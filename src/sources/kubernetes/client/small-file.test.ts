import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MIB } from '../../../core/units.ts';
import { readSmallFile } from './small-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'exit137-small-file-'));

function fileOf(text: string): string {
  const path = join(folder, `${text.length}.txt`);
  writeFileSync(path, text);
  return path;
}

describe('readSmallFile', () => {
  it.each([
    ['nothing', ''],
    ['a token', 'tökén\n'],
    ['as much as is taken', 'a'.repeat(MIB)],
  ])('gives %s as it stands', async (_name, text) => {
    expect(await readSmallFile(fileOf(text))).toBe(text);
  });

  it.each([
    ['a byte more', fileOf('a'.repeat(MIB + 1)), /larger than 1 MiB/],
    ['a device without an end', '/dev/zero', /larger than 1 MiB/],
    ['a folder', folder, /EISDIR/],
    ['what is not there', join(folder, 'none'), /ENOENT/],
  ])('refuses %s', async (_name, path, message) => {
    await expect(readSmallFile(path)).rejects.toThrow(message);
  });
});
