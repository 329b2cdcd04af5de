import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf } from './folder.ts';
import { writeImages } from './image.ts';

// Read back with the system's own tar: our writer must not be its own judge.
const canRun = process.platform === 'linux' && existsSync('/bin/busybox') && existsSync('/bin/tar');

function read(archive: string, member: string): Buffer {
  return execFileSync('tar', ['-xOf', archive, member], { maxBuffer: 1 << 26 });
}

describe.skipIf(!canRun)('image archives', () => {
  const root = mkdtempSync(join(tmpdir(), 'exit137-image-'));
  const program = join(root, 'program');
  let paths: readonly string[] = [];
  beforeAll(() => {
    writeFileSync(program, 'x'.repeat(700));
    const programs = {
      pause: program,
      victim: program,
      kubernetes: program,
      metricsServer: program,
      kernelLog: program,
    };
    const folder = { images: join(root, 'images') } as Parameters<typeof writeImages>[0];
    paths = writeImages(folder, programs);
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it('name every blob by its SHA-256', () => {
    for (const path of paths) {
      const members = String(execFileSync('tar', ['-tf', path]))
        .trim()
        .split('\n');
      const blobs = members.filter((member) => member.startsWith('blobs/sha256/'));
      // Configuration, layer and manifest.
      expect(blobs).toHaveLength(3);
      for (const blob of blobs) {
        expect(createHash('sha256').update(read(path, blob)).digest('hex')).toBe(blob.split('/')[2]);
      }
    }
  });

  it('hold the programs with their modes in the layer', () => {
    const [, victim = ''] = paths;
    const index = JSON.parse(String(read(victim, 'index.json')));
    expect(index.manifests[0].annotations).toEqual({ 'io.containerd.image.name': 'exit137.test/victim:1' });
    const manifest = JSON.parse(
      String(read(victim, index.manifests[0].digest.replace('sha256:', 'blobs/sha256/'))),
    );
    const layer = read(victim, manifest.layers[0].digest.replace('sha256:', 'blobs/sha256/'));
    const listing = String(execFileSync('tar', ['-tvf', '-'], { input: layer }));
    expect(listing).toMatch(/^-rwxr-xr-x .* 700 .* bin\/victim$/mu);
    expect(listing).toMatch(/^-rw-r--r-- .* bin\/not-executable$/mu);
    expect(listing).toMatch(/^lrwxrwxrwx .* bin\/sh -> busybox$/mu);
    expect(listing).toMatch(/^drwxrwxrwt .* tmp$/mu);
  });
});

describe('addresses', () => {
  it('stay within the range for tests, one subnet each', () => {
    for (const name of ['a', 'b', 'exit137']) {
      const address = addressOf(name);
      const third = address.host.split('.')[2];
      expect(address.node).toBe(`198.18.${third}.2`);
      expect(address.podSubnet).toBe(`198.19.${third}.0/25`);
      // Linux refuses longer interface names.
      expect(address.hostInterface.length).toBeLessThanOrEqual(15);
    }
  });
});
