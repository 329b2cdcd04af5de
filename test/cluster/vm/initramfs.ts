/** An archive the kernel unpacks as its first root: cpio "newc" (Documentation/driver-api/early-userspace/buffer-format.rst). */

export type InitramfsEntry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly data: Buffer; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'device'; readonly path: string; readonly major: number; readonly minor: number };

const MODES = { folder: 0o040755, file: 0o100000, link: 0o120777, device: 0o020600 } as const;

/** Paths are relative, folders before what lies in them. */
export function writeInitramfs(entries: readonly InitramfsEntry[]): Buffer {
  const parts = entries.flatMap((entry, index) => record(entry, index + 1));
  return Buffer.concat([
    ...parts,
    ...record({ kind: 'file', path: 'TRAILER!!!', data: Buffer.alloc(0), mode: 0 }, 0),
  ]);
}

function record(entry: InitramfsEntry, inode: number): readonly Buffer[] {
  const data = entry.kind === 'file' ? entry.data : Buffer.from(entry.kind === 'link' ? entry.target : '');
  const name = Buffer.from(`${entry.path}\0`);
  const [major, minor] = entry.kind === 'device' ? [entry.major, entry.minor] : [0, 0];
  const mode = MODES[entry.kind] | (entry.kind === 'file' ? entry.mode : 0);
  // Inode, mode, owner, group, links, time, size, device of the file system, device, length of the name, checksum.
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return [padded(Buffer.concat([header, name])), padded(data)];
}

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
}
