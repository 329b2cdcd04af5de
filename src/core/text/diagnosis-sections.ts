/** The sections of a diagnosis in reading order: proof, what lost, what was not seen, what to do. */
import type { Diagnosis, EvidenceStatement } from '../model/diagnosis.ts';
import { cleanLine, cleanLogLine } from './clean.ts';
import { formatInstant } from './instants.ts';
import type { Block, Section, Span } from './layout.ts';
import { formatDuration } from './amounts.ts';
import { count } from './numbers.ts';
import type { TextOptions } from './options.ts';
import type { Style } from './paint.ts';
import { renderTable } from './table.ts';
import { cutEnd } from './width.ts';

/** How much is shown without -v; what is left out is counted, never dropped silently. */
const SHORT = {
  proof: 5,
  against: 2,
  context: 2,
  ruledOut: 3,
  unseen: 3,
  next: 2,
  changes: 4,
  beside: 4,
  actions: 4,
  log: 5,
};
const ALL = Number.POSITIVE_INFINITY;
const VERBOSE_LOG_LINES = 40;

const DIM: readonly Style[] = ['dim'];
const BOLD: readonly Style[] = ['bold'];
const YELLOW: readonly Style[] = ['yellow'];

function point(sign: string, ...spans: readonly Span[]): Block {
  return { kind: 'point', sign, spans };
}

function more(hidden: number, options: TextOptions): Block[] {
  return hidden > 0 && !options.verbose ? [point(' ', { text: `${hidden} more: -v`, styles: DIM })] : [];
}

function limit(options: Pick<TextOptions, 'verbose'>, short: number): number {
  return options.verbose ? ALL : short;
}

export function candidatesSection(diagnosis: Diagnosis): Section {
  const blocks = diagnosis.verdict.candidates.map((candidate, index) =>
    point(
      String(index + 1),
      { text: `${candidate.title}:`, styles: BOLD },
      { text: candidate.reason },
      { text: `[${candidate.code}]`, styles: DIM },
    ),
  );
  return { label: 'Could be', blocks };
}

const SIGN_OF: Readonly<Record<EvidenceStatement['weighs'], string>> = {
  for: '+',
  against: '-',
  context: '.',
};

export function whySection(diagnosis: Diagnosis, options: TextOptions): Section {
  const { evidence, verdict } = diagnosis;
  const of = (weighs: EvidenceStatement['weighs'], most: number): readonly EvidenceStatement[] =>
    evidence.filter((statement) => statement.weighs === weighs).slice(0, limit(options, most));
  const proof = of('for', SHORT.proof);
  // An undecided verdict has little proof: what was read is then the answer.
  const context = of('context', verdict.kind === 'identified' && proof.length > 1 ? 0 : SHORT.context);
  const shown = [...proof, ...of('against', SHORT.against), ...context];
  const blocks = shown.flatMap((statement) => evidenceBlocks(statement, options));
  return { label: 'Why', blocks: [...blocks, ...more(evidence.length - shown.length, options)] };
}

function evidenceBlocks(statement: EvidenceStatement, options: TextOptions): Block[] {
  const at =
    statement.atMs === undefined || !options.verbose
      ? ''
      : `, ${formatInstant(statement.atMs, options.nowMs, options.zone)}`;
  const sentence = point(
    SIGN_OF[statement.weighs],
    { text: statement.text },
    { text: `[${statement.source}${at}]`, styles: DIM },
  );
  if (statement.quote === undefined || !options.verbose) return [sentence];
  return [sentence, logLine(statement.quote, options)];
}

function logLine(text: string, options: TextOptions): Block {
  const line = `  | ${cleanLogLine(text)}`;
  const room = options.width - 12;
  return { kind: 'line', text: options.cut && !options.verbose ? cutEnd(line, room) : line, styles: DIM };
}

export function ruledOutSection(diagnosis: Diagnosis, options: TextOptions): Section {
  const most = limit(options, SHORT.ruledOut);
  const shown = diagnosis.ruledOut
    .slice(0, most)
    .map(({ title, reason, code }) =>
      options.verbose
        ? point('-', { text: `${title}:` }, { text: reason, styles: DIM }, { text: `[${code}]`, styles: DIM })
        : point('-', { text: `${title}:` }, { text: reason, styles: DIM }),
    );
  const rest = diagnosis.ruledOut.slice(most).map(({ title }) => title);
  const last =
    rest.length === 0 ? [] : [point('-', { text: `${rest.join(', ')} (-v for reasons)`, styles: DIM })];
  return { label: 'Ruled out', blocks: [...shown, ...last] };
}

/** The gaps that the text of a diagnosis names. */
export function unseenShown(
  diagnosis: Diagnosis,
  options: Pick<TextOptions, 'verbose'>,
): Diagnosis['unseen'] {
  return diagnosis.unseen.slice(0, limit(options, SHORT.unseen));
}

export function unseenSection(diagnosis: Diagnosis, options: TextOptions): Section {
  const shown = unseenShown(diagnosis, options);
  const blocks = shown.flatMap((gap): Block[] => {
    const permission =
      gap.permission === undefined ? '' : `(may not ${gap.permission.verb} ${gap.permission.resource})`;
    const sentence = point(
      '?',
      { text: `${gap.what}:`, styles: YELLOW },
      { text: gap.cost },
      { text: permission },
    );
    if (!options.verbose) return [sentence];
    const fix: Block[] = gap.fix === undefined ? [] : [point(' ', { text: gap.fix, styles: DIM })];
    return [sentence, ...fix, ...command(gap.command)];
  });
  return { label: 'Not seen', blocks: [...blocks, ...more(diagnosis.unseen.length - shown.length, options)] };
}

function command(text: string | undefined): Block[] {
  return text === undefined ? [] : [{ kind: 'command', command: text }];
}

export function besideSection(diagnosis: Diagnosis, options: TextOptions): Section {
  const shown = diagnosis.beside.slice(0, limit(options, SHORT.beside));
  const blocks = shown.map((text) => point('*', { text }));
  return { label: 'Beside', blocks: [...blocks, ...more(diagnosis.beside.length - shown.length, options)] };
}

export function doSection(diagnosis: Diagnosis, options: TextOptions): Section {
  const shown = diagnosis.actions.slice(0, limit(options, SHORT.actions));
  const blocks = shown.flatMap((action, index): Block[] => [
    point(
      String(index + 1),
      { text: action.text, ...(index === 0 ? { styles: BOLD } : {}) },
      ...(action.caution === undefined ? [] : [{ text: `(${action.caution})`, styles: YELLOW }]),
    ),
    ...command(action.command),
  ]);
  return { label: 'Do', blocks: [...blocks, ...more(diagnosis.actions.length - shown.length, options)] };
}

export function nextSection(diagnosis: Diagnosis, options: TextOptions): Section {
  const shown = diagnosis.nextEvidence.slice(0, limit(options, SHORT.next));
  // Where the cause is named, what each answer would mean is for the curious.
  const isShort = diagnosis.verdict.kind === 'identified' && !options.verbose;
  const blocks = shown.flatMap((next): Block[] => [
    point('>', { text: next.text }, ...(isShort ? [] : [{ text: next.decides, styles: DIM }])),
    ...command(next.command),
  ]);
  return {
    label: 'Next',
    blocks: [...blocks, ...more(diagnosis.nextEvidence.length - shown.length, options)],
  };
}

function revisionName(revision: number | undefined, object: string): string {
  return revision === undefined ? object : `revision ${revision}`;
}

export function changedSection(diagnosis: Diagnosis, options: TextOptions): Section {
  const { changed } = diagnosis;
  if (changed === undefined) return { label: 'Changed', blocks: [] };
  const at =
    changed.atMs === undefined ? '' : `, ${formatInstant(changed.atMs, options.nowMs, options.zone)}`;
  const from = revisionName(changed.fromRevision, changed.fromName);
  const to = revisionName(changed.toRevision, changed.toName);
  const shown = changed.changes.slice(0, limit(options, SHORT.changes));
  const blocks: Block[] = [
    point('*', { text: `${from} → ${to}${at}`, styles: changed.changes.length === 0 ? DIM : [] }),
    ...shown.map(({ container, field, before, after }) =>
      point(' ', { text: `${container} ${field}: ${before ?? 'none'} → ${after ?? 'none'}` }),
    ),
    ...more(changed.changes.length - shown.length, options),
  ];
  const repeated = diagnosis.actions.some((action) => action.command === changed.rollbackCommand);
  if (changed.rollbackCommand !== undefined && !repeated) {
    blocks.push(point(' ', { text: 'To go back:' }), ...command(changed.rollbackCommand));
    if (changed.caution !== undefined) blocks.push(point(' ', { text: changed.caution, styles: YELLOW }));
  }
  return { label: 'Changed', blocks };
}

export function impactSection(diagnosis: Diagnosis): Section {
  const { impact } = diagnosis;
  const parts: string[] = [];
  if (impact.stillDown === true) parts.push('still down');
  else if (impact.downMs !== undefined) parts.push(`down ${formatDuration(impact.downMs)}`);
  if (impact.restartCount !== undefined && impact.restartCount > 0) {
    parts.push(count(impact.restartCount, 'restart'));
  }
  // An old revision that was scaled to nothing says nothing of what was served.
  const { readyReplicas, desiredReplicas = 0 } = impact;
  if (readyReplicas !== undefined && desiredReplicas > 0) {
    parts.push(`${readyReplicas} of ${count(desiredReplicas, 'replica')} ready`);
  }
  const summary = parts.length === 0 ? [] : [point('*', { text: parts.join(', ') })];
  return { label: 'Impact', blocks: [...summary, ...impact.risks.map((text) => point('!', { text }))] };
}

export function logSection(diagnosis: Diagnosis, options: TextOptions): Section {
  const tail = diagnosis.logTail;
  if (tail === undefined || tail.lines.length === 0) return { label: 'Log', blocks: [] };
  const lines = tail.lines.slice(options.verbose ? -VERBOSE_LOG_LINES : -SHORT.log);
  // An exit code is that of an ended instance, and only the log of that one is kept beside it.
  const ended = tail.previous || diagnosis.exitCode !== undefined;
  const whose = ended ? 'last lines of the container that died' : 'last lines of the running container';
  const blocks: Block[] = [point('*', { text: whose, styles: DIM })];
  return { label: 'Log', blocks: [...blocks, ...lines.map((line) => logLine(line, options))] };
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `    ${line}`.trimEnd());
}

/** Tables, logs and facts in the closed set of shapes; only with -v. */
export function detailLines(diagnosis: Diagnosis, options: TextOptions): string[] {
  return diagnosis.details.flatMap((detail): string[] => {
    const title = options.paint(`  ${cleanLine(detail.title)}`, 'bold');
    const paint = options.paint;
    switch (detail.kind) {
      case 'table': {
        const columns = detail.columns.map((text) => ({ title: cleanLine(text).toUpperCase() }));
        return ['', title, ...indent(renderTable(columns, detail.rows, { headers: true, paint }))];
      }
      case 'facts': {
        const rows = detail.facts.map(({ name, value }) => [name, value]);
        return [
          '',
          title,
          ...indent(renderTable([{ title: '' }, { title: '' }], rows, { headers: false, paint })),
        ];
      }
      case 'log': {
        const cut = detail.truncated ? ['…'] : [];
        return ['', title, ...indent([...detail.lines.map((line) => `| ${cleanLogLine(line)}`), ...cut])];
      }
      default:
        return detail satisfies never;
    }
  });
}
