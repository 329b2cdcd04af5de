/** Entries of tar and zip archives as inputs. Nothing is ever written to disk, so names cannot lead anywhere. */
import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { fromBufferPromise, getFileNameLowLevel, openPromise, type Entry, type ZipFile } from 'yauzl';
import { SourceError } from '../../app/ports.ts';
import type { FileReport, Gathering } from './gather.ts';
import type { InputFile } from './input-file.ts';
import { countPacked, guarded, readUpTo, type ByteStream, type Ratio } from './streams.ts';

export interface Archive {
  readonly input: InputFile;
  readonly stream: AsyncIterable<Buffer> | ByteStream;
  read(entry: InputFile): Promise<void>;
}

export async function readTar(archive: Archive, run: Gathering, report: FileReport): Promise<void> {
  const entries = extract();
  const source = Readable.from(archive.stream);
  source.on('error', (error) => entries.destroy(error));
  source.pipe(entries);
  try {
    for await (const entry of entries) {
      const { header } = entry;
      const isFile = header.type === 'file' || header.type === 'contiguous-file';
      if (isFile && !isHidden(header.name)) {
        if (!run.countFile()) throw new Error(`more than ${run.limits.maxFiles} files`);
        await archive.read(entryInput(archive.input, header.name, () => undestroyed(entry)));
      }
      entry.resume();
    }
  } catch (error) {
    if (error instanceof SourceError) throw error;
    // A break of the data below is already this report's.
    if (!report.cutShort)
      report.fault({ message: `the archive cannot be read further: ${(error as Error).message}` });
  } finally {
    source.destroy();
  }
}

/** Ending an entry early must not end the archive; what was left unread is passed over. */
async function* undestroyed(entry: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  const iterator = entry[Symbol.asyncIterator]();
  let next = await iterator.next();
  try {
    while (next.done !== true) {
      yield next.value as Uint8Array;
      next = await iterator.next();
    }
  } finally {
    while (next.done !== true)
      next = await iterator.next().catch(() => ({ done: true as const, value: undefined }));
  }
}

export async function readZip(archive: Archive, run: Gathering, report: FileReport): Promise<void> {
  let zip: ZipFile;
  let packedBytes: number;
  try {
    // Names are decoded below: the library would refuse the whole archive for one strange name.
    const options = { decodeStrings: false, validateEntrySizes: true };
    if (archive.input.diskPath !== undefined) zip = await openPromise(archive.input.diskPath, options);
    else {
      const held = await readUpTo(archive.stream, run.limits.maxHeldArchiveBytes);
      if (!held.whole) {
        report.fault({
          message: 'a zip file within another file or on standard input, too large to hold; not read',
        });
        return;
      }
      zip = await fromBufferPromise(held.bytes, options);
    }
    packedBytes = zip.fileSize;
  } catch (error) {
    if (error instanceof SourceError) throw error;
    report.fault({ message: `the zip archive cannot be read: ${(error as Error).message}` });
    return;
  }
  const ratio: Ratio = { packedBytes, unpackedBytes: 0 };
  let encrypted = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      const name = entryName(entry);
      if (name.endsWith('/') || isHidden(name)) continue;
      if (!run.countFile()) throw new Error(`more than ${run.limits.maxFiles} files`);
      if (entry.isEncrypted()) {
        encrypted++;
        continue;
      }
      if (!entry.canDecodeFileData()) {
        report.fault({ message: 'compressed in a way that is not read', place: name });
        continue;
      }
      await archive.read(entryInput(archive.input, name, () => guarded(zipEntry(zip, entry), ratio, run)));
      if (
        ratio.unpackedBytes > run.limits.ratioFreeBytes &&
        ratio.unpackedBytes > run.limits.maxRatio * packedBytes
      ) {
        throw new Error('it unpacks to far more than its size');
      }
    }
  } catch (error) {
    if (error instanceof SourceError) throw error;
    report.fault({ message: `the zip archive cannot be read further: ${(error as Error).message}` });
  } finally {
    zip.close();
  }
  if (encrypted > 0) {
    report.fault({
      message: `${encrypted} encrypted entries were passed over`,
      fix: 'unpack it first, with its password',
    });
  }
}

async function* zipEntry(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  const stream = await zip.openReadStreamPromise(entry);
  yield* countPacked(stream, { packedBytes: 0, unpackedBytes: 0 });
}

function entryName(entry: Entry): string {
  const raw = (entry as { fileNameRaw?: Buffer }).fileNameRaw ?? Buffer.from(entry.fileName);
  return getFileNameLowLevel(entry.generalPurposeBitFlag, raw, entry.extraFields, false);
}

function entryInput(archive: InputFile, name: string, open: () => ByteStream): InputFile {
  const tidy = name
    .replaceAll('\\', '/')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.' && segment !== '..');
  const path = tidy.join('/');
  return { label: `${archive.label}!${path}`, path, named: false, open };
}

function isHidden(name: string): boolean {
  return name.split('/').some((segment) => segment.startsWith('.') && segment !== '.' && segment !== '..');
}
