/** One file: told apart by content, then read by what it is. */
import type { BundlePart } from '../../core/model/bundle.ts';
import { parseCgroupText } from '../../core/parse/cgroup-text.ts';
import { KIB } from '../../core/units.ts';
import { readTar, readZip } from './archives.ts';
import { tailOfBytes } from './container-log.ts';
import { FileReport, type Gathering } from './gather.ts';
import type { InputFile } from './input-file.ts';
import { containerLogPlace, isPassedOver, type ContainerLogPlace } from './paths.ts';
import { readJson, readYaml } from './read-documents.ts';
import { HISTORY_UNDERSTOOD, isHistory, readHistory } from './read-history.ts';
import { sniff, type Foreign, type Packing, type TextKind } from './sniff.ts';
import {
  counted,
  decompress,
  peek,
  readEndOf,
  readUpTo,
  settled,
  toUtf8,
  type ByteStream,
} from './streams.ts';

const HEAD_BYTES = 64 * KIB;
/** gzip within gzip and the like. */
const MAX_WRAPPINGS = 4;
/** Of one folder: a cgroup has about 40 files that begin with `memory.`. */
const MAX_COUNTER_FILES = 64;

export const UNDERSTOOD =
  'give one of these: kubectl get -o json|yaml, kubectl describe, kubectl cluster-info dump, must-gather and support-bundle ' +
  'folders and archives, kernel and node logs, cgroup memory files, docker or crictl inspect, exit137 bundles';

/** How deep this file lies in archives and compression. */
export interface Wrapping {
  readonly archives: number;
  readonly layers: number;
}

/** Reads one file into the run. Whatever is wrong with the file becomes its gap. */
export async function readFile(input: InputFile, run: Gathering, wrapping: Wrapping): Promise<void> {
  if (!input.named && isPassedOver(input.path)) return;
  const report = new FileReport(run, input);
  const place = containerLogPlace(input.path);
  if (place !== undefined && run.request.logLines <= 0) return;
  if (place !== undefined && input.readEnd !== undefined && !input.path.endsWith('.gz')) {
    readLogEnd(input, place, { run, report });
  } else {
    await readStream({ input, stream: counted(input.open(), run), place }, { run, report, wrapping });
  }
  run.close(report);
}

interface Reading {
  readonly run: Gathering;
  readonly report: FileReport;
  readonly wrapping: Wrapping;
}

interface Opened {
  readonly input: InputFile;
  readonly stream: ByteStream;
  readonly place: ContainerLogPlace | undefined;
}

async function readStream(opened: Opened, reading: Reading): Promise<void> {
  const { report, run } = reading;
  const peeked = await peek(settled(opened.stream, report), HEAD_BYTES);
  try {
    const found = sniff(peeked.head);
    const { input } = opened;
    switch (found.kind) {
      case 'empty':
        if (input.named && !report.faulty) report.fault({ message: 'the file is empty' });
        return;
      case 'packed':
        await unpack({ ...opened, stream: peeked.stream }, found.packing, reading);
        return;
      case 'foreign':
        foreign(input, found.foreign, report);
        return;
      case 'text': {
        const stream = toUtf8(peeked.stream, peeked.head);
        if (opened.place !== undefined) await readLogStream(stream, opened.place, { run, report });
        else await readText({ input, stream, text: found.text }, reading);
        return;
      }
      default:
        found satisfies never;
    }
  } finally {
    await peeked.close();
  }
}

function foreign(input: InputFile, what: Foreign, report: FileReport): void {
  // Pictures and core dumps lie in every dump; only what could be unpacked or printed is worth a word there.
  if (!input.named && what.fix === undefined) return;
  const fix = what.fix ?? (input.named ? UNDERSTOOD : undefined);
  report.fault({ message: `it is ${what.name}, which is not read`, ...(fix === undefined ? {} : { fix }) });
}

async function unpack(opened: Opened, packing: Packing, reading: Reading): Promise<void> {
  const { run, report, wrapping } = reading;
  if (wrapping.layers >= MAX_WRAPPINGS) {
    report.fault({ message: 'packed too many times; not read' });
    return;
  }
  const deeper = { ...wrapping, layers: wrapping.layers + 1 };
  if (packing === 'gzip' || packing === 'zstd') {
    const input = { ...opened.input, path: opened.input.path.replace(/\.(?:gz|zst)$/, '') };
    const stream = counted(decompress(opened.stream, packing, run), run);
    await readStream({ ...opened, input, stream }, { run, report, wrapping: deeper });
    return;
  }
  if (wrapping.archives >= run.limits.maxArchiveDepth) {
    report.fault({ message: 'an archive within an archive within an archive; not read' });
    return;
  }
  const inside = { archives: wrapping.archives + 1, layers: deeper.layers };
  const before = run.understood;
  const archive = {
    input: opened.input,
    stream: opened.stream,
    read: (entry: InputFile) => readFile(entry, run, inside),
  };
  await (packing === 'tar' ? readTar(archive, run, report) : readZip(archive, run, report));
  report.understood = run.understood > before;
  if (opened.input.named && !report.understood && !report.faulty) {
    report.fault({ message: 'nothing in the archive was recognised', fix: UNDERSTOOD });
  }
}

function readLogEnd(
  input: InputFile,
  place: ContainerLogPlace,
  into: { readonly run: Gathering; readonly report: FileReport },
): void {
  const { run, report } = into;
  try {
    const end = input.readEnd?.(run.limits.maxTailBytes);
    if (end === undefined) return;
    run.countBytes(end.bytes.length);
    addTail(end, place, into);
  } catch (error) {
    report.fault({ message: `reading failed: ${(error as Error).message}` });
  }
}

async function readLogStream(
  stream: AsyncIterable<Buffer>,
  place: ContainerLogPlace,
  into: { readonly run: Gathering; readonly report: FileReport },
): Promise<void> {
  addTail(await readEndOf(stream, into.run.limits.maxTailBytes), place, into);
}

function addTail(
  end: { readonly bytes: Buffer; readonly whole: boolean },
  place: ContainerLogPlace,
  into: { readonly run: Gathering; readonly report: FileReport },
): void {
  const tail = tailOfBytes(end, place, { run: into.run, source: into.report.label });
  if (tail !== undefined) into.report.add({ logTails: [tail] });
}

interface TextInput {
  readonly input: InputFile;
  readonly stream: AsyncIterable<Buffer>;
  readonly text: TextKind;
}

async function readText(opened: TextInput, reading: Reading): Promise<void> {
  const { run, report } = reading;
  const { input, stream } = opened;
  const text = isCounterName(input.path) && opened.text === 'unknown' ? 'cgroup' : opened.text;
  // Evidence says nothing of the past, but for the figures of a moment.
  if (run.histories !== undefined && !isHistory(text) && !(text === 'json' && input.named)) {
    if (input.named) report.fault({ message: 'it holds no memory over time', fix: HISTORY_UNDERSTOOD });
    return;
  }
  let unwanted: ReadonlySet<string> = new Set();
  switch (text) {
    case 'json':
      unwanted = (await readJson({ stream, path: input.path }, run, report)).unwanted;
      break;
    case 'yaml':
      unwanted = (await readYaml({ stream, path: input.path }, run, report)).unwanted;
      break;
    case 'describe':
      addIfAny(run.parsers.parseDescribe(await wholeText(stream, reading), report.context), reading);
      break;
    case 'cgroup':
      await readCounters(opened, reading);
      break;
    case 'log':
      await readLog(opened, reading);
      break;
    case 'prometheus':
    case 'table':
    case 'docker-stats':
      if (run.histories === undefined) report.understood = true;
      else await readHistory({ kind: text, stream }, run, report);
      break;
    case 'unknown':
      // A log may begin with anything; outside a dump, where most files are something else, it is worth the reading.
      if (input.named) await readLog(opened, reading);
      break;
    default:
      text satisfies never;
  }
  if (input.named && !report.understood && !report.faulty) notRecognised(report, unwanted);
}

function notRecognised(report: FileReport, unwanted: ReadonlySet<string>): void {
  const kinds = [...unwanted].join(', ');
  const message =
    kinds === '' ? 'not recognised' : `it holds only objects that say nothing of a death (${kinds})`;
  report.fault({ message, fix: UNDERSTOOD });
}

async function wholeText(stream: AsyncIterable<Buffer>, reading: Reading): Promise<string> {
  const { bytes, whole } = await readUpTo(stream, reading.run.limits.maxTextBytes);
  if (!whole)
    reading.report.fault({ message: 'too long; the rest is not read', place: `byte ${bytes.length}` });
  return bytes.toString('utf8');
}

/** A single counter file says only by its name which counter it is, and by its folder whose. */
function isCounterName(path: string): boolean {
  return /\/memory\.[a-z_.]{3,32}$/.test(`/${path}`);
}

async function readCounters(opened: TextInput, reading: Reading): Promise<void> {
  const { run, report } = reading;
  const { path } = opened.input;
  const text = await wholeText(opened.stream, reading);
  if (!isCounterName(path) || text.includes('==>')) {
    const id = `cgroup:${report.label}`;
    addIfAny({ cgroups: parseCgroupText(text, { id, source: report.label }) }, reading);
    return;
  }
  const folder = report.label.slice(0, Math.max(0, report.label.lastIndexOf('/')));
  const known = run.counterFiles.get(folder) ?? [];
  if (known.length >= MAX_COUNTER_FILES) return;
  known.push(`==> ${path} <==\n${text.slice(0, 64 * KIB)}`);
  run.counterFiles.set(folder, known);
  report.understood = true;
}

/** Makes readings of the counter files that were met one by one. */
export function flushCounters(run: Gathering): void {
  for (const [folder, texts] of run.counterFiles) {
    const source = folder === '' ? 'cgroup files' : folder;
    const cgroups = parseCgroupText(texts.join('\n'), { id: `cgroup:${source}`, source });
    if (cgroups.length > 0) run.parts.push({ cgroups });
  }
  run.counterFiles.clear();
}

async function readLog(opened: TextInput, reading: Reading): Promise<void> {
  const { run, report } = reading;
  const part = await run.parsers.readTextLog(opened.stream, { ...report.context, nowMs: run.nowMs });
  addIfAny(part, reading);
}

/** A part without a single record is not an understanding. */
function addIfAny(part: BundlePart, reading: Reading): void {
  const { gaps, ...records } = part;
  const some = Object.values(records).some((value) => !Array.isArray(value) || value.length > 0);
  if (some) reading.report.add(part);
  else for (const gap of gaps ?? []) reading.report.fault({ message: gap.what });
}
