/** Memory over time in words: the shape, the growth, what comes next, and whether memory follows traffic. */
import type { Forecast, GrowthState, MemoryAnalysis, MemoryShape, ShapeStatement } from '../memory/types.ts';
import type { TrafficHistory } from '../model/series.ts';
import { HOUR_MS } from '../units.ts';
import { formatBytes, formatDuration } from './amounts.ts';
import { cleanLine } from './clean.ts';
import { formatInstant } from './instants.ts';
import type { Block, Section, Span } from './layout.ts';
import type { TextOptions } from './options.ts';
import type { Style } from './paint.ts';
import { lowerFirst } from './words.ts';

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

/** The shape and how sure, then the sentence with the number that matters. */
export function shapeSpans({ shape, confidence, summary }: MemoryAnalysis): readonly Span[] {
  const words = SHAPE_WORDS[shape];
  const rest = withoutLead(cleanLine(summary), words);
  const sure = shape === 'no-data' || shape === 'healthy' ? '' : `, ${confidence}`;
  const styles: readonly Style[] = ['bold', shapeColour(shape)];
  if (rest === '') return [{ text: `${words}${sure}.`, styles }];
  return [
    { text: `${words}${sure}:`, styles },
    { text: rest, styles: ['bold'] },
  ];
}

/** A summary that begins with the shape's own words does not say them twice. */
function withoutLead(summary: string, lead: string): string {
  if (!summary.toLowerCase().startsWith(lead.toLowerCase())) return startOfRest(summary);
  return startOfRest(summary.slice(lead.length).replace(/^[\s:,.;]+/, ''));
}

function startOfRest(text: string): string {
  return /^(?:The|A|An|No|Its|It|Each|Every|One|This|There|Memory)\b/.test(text) ? lowerFirst(text) : text;
}

const SIGNS: Readonly<Record<ShapeStatement['weighs'], string>> = { for: '+', against: '-', context: '.' };

/** What speaks for and against the shape; without -v the first of each. */
export function shapeBlocks({ statements }: MemoryAnalysis, options: TextOptions, most: number): Block[] {
  const ordered = (['for', 'against', 'context'] as const).flatMap((weighs) =>
    statements.filter((statement) => statement.weighs === weighs),
  );
  const shown = options.verbose
    ? ordered
    : ordered.filter(({ weighs }) => weighs !== 'context').slice(0, most);
  const blocks: Block[] = shown.map(({ weighs, text, source }) => ({
    kind: 'point',
    sign: SIGNS[weighs],
    spans: [{ text }, { text: `[${source}]`, styles: ['dim'] }],
  }));
  const hidden = statements.length - shown.length;
  if (hidden === 0 || options.verbose) return blocks;
  return [...blocks, { kind: 'point', sign: ' ', spans: [{ text: `${hidden} more: -v`, styles: ['dim'] }] }];
}

const STATE_WORDS: Readonly<Record<GrowthState, string>> = {
  none: 'none',
  growing: 'growing',
  suspected: 'suspected',
  confirmed: 'confirmed',
};

/** `+31 MiB an hour (29.6 MiB to 32.4 MiB), confirmed`; undefined where nothing grows. */
export function growthWords(analysis: MemoryAnalysis): string | undefined {
  const { growthBytesPerHour, growthLowBytesPerHour, growthHighBytesPerHour, state } = analysis;
  if (growthBytesPerHour === undefined) return undefined;
  const range =
    growthLowBytesPerHour === undefined || growthHighBytesPerHour === undefined
      ? ''
      : ` (${rate(growthLowBytesPerHour)} to ${rate(growthHighBytesPerHour)})`;
  const perRequest =
    analysis.growthBytesPerRequest === undefined
      ? ''
      : `, ${formatBytes(Math.round(analysis.growthBytesPerRequest))} a request`;
  const sure = state === 'none' ? '' : `; ${STATE_WORDS[state]}`;
  return `${signed(growthBytesPerHour)} an hour${range}${perRequest}${sure}`;
}

function rate(bytesPerHour: number): string {
  return formatBytes(Math.round(bytesPerHour));
}

/** `+31 MiB`. */
export function signed(bytes: number): string {
  return bytes < 0 ? `-${rate(-bytes)}` : `+${rate(bytes)}`;
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
  const basis: Span = { text: `[${cleanLine(forecast.basis)}]`, styles: ['dim'] };
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
