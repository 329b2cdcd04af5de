/** Memory over time in words: the shape, the growth, what comes next, and whether memory follows traffic. */
import type { Forecast, MemoryAnalysis, MemoryShape, ShapeStatement } from '../memory/types.ts';
import type { MemoryLine } from '../model/memory-views.ts';
import type { TrafficHistory } from '../model/series.ts';
import { HOUR_MS } from '../units.ts';
import { formatBytes, formatDuration, formatRate } from './amounts.ts';
import { cleanLine } from './clean.ts';
import { formatInstant } from './instants.ts';
import type { Block, Section, Span } from './layout.ts';
import type { TextOptions } from './options.ts';
import type { Style } from './paint.ts';
import { sparkline } from './sparkline.ts';

const SHAPE_WORDS: Readonly<Record<MemoryShape, string>> = {
  leak: 'Memory leak',
  spike: 'Memory spike',
  'traffic-surge': 'Traffic surge',
  'load-driven': 'Memory follows load',
  plateau: 'Plateau',
  periodic: 'Periodic peaks',
  step: 'Step up',
  'page-cache': 'Page cache',
  tmpfs: 'Files in memory',
  'limit-too-low': 'Limit too low',
  'start-up': 'Start-up need',
  healthy: 'Healthy',
  growing: 'Growing',
  'no-data': 'Not enough data',
};

/** `memory leak`, for a cell or the middle of a sentence. */
export function shapeWords(shape: MemoryShape): string {
  return SHAPE_WORDS[shape].toLowerCase();
}

/** Shapes that need nothing done. */
const CALM: ReadonlySet<MemoryShape> = new Set(['healthy', 'plateau', 'no-data']);

export function shapeColour(shape: MemoryShape): Style {
  if (shape === 'healthy') return 'green';
  return CALM.has(shape) || shape === 'growing' ? 'yellow' : 'red';
}

/** The shape and how sure, then the sentence with the number that matters, then how often it ends in a kill. */
export function shapeSpans(analysis: MemoryAnalysis): readonly Span[] {
  const { shape, confidence, summary } = analysis;
  const sure = shape === 'no-data' || shape === 'healthy' ? '' : `, ${confidence}`;
  return [
    { text: `${SHAPE_WORDS[shape]}${sure}.`, styles: ['bold', shapeColour(shape)] },
    {
      text: [cleanLine(summary), rhythm(analysis)].filter((part) => part !== '').join(' '),
      styles: ['bold'],
    },
  ];
}

/** `It meets its 512 MiB limit about 9 h 37 min after each start.` Only where lives really ended so. */
function rhythm({ typicalLifeMs, lives, summary }: MemoryAnalysis): string {
  const killed = lives.filter(({ end }) => end === 'kill');
  const limit = killed.at(-1)?.limitBytes;
  if (typicalLifeMs === undefined || killed.length < 2 || limit === undefined) return '';
  // Some shapes say it themselves.
  if (summary.includes(formatDuration(typicalLifeMs))) return '';
  return `It meets its ${formatBytes(limit)} limit about ${formatDuration(typicalLifeMs)} after each start.`;
}

const SIGNS: Readonly<Record<ShapeStatement['weighs'], string>> = { for: '+', against: '-', context: '.' };

/** Without -v. */
const STATEMENTS_SHOWN = 4;

/** What speaks for and against the shape, as a section of its own. */
export function shapeSection(analysis: MemoryAnalysis, options: TextOptions): Section {
  return { label: 'Shape', blocks: shapeBlocks(analysis, options) };
}

/** What speaks for and against the shape; without -v the first of each. */
function shapeBlocks({ statements }: MemoryAnalysis, options: TextOptions): Block[] {
  const ordered = (['for', 'against', 'context'] as const).flatMap((weighs) =>
    statements.filter((statement) => statement.weighs === weighs),
  );
  const weighing = ordered.filter(({ weighs }) => weighs !== 'context');
  const short = weighing.length > 0 ? weighing : ordered;
  const shown = options.verbose ? ordered : short.slice(0, STATEMENTS_SHOWN);
  const blocks: Block[] = shown.map(({ weighs, text, source }) => ({
    kind: 'point',
    sign: SIGNS[weighs],
    spans: [{ text }, { text: `[${source}]`, styles: ['dim'] }],
  }));
  const hidden = statements.length - shown.length;
  if (hidden === 0 || options.verbose) return blocks;
  return [...blocks, { kind: 'point', sign: ' ', spans: [{ text: `${hidden} more: -v`, styles: ['dim'] }] }];
}

/** `+31 MiB/h (+29.6 MiB/h to +32.4 MiB/h); confirmed`; undefined where nothing grows. */
function growthWords(analysis: MemoryAnalysis): string | undefined {
  const { growthBytesPerHour, growthLowBytesPerHour, growthHighBytesPerHour, state } = analysis;
  if (growthBytesPerHour === undefined) return undefined;
  const range =
    growthLowBytesPerHour === undefined || growthHighBytesPerHour === undefined
      ? ''
      : ` (${formatRate(growthLowBytesPerHour)} to ${formatRate(growthHighBytesPerHour)})`;
  const perRequest =
    analysis.growthBytesPerRequest === undefined
      ? ''
      : `, ${formatBytes(Math.round(analysis.growthBytesPerRequest))} a request`;
  const sure = state === 'none' ? '' : `; ${state}`;
  return `${formatRate(growthBytesPerHour)}${range}${perRequest}${sure}`;
}

/** `about 04:40:00 UTC (04:24:00 UTC to 04:57:00 UTC), pod m8wzt`; undefined where no kill is forecast. */
export function forecastWords(
  forecast: Forecast,
  { nowMs, zone }: Pick<TextOptions, 'nowMs' | 'zone'>,
): string | undefined {
  const { atMs, earliestMs, latestMs, pod, limitBytes } = forecast;
  if (atMs === undefined) return undefined;
  const at = (instant: number): string => clock(instant, { nowMs, zone });
  const range =
    earliestMs === undefined && latestMs === undefined
      ? ''
      : ` (${earliestMs === undefined ? 'any time' : at(earliestMs)} to ${latestMs === undefined ? 'much later' : at(latestMs)})`;
  const away = atMs <= nowMs ? 'any moment' : `about ${at(atMs)}, in ${formatDuration(atMs - nowMs)}`;
  const where = pod === undefined ? '' : `, pod ${cleanLine(pod)}`;
  const limit = limitBytes === undefined ? '' : `, at ${formatBytes(limitBytes)}`;
  return `${away}${range}${where}${limit}`;
}

/** Minutes are as exact as a forecast can be. */
export function clock(atMs: number, { nowMs, zone }: Pick<TextOptions, 'nowMs' | 'zone'>): string {
  return formatInstant(atMs, nowMs, zone).replace(/(\d\d:\d\d):\d\d/, '$1');
}

/** One sentence on the forecast, with what it rests on. */
export function nextBlocks(analysis: MemoryAnalysis, options: TextOptions): Block[] {
  const { forecast } = analysis;
  const words = forecastWords(forecast, options);
  const isSoon = forecast.atMs !== undefined && forecast.atMs - options.nowMs < 24 * HOUR_MS;
  const styles: readonly Style[] = isSoon ? ['bold', 'yellow'] : ['bold'];
  const basis: Span = {
    text: `[${cleanLine(forecast.basis).replace(/^no crossing is forecast: /, '')}]`,
    styles: ['dim'],
  };
  if (words === undefined && analysis.shape === 'no-data')
    return [{ kind: 'point', sign: '.', spans: [{ text: 'No forecast yet: too little to go by.' }] }];
  if (words === undefined)
    return [{ kind: 'point', sign: '.', spans: [{ text: 'No kill is forecast.' }, basis] }];
  return [{ kind: 'point', sign: '>', spans: [{ text: `Next kill ${words}.`, styles }, basis] }];
}

/** Below and above these shares of explained variance words are plain; between them it is partly. */
const FOLLOWS_R2 = 0.5;
const IGNORES_R2 = 0.1;

/** Whether memory follows the traffic drawn below it; undefined where there is no traffic. */
export function trafficWords(
  analysis: MemoryAnalysis,
  traffic: TrafficHistory | undefined,
): string | undefined {
  if (traffic === undefined) return undefined;
  const what = traffic.kind === 'network-bytes' ? 'received network bytes' : 'requests';
  const { trafficR2 } = analysis;
  if (trafficR2 === undefined) return `whether memory follows ${what} cannot be told`;
  const share = `(R² ${trafficR2.toFixed(2)})`;
  if (trafficR2 >= FOLLOWS_R2) return `memory follows ${what} ${share}`;
  return trafficR2 < IGNORES_R2
    ? `memory does not follow ${what} ${share}`
    : `memory follows ${what} in part ${share}`;
}

/** The section that `why` and `history` share: growth, what comes next, what would change the answer. */
export function memorySection(analysis: MemoryAnalysis, options: TextOptions): Section {
  const growth = growthWords(analysis);
  return {
    label: 'Ahead',
    blocks: [
      ...(growth === undefined ? [] : [point('^', `Grows ${growth}.`)]),
      ...nextBlocks(analysis, options),
      ...(options.verbose && analysis.wouldChange !== ''
        ? [point('?', `Would change this: ${analysis.wouldChange}`)]
        : []),
    ],
  };
}

function point(sign: string, text: string): Block {
  return { kind: 'point', sign, spans: [{ text }] };
}

const LABEL_WIDTH = 12;

/** Memory and traffic as one line of bars each, with what they say; empty without a line. */
export function memoryLineRows(
  line: MemoryLine | undefined,
  analysis: MemoryAnalysis,
  options: TextOptions,
): string[] {
  if (line === undefined) return [];
  const { paint, ascii } = options;
  const limit = analysis.lives.at(-1)?.limitBytes;
  const bars = sparkline(line.memoryBytes, Math.max(line.highestBytes, limit ?? 0), ascii);
  const killed = new Set(line.killColumns);
  const drawn = bars.map((bar, column) =>
    killed.has(column) ? paint(ascii ? 'X' : '✖', 'bold', 'red') : paint(bar, 'blue'),
  );
  const rows = [row('memory', drawn.join(''), { words: memoryWords(line, analysis), options })];
  const { traffic } = line;
  if (traffic === undefined) return [...rows, ''];
  const label = traffic.kind === 'network-bytes' ? 'network' : 'requests';
  const trafficBars = sparkline(traffic.perSecond, highestOf(traffic.perSecond), ascii).join('');
  const follows = followWords(analysis);
  return [...rows, row(label, paint(trafficBars, 'cyan'), { words: follows, options }), ''];
}

function row(
  label: string,
  bars: string,
  { words, options }: { readonly words: string; readonly options: TextOptions },
): string {
  return `${options.paint(`  ${label}`.padEnd(LABEL_WIDTH), 'bold')}${bars}  ${words}`.trimEnd();
}

function highestOf(values: readonly (number | null)[]): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}

/** `214 MiB to 512 MiB, +31 MiB/h`. */
function memoryWords(line: MemoryLine, { growthBytesPerHour }: MemoryAnalysis): string {
  const range = `${formatBytes(Math.round(line.lowestBytes))} to ${formatBytes(Math.round(line.highestBytes))}`;
  const growth = growthBytesPerHour === undefined ? '' : `, ${formatRate(growthBytesPerHour)}`;
  return `${range} in ${formatDuration(line.toMs - line.fromMs)}${growth}`;
}

function followWords({ trafficR2 }: MemoryAnalysis): string {
  if (trafficR2 === undefined) return '';
  const share = `(R² ${trafficR2.toFixed(2)})`;
  if (trafficR2 >= FOLLOWS_R2) return `memory follows ${share}`;
  return trafficR2 < IGNORES_R2 ? `does not match ${share}` : `matches in part ${share}`;
}
