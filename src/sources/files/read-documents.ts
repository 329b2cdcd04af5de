/** Streams of JSON and YAML, piece by piece into a `DocumentSink`. */
import { tailOfLines } from './container-log.ts';
import { DocumentSink } from './documents.ts';
import type { FileReport, Gathering } from './gather.ts';
import { JsonSplitter } from './json-split.ts';
import { parseYaml } from './yaml-parse.ts';
import { YamlSplitter, type YamlPiece } from './yaml-split.ts';

/** `kubectl cluster-info dump` to standard output sets each container's log between such lines. */
const SECTION_START = /^==== START logs for container (\S{1,253}) of pod ([^/\s]{1,63})\/(\S{1,253}) ====$/;
const SECTION_END = '==== END logs for container ';

export interface DocumentStream {
  readonly stream: AsyncIterable<Buffer>;
  readonly path: string;
}

export async function readJson(
  input: DocumentStream,
  run: Gathering,
  report: FileReport,
): Promise<DocumentSink> {
  const sink = new DocumentSink(run, report, { path: input.path, sliced: false });
  const section = new LogSection(run, report, sink);
  const splitter = new JsonSplitter(
    {
      wants: (kind) => sink.wants(kind),
      onList: (list) => sink.sawList(list),
      onFault: (message, atByte) => {
        if (!report.cutShort) report.fault({ message, place: `byte ${atByte}` });
      },
      onText: (line, atByte) => section.line(line, atByte),
      onDocument: ({ text, listKind, atByte }) => {
        const where = `byte ${atByte}`;
        try {
          sink.take(JSON.parse(text), where, listKind);
        } catch (error) {
          report.fault({
            message: `not valid JSON: ${(error as Error).message.slice(0, 200)}`,
            place: where,
          });
        }
      },
    },
    run.limits,
  );
  for await (const chunk of input.stream) splitter.push(chunk);
  splitter.end();
  section.end();
  sink.finish();
  return sink;
}

class LogSection {
  readonly #run: Gathering;
  readonly #report: FileReport;
  readonly #sink: DocumentSink;
  #place: { namespace: string; pod: string; container: string; previous: false } | undefined;
  #lines: string[] = [];
  #whole = true;
  #strayLines = 0;
  #strayAt = 0;

  constructor(run: Gathering, report: FileReport, sink: DocumentSink) {
    this.#run = run;
    this.#report = report;
    this.#sink = sink;
  }

  line(line: string, atByte: number): 'text' | 'json' {
    if (this.#place !== undefined) {
      if (line.startsWith(SECTION_END)) {
        this.#close();
        return 'json';
      }
      this.#lines.push(line);
      if (this.#lines.length > 2 * this.#run.request.logLines + 100) {
        this.#lines = this.#lines.slice(-this.#run.request.logLines || this.#lines.length);
        this.#whole = false;
      }
      return 'text';
    }
    const start = SECTION_START.exec(line);
    if (start !== null) {
      const [, container, namespace, pod] = start as unknown as [string, string, string, string];
      this.#place = { namespace, pod, container, previous: false };
      return 'text';
    }
    if (this.#strayLines++ === 0) this.#strayAt = atByte;
    return 'json';
  }

  end(): void {
    this.#close();
    if (this.#strayLines === 0 || this.#report.cutShort) return;
    const message = `${this.#strayLines} lines between the JSON documents were not understood`;
    this.#report.fault({ message, place: `byte ${this.#strayAt}` });
  }

  #close(): void {
    if (this.#place === undefined) return;
    const log = { lines: this.#lines, whole: this.#whole };
    const tail = tailOfLines(log, this.#place, { run: this.#run, source: this.#report.label });
    this.#sink.addPart(tail === undefined ? {} : { logTails: [tail] });
    this.#place = undefined;
    this.#lines = [];
    this.#whole = true;
  }
}

export async function readYaml(
  input: DocumentStream,
  run: Gathering,
  report: FileReport,
): Promise<DocumentSink> {
  const sink = new DocumentSink(run, report, { path: input.path, sliced: true });
  const splitter = new YamlSplitter(
    {
      wants: (kind) => sink.wants(kind),
      onList: (list) => sink.sawList(list),
      onUnwanted: () => {},
      onFault: (message, line) => report.fault({ message, place: `line ${line}` }),
      onPiece: (piece) => takePiece(piece, { run, report, sink }),
    },
    { maxDocumentBytes: run.limits.maxYamlBytes },
  );
  const decoder = new TextDecoder();
  for await (const chunk of input.stream) splitter.push(decoder.decode(chunk, { stream: true }));
  splitter.push(decoder.decode());
  splitter.end();
  sink.finish();
  return sink;
}

function takePiece(
  piece: YamlPiece,
  into: { readonly run: Gathering; readonly report: FileReport; readonly sink: DocumentSink },
): void {
  const { run, report, sink } = into;
  const version = versionOf(piece);
  if (version !== undefined && run.versionsRead.has(version)) {
    report.understood = true;
    return;
  }
  const limits = { ...run.limits, maxDocumentNodes: run.limits.maxYamlNodes };
  const pruned = prune(piece.text, piece.rootColumn);
  let parsed = parseYaml(pruned, limits);
  // The whole text gives the right line, and saves a document that the pruning itself would have broken.
  if (!parsed.ok && pruned.length !== piece.text.length) parsed = parseYaml(piece.text, limits);
  if (!parsed.ok) {
    const line = piece.line + Number(parsed.error.excerpt ?? 0);
    // What follows a cut is half a line at most: no news.
    if (!report.cutShort)
      report.fault({ message: `not valid YAML: ${parsed.error.message}`, place: `line ${line}` });
    return;
  }
  const where = `line ${piece.line}`;
  const items = piece.isItem && Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  for (const item of items) sink.take(item, where, piece.listKind);
  // A copy: the version is a slice of the text, which it would keep in memory.
  if (version !== undefined) run.versionsRead.add(Buffer.from(version).toString());
}

const VERSION_AT = new Map<number, { readonly uid: RegExp; readonly version: RegExp }>();

/** Names an object's very version before it is parsed. Events are many and never repeated. */
function versionOf(piece: YamlPiece): string | undefined {
  if (piece.kind === undefined || piece.kind === 'Event') return undefined;
  const column = piece.rootColumn + 2;
  let patterns = VERSION_AT.get(column);
  if (patterns === undefined) {
    patterns = {
      uid: new RegExp(`\\n {${column}}uid: ["']?([0-9a-f-]{36})["']?\\r?\\n`),
      version: new RegExp(`\\n {${column}}resourceVersion: ["']?(\\d{1,20})["']?\\r?\\n`),
    };
    VERSION_AT.set(column, patterns);
  }
  const uid = patterns.uid.exec(piece.text)?.[1];
  const version = patterns.version.exec(piece.text)?.[1];
  return uid === undefined || version === undefined ? undefined : `${piece.kind}/${uid}/${version}`;
}

/** Blocks that no evidence comes from and that make up most of an object's text. */
const PRUNED =
  '(?:managedFields|images|affinity|tolerations|topologySpreadConstraints|volumesInUse|volumesAttached)';
const PRUNE_AT = new Map<number, { readonly start: RegExp; readonly end: RegExp }>();

/** Cuts such blocks out of the second level (`metadata`, `spec`, `status`) before the parser sees them. */
function prune(text: string, rootColumn: number): string {
  const column = rootColumn + 2;
  let patterns = PRUNE_AT.get(column);
  if (patterns === undefined) {
    patterns = {
      start: new RegExp(`\\n {${column}}${PRUNED}:\\r?(?=\\n)`, 'g'),
      end: new RegExp(`\\n(?: {0,${column - 1}}\\S| {${column}}[^\\s-])`, 'g'),
    };
    PRUNE_AT.set(column, patterns);
  }
  const kept: string[] = [];
  let from = 0;
  patterns.start.lastIndex = 0;
  for (let start = patterns.start.exec(text); start !== null; start = patterns.start.exec(text)) {
    kept.push(text.slice(from, start.index));
    patterns.end.lastIndex = patterns.start.lastIndex;
    from = patterns.end.exec(text)?.index ?? text.length;
    patterns.start.lastIndex = from;
  }
  return from === 0 ? text : kept.join('') + text.slice(from);
}
