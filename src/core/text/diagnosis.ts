/** The whole text of a diagnosis: verdict first, in one sentence, then what to do, what it rests on and what was not seen. */
import type { MemoryAnalysis } from '../memory/types.ts';
import type { Diagnosis, Verdict } from '../model/diagnosis.ts';
import { cleanLine } from './clean.ts';
import {
  besideSection,
  candidatesSection,
  changedSection,
  detailLines,
  doSection,
  impactSection,
  logSection,
  nextSection,
  ruledOutSection,
  unseenSection,
  whySection,
} from './diagnosis-sections.ts';
import { formatInstant } from './instants.ts';
import type { Section, Span } from './layout.ts';
import { renderSection, wrapSpans } from './layout.ts';
import { formatBytes, formatDuration } from './amounts.ts';
import type { TextOptions } from './options.ts';
import { MINUTE_MS } from '../units.ts';
import { toAscii } from './paint.ts';
import type { Style } from './paint.ts';
import { memoryLineRows, memorySection, shapeSection, shapeSpans } from './memory.ts';
import { exitWords, kindShort, podName, upperFirst, verdictSentence } from './words.ts';

/** Renders one diagnosis; lines end with a newline each. */
export function renderDiagnosis(diagnosis: Diagnosis, options: TextOptions): string {
  const { memory, memoryLine } = diagnosis;
  const sections = [
    candidatesSection(diagnosis),
    doSection(diagnosis, options),
    whySection(diagnosis, options),
    ...(memory === undefined ? [] : memorySections(memory, options)),
    besideSection(diagnosis, options),
    ruledOutSection(diagnosis, options),
    unseenSection(diagnosis, options),
    nextSection(diagnosis, options),
    changedSection(diagnosis, options),
    impactSection(diagnosis),
    logSection(diagnosis, options),
  ];
  const lines = [
    ...verdictLines(diagnosis, options),
    ...shapeLines(diagnosis, options),
    ...wrapSpans(whereSpans(diagnosis, options), options.width, options.paint),
    '',
    ...(memory === undefined || memory.shape === 'no-data'
      ? []
      : memoryLineRows(memoryLine, memory, options)),
    ...sections.flatMap((section) => renderSection(section, options)),
    ...(options.verbose ? detailLines(diagnosis, options) : []),
    ...footer(diagnosis, options),
  ];
  const text = `${lines.join('\n')}\n`;
  return options.ascii ? toAscii(text) : text;
}

function verdictLines(diagnosis: Diagnosis, options: TextOptions): string[] {
  const { verdict } = diagnosis;
  const colour: Style =
    verdict.kind === 'identified' ? 'red' : verdict.kind === 'nothing-died' ? 'green' : 'yellow';
  const { lead, rest } = verdictSentence(verdict);
  const spans: Span[] = [
    { text: lead, styles: ['bold', colour] },
    { text: rest, styles: ['bold'] },
  ];
  return wrapSpans(spans, options.width, options.paint);
}

/** Of too few samples nothing is foretold; that they are too few is said. */
function memorySections(memory: MemoryAnalysis, options: TextOptions): Section[] {
  const shape = shapeSection(memory, options);
  return memory.shape === 'no-data' ? [shape] : [shape, memorySection(memory, options)];
}

/** How memory got there, right below who killed: the two together are the answer. */
function shapeLines({ memory }: Diagnosis, options: TextOptions): string[] {
  if (memory === undefined || memory.shape === 'no-data') return [];
  return wrapSpans(shapeSpans(memory), options.width, options.paint);
}

/** Who, when, what: one paragraph below the verdict. */
function whereSpans(diagnosis: Diagnosis, options: TextOptions): Span[] {
  const sentences = [
    whenSentence(diagnosis, options),
    whoSentence(diagnosis),
    upperFirst(exitWords(diagnosis)),
    memorySentence(diagnosis),
  ];
  return sentences.filter((sentence) => sentence !== '').map((sentence) => ({ text: `${sentence}.` }));
}

function whenSentence(diagnosis: Diagnosis, options: TextOptions): string {
  const { atMs, startedAtMs, verdict } = diagnosis;
  if (atMs === undefined) return verdict.kind === 'nothing-died' ? '' : 'When is not known';
  const instant = formatInstant(atMs, options.nowMs, options.zone);
  if (verdict.kind === 'nothing-died') return `Looked at ${instant}`;
  const ago = agoWords(atMs, options);
  const lived =
    startedAtMs === undefined || startedAtMs > atMs ? '' : `, after ${formatDuration(atMs - startedAtMs)}`;
  return `Ended at ${instant}${ago}${lived}`;
}

/** Older evidence was read at a moment that nobody has in mind: "ago" would mislead. */
const FRESH_MS = 2 * MINUTE_MS;

function agoWords(atMs: number, options: TextOptions): string {
  const { nowMs, collectedAtMs = nowMs } = options;
  const isFresh = nowMs - collectedAtMs < FRESH_MS;
  const ageMs = (isFresh ? nowMs : collectedAtMs) - atMs;
  if (ageMs <= 0) return '';
  return `, ${formatDuration(ageMs)} ${isFresh ? 'ago' : 'before the evidence was read'}`;
}

function whoSentence(diagnosis: Diagnosis): string {
  const { target, container } = diagnosis;
  const parts: string[] = [];
  // A fragment of describe text names no pod.
  if (target.pod !== undefined && target.pod !== '') parts.push(`pod ${podName(target)}`);
  if (container !== undefined) parts.push(`container ${cleanLine(container)}`);
  if (target.workload !== undefined) {
    parts.push(`of ${kindShort(target.workload.kind)}/${cleanLine(target.workload.name)}`);
  }
  if (target.cgroup !== undefined && target.pod === undefined)
    parts.push(`cgroup ${cleanLine(target.cgroup)}`);
  if (target.node !== undefined) parts.push(`node ${cleanLine(target.node)}`);
  return upperFirst(parts.join(', '));
}

function memorySentence({ limitBytes, requestBytes, peakBytes }: Diagnosis): string {
  const parts: string[] = [];
  if (limitBytes !== undefined) {
    parts.push(limitBytes === 'unlimited' ? 'no memory limit' : `memory limit ${formatBytes(limitBytes)}`);
  }
  if (requestBytes !== undefined) parts.push(`request ${formatBytes(requestBytes)}`);
  if (peakBytes !== undefined) parts.push(`highest seen ${formatBytes(peakBytes)}`);
  return upperFirst(parts.join(', '));
}

/** What `explain` has a page or an entry for: the code of the verdict, or that of an ordinary exit. */
function explainable(code: Verdict['code']): string {
  return code.startsWith('exit-') ? code.slice('exit-'.length) : code;
}

function footer({ verdict }: Diagnosis, options: TextOptions): string[] {
  const explain = `${options.program} explain ${explainable(verdict.code)}`;
  const all = options.verbose ? '' : '-v for all that was read';
  const parts = [explain, all].filter((part) => part !== '');
  const spans: Span[] = [{ text: `More: ${parts.join(', or ')}`, styles: ['dim'] }];
  return wrapSpans(spans, options.width - 2, options.paint).map((line) => `  ${line}`);
}
