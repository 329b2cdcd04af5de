/** Container images without a registry: one layer, as an OCI layout in a tar file. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Folder } from './folder.ts';
import type { Programs } from './programs.ts';

export const PAUSE_IMAGE = 'exit137.test/pause:1';
export const VICTIM_IMAGE = 'exit137.test/victim:1';

type Entry =
  | { readonly kind: 'file'; readonly path: string; readonly data: Buffer; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number };

const BLOCK = 512;
const TYPES = { file: '0', link: '2', folder: '5' } as const;

/** A header as POSIX ustar has it: fixed fields, octal numbers, and the sum of all its bytes. */
function header(entry: Entry): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  };
  if (Buffer.byteLength(entry.path) > 100) throw new Error(`path too long for a tar header: ${entry.path}`);
  block.write(entry.path, 0, 'utf8');
  octal(entry.kind === 'link' ? 0o777 : entry.mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(entry.kind === 'file' ? entry.data.length : 0, 124, 12);
  octal(0, 136, 12);
  block.write('        ', 148, 'latin1');
  block.write(TYPES[entry.kind], 156, 'latin1');
  if (entry.kind === 'link') block.write(entry.target, 157, 'utf8');
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function tar(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    parts.push(header(entry));
    if (entry.kind !== 'file') continue;
    parts.push(entry.data, Buffer.alloc((BLOCK - (entry.data.length % BLOCK)) % BLOCK));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

interface Image {
  readonly reference: string;
  readonly layer: readonly Entry[];
  readonly entrypoint: readonly string[];
}

function digest(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function archive(image: Image): Buffer {
  const blobs: Entry[] = [];
  const blob = (data: Buffer, mediaType: string): { mediaType: string; digest: string; size: number } => {
    blobs.push({ kind: 'file', path: `blobs/sha256/${digest(data)}`, data, mode: 0o644 });
    return { mediaType, digest: `sha256:${digest(data)}`, size: data.length };
  };
  const type = 'application/vnd.oci.image';
  const layer = tar(image.layer);
  const manifest = {
    schemaVersion: 2,
    mediaType: `${type}.manifest.v1+json`,
    config: blob(
      json({
        architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
        os: 'linux',
        config: { Entrypoint: image.entrypoint, Env: ['PATH=/bin'] },
        rootfs: { type: 'layers', diff_ids: [`sha256:${digest(layer)}`] },
      }),
      `${type}.config.v1+json`,
    ),
    layers: [blob(layer, `${type}.layer.v1.tar`)],
  };
  const index = {
    schemaVersion: 2,
    manifests: [
      {
        ...blob(json(manifest), `${type}.manifest.v1+json`),
        annotations: { 'io.containerd.image.name': image.reference },
      },
    ],
  };
  return tar([
    { kind: 'file', path: 'oci-layout', data: json({ imageLayoutVersion: '1.0.0' }), mode: 0o644 },
    { kind: 'file', path: 'index.json', data: json(index), mode: 0o644 },
    ...blobs,
  ]);
}

/** What probes, hooks and hand use need; Debian's static busybox has all of them. */
const COMMANDS: readonly string[] = (
  'ash cat dd df echo env false free grep head id kill ls mkdir nc ps rm sh sleep sort stat sync tail test touch ' +
  'tr true wget yes'
).split(' ');

function program(path: string, from: string): Entry {
  return { kind: 'file', path, data: readFileSync(from), mode: 0o755 };
}

/** Writes the archives and returns their paths. */
export function writeImages(folder: Folder, programs: Programs): readonly string[] {
  mkdirSync(folder.images, { recursive: true });
  const victim: Entry[] = [
    { kind: 'folder', path: 'bin', mode: 0o755 },
    { kind: 'folder', path: 'tmp', mode: 0o1777 },
    { kind: 'folder', path: 'etc', mode: 0o755 },
    program('bin/busybox', '/bin/busybox'),
    ...COMMANDS.map((path): Entry => ({ kind: 'link', path: `bin/${path}`, target: 'busybox' })),
    program('bin/victim', programs.victim),
    { kind: 'file', path: 'bin/not-executable', data: Buffer.from('no program\n'), mode: 0o644 },
  ];
  const images: readonly (readonly [string, Image])[] = [
    [
      'pause.tar',
      { reference: PAUSE_IMAGE, layer: [program('pause', programs.pause)], entrypoint: ['/pause'] },
    ],
    ['victim.tar', { reference: VICTIM_IMAGE, layer: victim, entrypoint: ['/bin/victim'] }],
  ];
  return images.map(([file, image]) => {
    const path = join(folder.images, file);
    writeFileSync(path, archive(image));
    return path;
  });
}
