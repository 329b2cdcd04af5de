/** What has been read so far, what could not be, and how much more may be read. */
import { SourceError, type CollectRequest } from '../../app/ports.ts';
import type { BundlePart, EvidenceGap, SourceReport } from '../../core/model/bundle.ts';
import type { ContainerHistory } from '../../core/model/series.ts';
import { cleanText } from '../../core/model/clean-text.ts';
import type { ParseContext } from '../../core/parse/fields.ts';
import type { Bytes, EpochMs } from '../../core/units.ts';
import { MIB } from '../../core/units.ts';
import type { FileLimits } from './limits.ts';
import { nodeNameOf } from './paths.ts';
import type { Parsers } from './parsers.ts';
import { holdYoungGeneration } from '../young-generation.ts';

export interface Fault {
  readonly message: string;
  /** `line 12`, `byte 4096`, an entry's name. */
  readonly place?: string;
  readonly fix?: string;
  readonly command?: string;
}

const MAX_LABEL = 300;
const PROGRESS_STEP: Bytes = 4 * MIB;
const FAULTS_NAMED = 3;

/** The account of one file; becomes at most one gap. */
export class FileReport {
  readonly label: string;
  readonly context: ParseContext;
  readonly #run: Gathering;
  #faults: Fault[] = [];
  #faultCount = 0;
  /** The file ended early for a reason already stated: what follows from that is no news. */
  cutShort = false;
  understood = false;

  constructor(run: Gathering, file: { readonly label: string; readonly path: string }) {
    this.#run = run;
    this.label = cleanText(file.label, MAX_LABEL);
    const nodeName = nodeNameOf(file.path);
    this.context = { source: this.label, ...(nodeName === undefined ? {} : { nodeName }) };
  }

  add(part: BundlePart): void {
    this.understood = true;
    this.#run.parts.push(part);
  }

  fault(fault: Fault): void {
    this.#faultCount++;
    if (this.#faults.length < FAULTS_NAMED) this.#faults.push(fault);
  }

  get faulty(): boolean {
    return this.#faultCount > 0;
  }

  /** The gap that the faults amount to. */
  toGap(): EvidenceGap | undefined {
    const [first] = this.#faults;
    if (first === undefined) return undefined;
    const more = this.#faultCount - 1;
    const others = this.#faults
      .slice(1)
      .map((fault) => place(fault))
      .filter((text) => text !== '');
    const rest = more === 0 ? '' : ` (and ${more} more${others.length > 0 ? `: ${others.join(', ')}` : ''})`;
    const at = place(first) === '' ? '' : `, ${place(first)}`;
    return {
      id: `gap:file:${this.label}`,
      kind: 'input',
      what: cleanText(`${this.label}${at}: ${first.message}${rest}`, 600),
      cost: this.understood
        ? 'the rest of the file was used; what this part would have said is missing'
        : 'nothing of this file was used',
      file: this.label,
      ...(first.place === undefined ? {} : { place: cleanText(first.place, 200) }),
      ...(first.fix === undefined ? {} : { fix: first.fix }),
      ...(first.command === undefined ? {} : { command: first.command }),
    };
  }
}

function place(fault: Fault): string {
  return fault.place ?? '';
}

/** One collection over all the inputs. */
export class Gathering {
  readonly parsers: Parsers;
  readonly limits: FileLimits;
  readonly request: CollectRequest;
  readonly nowMs: EpochMs;
  readonly parts: BundlePart[] = [];
  readonly gaps: EvidenceGap[] = [];
  readonly sources: SourceReport[] = [];
  #gapsNotNamed = 0;
  #bytes = 0;
  #reportedBytes = 0;
  #files = 0;
  #understood = 0;
  tailBytes = 0;
  /** Objects read from YAML so far, by UID and version: dumps hold a pod in its list and again in a file of its own. */
  readonly versionsRead = new Set<string>();
  /** Counter files that lie one by one: a reading is made of all that lie in one folder. */
  readonly counterFiles = new Map<string, string[]>();
  /** Memory over time. Absent where evidence is wanted: then such files are known and passed over. */
  readonly histories: ContainerHistory[] | undefined;

  constructor(options: {
    readonly parsers: Parsers;
    readonly limits: FileLimits;
    readonly request: CollectRequest;
    readonly nowMs: EpochMs;
    readonly wantsHistory?: boolean;
  }) {
    this.parsers = options.parsers;
    this.limits = options.limits;
    this.request = options.request;
    this.nowMs = options.nowMs;
    this.histories = options.wantsHistory === true ? [] : undefined;
  }

  get files(): number {
    return this.#files;
  }

  get bytes(): Bytes {
    return this.#bytes;
  }

  /** Files of which something was understood. */
  get understood(): number {
    return this.#understood;
  }

  throwIfAborted(): void {
    if (this.request.signal.aborted) throw new SourceError('aborted', 'the reading was stopped');
  }

  /** False = no more files may be opened. */
  countFile(): boolean {
    this.throwIfAborted();
    this.#files++;
    return this.#files <= this.limits.maxFiles && !this.exhausted;
  }

  get exhausted(): boolean {
    return this.#bytes > this.limits.maxTotalBytes;
  }

  countBytes(bytes: Bytes): void {
    this.#bytes += bytes;
    if (this.#bytes - this.#reportedBytes < PROGRESS_STEP) return;
    this.throwIfAborted();
    this.#reportedBytes = this.#bytes;
    holdYoungGeneration();
    this.request.onProgress?.({ what: 'reading files', done: this.#bytes, unit: 'bytes' });
  }

  close(report: FileReport): void {
    if (report.understood) this.#understood++;
    const gap = report.toGap();
    if (gap !== undefined) this.addGap(gap);
  }

  addGap(gap: EvidenceGap): void {
    if (this.gaps.length < this.limits.maxGaps) this.gaps.push(gap);
    else this.#gapsNotNamed++;
  }

  /** The gaps, with the unnamed ones counted. */
  allGaps(): readonly EvidenceGap[] {
    if (this.#gapsNotNamed === 0) return this.gaps;
    const summary: EvidenceGap = {
      id: 'gap:files:more',
      kind: 'input',
      what: `${this.#gapsNotNamed} more files could not be read in full`,
      cost: 'what they would have said is missing',
    };
    return [...this.gaps, summary];
  }
}
