/** Puts an answer on stdout in the form asked for, and notes on stderr. */
import type { EvidenceGap } from '../core/model/bundle.ts';
import type { DiagnosisReport } from '../core/model/diagnosis.ts';
import { cleanLine } from '../core/text/clean.ts';
import type { HistoryTextOptions } from '../core/text/history.ts';
import type { ListOptions } from '../core/text/kills.ts';
import { unseenShown } from '../core/text/diagnosis-sections.ts';
import { wrapSpans } from '../core/text/layout.ts';
import { count } from '../core/text/numbers.ts';
import { ANSI_PAINT, NO_PAINT, toAscii } from '../core/text/paint.ts';
import type { Paint } from '../core/text/paint.ts';
import type { CliContext, TextSink } from './context.ts';
import type { Flags } from './flags.ts';

/** Text is wrapped here where the output is no terminal, and never wider on one: long lines read badly. */
const WIDEST = 100;
const NARROWEST = 40;

/** Colour by --color, then FORCE_COLOR, NO_COLOR (non-empty), TERM=dumb, and whether the sink is a terminal. */
export function wantsColor(
  flags: Pick<Flags, 'color'>,
  context: Pick<CliContext, 'env'>,
  sink: TextSink,
): boolean {
  if (flags.color === 'always') return true;
  if (flags.color === 'never') return false;
  const { FORCE_COLOR, NO_COLOR, TERM } = context.env;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0';
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  return sink.isTerminal && TERM !== 'dumb';
}

/** The locale cannot show more than ASCII. Without any locale variable UTF-8 is assumed, except in the C locale. */
function isAsciiLocale(env: CliContext['env']): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(
    (value) => value !== undefined && value !== '',
  );
  return locale !== undefined && !/utf-?8/i.test(locale);
}

/** `collectedAtMs`: when the evidence was read, if it is about evidence. */
export function textOptions(context: CliContext, flags: Flags, collectedAtMs?: number): ListOptions {
  const { stdout, env, zone, program } = context;
  const width = Math.min(WIDEST, Math.max(NARROWEST, stdout.isTerminal ? (stdout.columns ?? 80) : WIDEST));
  return {
    width,
    cut: stdout.isTerminal,
    paint: wantsColor(flags, context, stdout) ? ANSI_PAINT : NO_PAINT,
    ascii: isAsciiLocale(env),
    zone,
    nowMs: context.now(),
    ...(collectedAtMs === undefined ? {} : { collectedAtMs }),
    verbose: flags.verbose === true || flags.output === 'wide',
    program,
    headers: flags.headers,
    wide: flags.output === 'wide',
  };
}

/** A chart may use a wider terminal than sentences can; 80 columns where there is none. */
const WIDEST_CHART = 160;
/** Everything but the plot that has to fit into a usual terminal beside it. */
const ROWS_BESIDE_CHART = 14;

/** As `textOptions`, with the room that a chart has. */
export function chartOptions(context: CliContext, flags: Flags, collectedAtMs: number): HistoryTextOptions {
  const { stdout, env } = context;
  const options = textOptions(context, flags, collectedAtMs);
  const columns = stdout.isTerminal ? (stdout.columns ?? 80) : 80;
  const rows = stdout.isTerminal ? (stdout.rows ?? 24) : 24;
  return {
    ...options,
    // The Linux console has no braille.
    ascii: options.ascii || env['TERM'] === 'linux',
    chartWidth: Math.min(WIDEST_CHART, Math.max(NARROWEST, columns)),
    chartRows: Math.min(16, Math.max(8, rows - ROWS_BESIDE_CHART)),
  };
}

/** JSON as one block, two blanks deep, with a newline at its end. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

export async function yamlText(value: unknown): Promise<string> {
  const { dump } = await import('js-yaml');
  return dump(value, { noRefs: true, lineWidth: 100 });
}

/** A note to people: yellow, on stderr, not with -q. */
export function note(context: CliContext, flags: Flags, text: string): void {
  if (flags.quiet === true) return;
  const paint: Paint = wantsColor(flags, context, context.stderr) ? ANSI_PAINT : NO_PAINT;
  const width = Math.min(WIDEST, context.stderr.columns ?? WIDEST);
  const lines = wrapSpans([{ text: cleanLine(text), styles: ['yellow'] }], width, paint);
  const block = lines.map((line) => `${line}\n`).join('');
  context.stderr.write(isAsciiLocale(context.env) ? toAscii(block) : block);
}

const MOST_NOTES = 5;

/** What could not be read, below the answer, so that a partial answer never looks whole and the verdict stays first. */
export function noteGaps(
  context: CliContext,
  flags: Flags,
  report: Pick<DiagnosisReport, 'gaps'>,
  told: ReadonlySet<string> = NOTHING_TOLD,
): void {
  const gaps = report.gaps.filter(({ what }) => !told.has(what));
  const shown = flags.verbose === true ? gaps : gaps.slice(0, MOST_NOTES);
  for (const gap of shown) note(context, flags, gapNote(gap, flags.verbose === true));
  const hidden = gaps.length - shown.length;
  if (hidden > 0) note(context, flags, `${count(hidden, 'more thing')} could not be read: -v lists them.`);
  if (report.gaps.some(({ permission }) => permission !== undefined)) {
    note(context, flags, `What is missing and how to allow it: ${context.program} check`);
  }
}

const NOTHING_TOLD: ReadonlySet<string> = new Set();

/** What the answer of `why` says itself that was not seen: Markdown all of it, text the most important. */
export function toldInAnswer({ output, verbose }: Flags, { items }: DiagnosisReport): ReadonlySet<string> {
  if (output !== 'text' && output !== 'wide' && output !== 'md') return NOTHING_TOLD;
  const options = { verbose: output !== 'text' || verbose === true };
  return new Set(items.flatMap((item) => unseenShown(item, options).map(({ what }) => what)));
}

function gapNote(gap: EvidenceGap, verbose: boolean): string {
  // Most readers name the file, and some the place, in the sentence itself.
  const missing = [gap.file, gap.place].filter((word) => word !== undefined && !gap.what.includes(word));
  const place = missing.length === 0 ? '' : ` (${missing.join(', ')})`;
  const cost = /[.!?]$/.test(gap.cost) ? gap.cost : `${gap.cost}.`;
  // How to allow something is long, and `check` says it once for all.
  const isShort = gap.permission === undefined && gap.command === undefined;
  const fix = gap.fix === undefined || !(verbose || isShort) ? '' : ` Fix: ${gap.fix}`;
  const what = gap.what.replace(/\.$/, '');
  return `Not read: ${what}${place}: ${cost}${fix}`;
}

/** Nothing was found: where it was looked, and where more may be. */
export function noteWhereElse(context: CliContext, flags: Flags): void {
  if (flags.output !== 'text' && flags.output !== 'wide') return;
  const narrowed = [
    ...(flags.namespace === undefined ? [] : [`-n ${flags.namespace}`]),
    ...(flags.selector === undefined ? [] : [`-l ${flags.selector}`]),
    ...(flags.container === undefined ? [] : [`-c ${flags.container}`]),
    ...(flags.since === undefined ? [] : ['--since']),
  ];
  if (narrowed.length > 0) note(context, flags, `Only asked for ${narrowed.join(' ')}.`);
  if (flags.allNamespaces !== true && flags.filename.length === 0) {
    note(context, flags, `In every namespace: ${context.program} kills -A`);
  }
}

/** Prints an answer: through $PAGER where it is set and the answer is taller than the terminal, else straight. */
export async function printAnswer(context: CliContext, flags: Flags, text: string): Promise<void> {
  const { stdout, env, page } = context;
  const pager = env['EXIT137_PAGER'] ?? env['PAGER'];
  const tall = stdout.rows !== undefined && text.split('\n').length > stdout.rows;
  if (stdout.isTerminal && tall && flags.pager && pager !== undefined && pager !== '' && page !== undefined) {
    if (await page(pager, text)) return;
  }
  stdout.write(text);
}
