import type { Bytes } from '../../core/units.ts';
import type { ByteStream } from './streams.ts';

/** Something to read: a file on disk, an entry of an archive, or standard input. */
export interface InputFile {
  /** As shown to people: the path as given, `archive!entry` for entries. */
  readonly label: string;
  /** With slashes, for what a path says about its content. */
  readonly path: string;
  /** The user named this very file, so it is worth saying that it was of no use. */
  readonly named: boolean;
  /** May be called once. */
  open(): ByteStream;
  /** Reads the end without the rest. Files on disk only. */
  readEnd?(maxBytes: Bytes): { readonly bytes: Buffer; readonly whole: boolean };
  /** Where it lies on disk, for formats that need random access. */
  readonly diskPath?: string;
}
