import { mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundleFile, bundleFolder, bundleLines, bundleSink, safeFileName } from './bundle-files.ts';

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'exit137-store-'));
}

describe('safeFileName', () => {
  it.each([
    {
      name: 'ordinary',
      given: '2026-01-01T000000Z_shop_checkout-1_app',
      want: '2026-01-01T000000Z_shop_checkout-1_app',
    },
    { name: 'leaves its folder', given: '../../etc/passwd', want: 'etc-passwd' },
    { name: 'absolute', given: '/etc/passwd', want: 'etc-passwd' },
    { name: 'backslashes', given: '..\\..\\x', want: 'x' },
    { name: 'hidden', given: '.bashrc', want: 'bashrc' },
    { name: 'control characters', given: 'a\u0000b\u001b[31mc\n', want: 'a-b-31mc-' },
    { name: 'nothing left', given: '/../', want: 'bundle' },
    { name: 'an option', given: '-rf', want: 'rf' },
    { name: 'endless', given: 'x'.repeat(500), want: 'x'.repeat(180) },
  ])('$name', ({ given, want }) => {
    expect(safeFileName(given)).toBe(want);
  });
});

describe('bundle files', () => {
  it('writes one file, refuses the second time, overwrites when told, leaves nothing else behind', async () => {
    const dir = folder();
    const path = join(dir, 'death.json');
    expect(await bundleFile(path, { force: false }).write('ignored', '{"a":1}\n')).toEqual({
      path,
      bytes: 8,
    });
    const again = bundleFile(path, { force: false }).write('ignored', 'x');
    await expect(again).rejects.toMatchObject({
      code: 'unreadable',
      message: `cannot write ${path}: it is there already (--force overwrites)`,
    });
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n');
    await bundleFile(path, { force: true }).write('ignored', '{"b":2}\n');
    expect(readFileSync(path, 'utf8')).toBe('{"b":2}\n');
    expect(readdirSync(dir)).toEqual(['death.json']);
  });

  it('does not write through a link that somebody put there', async () => {
    const dir = folder();
    const outside = join(folder(), 'outside');
    writeFileSync(outside, 'mine');
    symlinkSync(outside, join(dir, 'x.json'));
    await expect(bundleFile(join(dir, 'x.json'), { force: false }).write('', 'new')).rejects.toMatchObject({
      code: 'unreadable',
    });
    await bundleFile(join(dir, 'x.json'), { force: true }).write('', 'new');
    expect(readFileSync(outside, 'utf8')).toBe('mine');
  });

  it('keeps every bundle in its folder, whatever the names are', async () => {
    const dir = join(folder(), 'deaths');
    const sink = bundleFolder(dir, { force: false });
    await sink.write('../../evil', '1');
    await sink.write('same', '2');
    await sink.write('same', '3');
    expect(readdirSync(dir).toSorted()).toEqual(['evil.json', 'same-2.json', 'same.json']);
  });

  it('adds lines', async () => {
    const path = join(folder(), 'deaths.jsonl');
    const sink = bundleLines(path);
    await sink.write('a', '{"n":1}\n');
    await sink.write('b', '{"n":2}\n');
    expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n{"n":2}\n');
  });

  it('says which folder is missing', async () => {
    const path = join(folder(), 'no/such/death.json');
    await expect(bundleFile(path, { force: false }).write('', 'x')).rejects.toThrow(
      `cannot write ${path}: there is no such folder`,
    );
  });

  it.each([
    { out: 'x.json', watch: false, files: ['x.json'] },
    { out: 'deaths', watch: true, files: ['deaths/one.json'] },
    { out: 'x.jsonl', watch: true, files: ['x.jsonl'] },
  ])('--out $out, watching: $watch', async ({ out, watch, files }) => {
    const dir = folder();
    await bundleSink(join(dir, out), { watch, force: false }).write('one', '{}\n');
    const written = readdirSync(dir, { recursive: true, withFileTypes: true });
    expect(written.filter((f) => f.isFile()).map((f) => join(f.parentPath, f.name))).toEqual(
      files.map((f) => join(dir, f)),
    );
  });
});
