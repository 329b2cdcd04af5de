/** Public door: offline evidence. */
import type { EvidenceSource } from '../../app/ports.ts';
import { mergeParts } from '../../core/model/merge.ts';
import { readBundle } from '../../core/model/upgrade.ts';
import { parseDescribe } from '../../core/parse/describe.ts';
import { parseObject } from '../../core/parse/object.ts';
import { readTextLog } from '../kernel-log/index.ts';
import type { HistorySource } from '../../app/history-ports.ts';
import { createFilesHistoryWith } from './history-source.ts';
import type { Parsers } from './parsers.ts';
import { createFilesSourceWith, type FilesSourceOptions } from './source.ts';

export type { FilesSourceOptions } from './source.ts';

/**
 * Evidence from files, folders, archives and standard input, told apart by content. What cannot be read becomes a gap
 * with file and place; `SourceError` `unreadable` only where nothing at all was understood, `aborted` by the signal.
 */
export function createFilesSource(options: FilesSourceOptions): EvidenceSource {
  return createFilesSourceWith(PARSERS, options);
}

/**
 * Memory over time from the same: saved Prometheus answers, tables, repeated `docker stats`, kubelet Summary pages. A
 * file whose samples all lie before the window is read as if the window ended with its last sample.
 */
export function createFilesHistorySource(options: FilesSourceOptions): HistorySource {
  return createFilesHistoryWith(PARSERS, options);
}

const PARSERS: Parsers = { parseObject, parseDescribe, readBundle, mergeParts, readTextLog };
