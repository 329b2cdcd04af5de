/** The files below a path that the user named. */
import {
  constants,
  closeSync,
  createReadStream,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
  type Dirent,
} from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { EvidenceGap } from '../../core/model/bundle.ts';
import { cleanText } from '../../core/model/clean-text.ts';
import { KIB, type Bytes } from '../../core/units.ts';
import type { Gathering } from './gather.ts';
import type { InputFile } from './input-file.ts';

const CHUNK_BYTES: Bytes = 64 * KIB;

/** The named file itself, or the regular files of the named folder in the order of their names. */
export function* walk(path: string, run: Gathering): Generator<InputFile> {
  const stat = statSync(path);
  if (stat.isDirectory()) {
    yield* walkFolder({ folder: path, depth: 0 }, { root: realpathSync(path), run });
    return;
  }
  // A pipe is what `-f <(command)` names; a device has no end.
  if (!stat.isFile() && !stat.isFIFO()) throw new Error('neither a file nor a folder');
  yield stat.isFIFO() ? pipeFile(path) : diskFile({ path, label: path, named: true });
}

function* walkFolder(
  at: { readonly folder: string; readonly depth: number },
  within: { readonly root: string; readonly run: Gathering },
): Generator<InputFile> {
  const { folder, depth } = at;
  const { root, run } = within;
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    run.addGap(gapOf(folder, `the folder cannot be read: ${(error as Error).message}`));
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (depth < run.limits.maxDepth) yield* walkFolder({ folder: path, depth: depth + 1 }, within);
      else run.addGap(gapOf(path, `folders deeper than ${run.limits.maxDepth} levels are not read`));
    } else if (entry.isSymbolicLink()) {
      if (leadsOutside(path, root))
        run.addGap(gapOf(path, 'a symbolic link out of the folder; not followed'));
      // What lies inside is met under its own name.
    } else if (entry.isFile()) {
      if (!run.countFile()) {
        run.addGap(gapOf(folder, 'too many files or bytes; the rest of the folder is not read'));
        return;
      }
      yield diskFile({ path, label: path, named: false });
    }
  }
}

function leadsOutside(path: string, root: string): boolean {
  try {
    const target = realpathSync(path);
    return target !== root && !target.startsWith(root + sep) && lstatSync(target).isFile();
  } catch {
    return false;
  }
}

function gapOf(path: string, message: string): EvidenceGap {
  const file = cleanText(path, 300);
  return {
    id: `gap:file:${file}`,
    kind: 'input',
    what: cleanText(`${file}: ${message}`, 600),
    cost: 'what lies there was not used',
    file,
  };
}

function diskFile(options: {
  readonly path: string;
  readonly label: string;
  readonly named: boolean;
}): InputFile {
  const full = resolve(options.path);
  return {
    label: options.label,
    path: full.split(sep).join('/'),
    named: options.named,
    open: () => readDisk(full, options.named),
    readEnd: (maxBytes) => readDiskEnd(full, { maxBytes, follow: options.named }),
    diskPath: full,
  };
}

function pipeFile(path: string): InputFile {
  return { label: path, path, named: true, open: () => createReadStream(path) };
}

/** Inside a folder, a link or a pipe put in the file's place since it was listed is refused. */
function openDisk(path: string, follow: boolean): { fd: number; sizeBytes: Bytes } {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW);
  const fd = openSync(path, flags);
  const stat = fstatSync(fd);
  if (stat.isFile()) return { fd, sizeBytes: stat.size };
  closeSync(fd);
  throw new Error('not a regular file');
}

/** Reading on the spot: a dump has tens of thousands of small files, and waiting for each costs more than reading it. */
async function* readDisk(path: string, follow: boolean): AsyncGenerator<Buffer> {
  const { fd, sizeBytes } = openDisk(path, follow);
  try {
    // One byte more than the size shows the end without a second read.
    let room = Math.min(CHUNK_BYTES, Math.max(sizeBytes + 1, 4 * KIB));
    for (;;) {
      const buffer = Buffer.allocUnsafeSlow(room);
      const read = readSync(fd, buffer, 0, room, null);
      if (read === 0) return;
      yield buffer.subarray(0, read);
      if (read < room && sizeBytes > 0 && sizeBytes < CHUNK_BYTES) return;
      room = CHUNK_BYTES;
    }
  } finally {
    closeSync(fd);
  }
}

function readDiskEnd(
  path: string,
  options: { readonly maxBytes: Bytes; readonly follow: boolean },
): { bytes: Buffer; whole: boolean } {
  const { fd, sizeBytes } = openDisk(path, options.follow);
  try {
    const length = Math.min(sizeBytes, options.maxBytes);
    const buffer = Buffer.alloc(length);
    const read = readSync(fd, buffer, 0, length, sizeBytes - length);
    return { bytes: buffer.subarray(0, read), whole: length === sizeBytes };
  } finally {
    closeSync(fd);
  }
}
