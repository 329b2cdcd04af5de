/** Bundles as files: a temporary file beside the target, then one step that makes it the target. */
import { randomBytes } from 'node:crypto';
import { appendFile, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { BundleSink } from '../app/record.ts';
import { SourceError } from '../app/ports.ts';

export interface BundleFileOptions {
  /** Overwrite what is there. */
  readonly force: boolean;
}

const NAME_LENGTH = 180;

/** Letters, digits, `.`, `_` and `-` only, no leading dot: a name can neither leave its folder nor hide. */
export function safeFileName(name: string): string {
  const safe = name
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, NAME_LENGTH);
  return safe === '' ? 'bundle' : safe;
}

/** What `--out` names: a file for one bundle; watching, a folder, or a file of lines where it ends in `.jsonl`. */
export function bundleSink(
  out: string,
  options: BundleFileOptions & { readonly watch: boolean },
): BundleSink {
  if (!options.watch) return bundleFile(out, options);
  return out.endsWith('.jsonl') ? bundleLines(out) : bundleFolder(out, options);
}

/** One bundle to the path the user gave; the suggested name is not used. */
export function bundleFile(path: string, options: BundleFileOptions): BundleSink {
  return { write: (_, text) => writeWhole(resolve(path), text, options.force) };
}

/** One `NAME.json` per bundle in a folder, which is made if need be. A name that is taken gets a number. */
export function bundleFolder(folder: string, options: BundleFileOptions): BundleSink {
  return {
    async write(name, text) {
      const root = resolve(folder);
      await attempt(root, () => mkdir(root, { recursive: true, mode: 0o700 }));
      const stem = safeFileName(name);
      for (let number = 1; ; number += 1) {
        const path = join(root, number === 1 ? `${stem}.json` : `${stem}-${number}.json`);
        try {
          return await writeWhole(path, text, options.force);
        } catch (error) {
          if (!isTaken(error) || number >= 100) throw error;
        }
      }
    },
  };
}

/** One bundle per line, added at the end of one file. */
export function bundleLines(path: string): BundleSink {
  const target = resolve(path);
  return {
    async write(_, text) {
      const line = `${text.trimEnd()}\n`;
      await attempt(target, () => appendFile(target, line, { mode: 0o600, flush: true }));
      return { path: target, bytes: Buffer.byteLength(line) };
    },
  };
}

async function writeWhole(
  path: string,
  text: string,
  force: boolean,
): Promise<{ readonly path: string; readonly bytes: number }> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await attempt(path, async () => {
      // Pod specs and log lines are nobody else's business.
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await (force ? rename(temporary, path) : linkNew(temporary, path));
    });
  } finally {
    await rm(temporary, { force: true });
  }
  return { path, bytes: Buffer.byteLength(text) };
}

const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** A link fails where the name is taken; a rename would replace what is there. */
async function linkNew(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (!NO_LINKS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    // A file system without links: the name is taken first, then what was taken is replaced.
    await (await open(path, 'wx', 0o600)).close();
    await rename(temporary, path);
  }
}

function isTaken(error: unknown): boolean {
  return (
    error instanceof SourceError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EEXIST'
  );
}

/** In words; node's own message names the temporary file, which means nothing to anybody. */
const WHY: Readonly<Record<string, string>> = {
  EEXIST: 'it is there already (--force overwrites)',
  ENOENT: 'there is no such folder',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
};

async function attempt<T>(path: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = WHY[code ?? ''] ?? message;
    throw new SourceError('unreadable', `cannot write ${path}: ${why}`, { cause });
  }
}
