/** The next kills as a table, a sentence where there is none, and what the times rest on. */
import type { ForecastRow } from '../model/memory-views.ts';
import type { EpochMs, Milliseconds } from '../units.ts';
import { HOUR_MS } from '../units.ts';
import { formatBytes, formatDuration, formatRate } from './amounts.ts';
import { csvLine } from './escape.ts';
import { toRfc3339 } from './instants.ts';
import type { ListOptions } from './kills.ts';
import { wrapSpans } from './layout.ts';
import { clock, shapeWords } from './memory.ts';
import { count, formatAge } from './numbers.ts';
import { toAscii } from './paint.ts';
import { renderTable } from './table.ts';
import type { Cell, Column } from './table.ts';
import { workloadName, workloadShort } from './words.ts';

/** What a forecast says, whatever its form. */
export interface ForecastView {
  readonly generatedAtMs: EpochMs;
  readonly withinMs: Milliseconds;
  /** Soonest first. */
  readonly rows: readonly ForecastRow[];
  /** The nearest one after that time. */
  readonly beyond?: ForecastRow;
  /** Containers of workloads that were looked at, and of those the ones with too few samples. */
  readonly looked: number;
  readonly tooEarly: number;
}

const COLUMNS: readonly Column[] = [
  { title: 'ABOUT' },
  { title: 'RANGE (80 %)' },
  { title: 'STATE' },
  { title: 'WHERE', cut: 'middle', leastWidth: 12 },
  { title: 'WHY', cut: 'end', leastWidth: 12 },
];

const SOON_MS = HOUR_MS;
const DAY_MS = 24 * HOUR_MS;

export function renderForecast(view: ForecastView, options: ListOptions): string {
  const lines: string[] = [];
  if (options.headers) {
    lines.push(
      ...wrapSpans([{ text: sentence(view, options), styles: ['bold'] }], options.width, options.paint),
    );
  }
  if (view.rows.length > 0) {
    const rows = view.rows.map((row) => rowCells(row, { view, options }));
    lines.push(
      ...renderTable(COLUMNS, rows, {
        headers: options.headers,
        paint: options.paint,
        ellipsis: options.ascii ? '...' : '…',
        ...(options.cut && !options.wide ? { width: options.width } : {}),
      }),
    );
  }
  if (options.headers) lines.push(...footer(view, options));
  const text = lines.map((line) => `${line}\n`).join('');
  return options.ascii ? toAscii(text) : text;
}

function sentence(
  { rows, withinMs, looked, tooEarly, generatedAtMs }: ForecastView,
  { zone }: ListOptions,
): string {
  const span = formatDuration(withinMs);
  const early = tooEarly === 0 ? '' : `, ${tooEarly} of them too young to say`;
  const base = `${count(looked, 'container')} looked at${early}`;
  if (looked === 0) return 'No history found: nothing can be forecast.';
  if (rows.length === 0) return `No kill is forecast within ${span}: ${base}.`;
  const times = `Times in ${zone(generatedAtMs).label}.`;
  return `${count(rows.length, 'kill')} forecast within ${span}: ${base}. ${times}`;
}

interface RowContext {
  readonly view: ForecastView;
  readonly options: ListOptions;
}

function rowCells(row: ForecastRow, { view, options }: RowContext): (Cell | string)[] {
  const { atMs } = row.forecast;
  const isSoon = atMs !== undefined && atMs - view.generatedAtMs <= SOON_MS;
  return [
    { text: aboutWords(row, { view, options }), styles: isSoon ? ['bold', 'yellow'] : ['bold'] },
    rangeWords(row, { view, options }),
    row.state,
    whereWords(row, options.wide),
    whyWords(row),
  ];
}

function aboutWords({ forecast: { atMs } }: ForecastRow, { view, options }: RowContext): string {
  if (atMs === undefined) return '-';
  return atMs <= view.generatedAtMs ? 'now' : momentWords(atMs, { view, options });
}

/** `04:40` within a day from now, where it can mean one moment only; else with its date. The zone is said once, above. */
function momentWords(atMs: EpochMs, { view, options }: RowContext): string {
  const text = withoutZone(clock(atMs, options));
  return atMs - view.generatedAtMs < DAY_MS ? text.slice(-CLOCK_LENGTH) : text;
}

const CLOCK_LENGTH = '04:40'.length;

function withoutZone(text: string): string {
  return text.replace(/ [^ ]+$/, '');
}

/** `04:24-04:57`, or `11h-3d` from now where it reaches beyond a day. */
function rangeWords({ forecast }: ForecastRow, context: RowContext): string {
  const { earliestMs, latestMs } = forecast;
  if (earliestMs === undefined && latestMs === undefined) return '-';
  const nowMs = context.view.generatedAtMs;
  const isNear = latestMs !== undefined && latestMs - nowMs < DAY_MS;
  const bound = (atMs: number | undefined): string => {
    if (atMs === undefined) return '?';
    if (atMs <= nowMs) return 'now';
    return isNear ? momentWords(atMs, context) : formatAge(atMs - nowMs);
  };
  return `${isNear ? '' : 'in '}${bound(earliestMs)}–${bound(latestMs)}`;
}

function whereWords(row: ForecastRow, wide: boolean): string {
  if (row.kind === 'node') return `node ${row.nodeName ?? ''}`;
  const target = {
    ...(row.namespace === undefined || row.namespace === '' ? {} : { namespace: row.namespace }),
    ...(row.workload === undefined ? { pod: row.pod ?? '' } : { workload: row.workload }),
  };
  const name = wide ? workloadName(target) : workloadShort(target);
  const pod = row.workload === undefined || row.pod === undefined ? '' : ` pod ${podSuffix(row, wide)}`;
  return `${name}${pod}${wide ? ` container ${row.container ?? ''}` : ''}`;
}

/** `m8wzt`: the workload's name stands before it. */
function podSuffix({ pod = '', workload }: ForecastRow, wide: boolean): string {
  const prefix = `${workload?.name ?? ''}-`;
  if (wide || !pod.startsWith(prefix)) return pod;
  const rest = pod.slice(prefix.length);
  return rest.slice(rest.lastIndexOf('-') + 1);
}

function whyWords({ shape, usedBytes, forecast, growthBytesPerHour }: ForecastRow): string {
  const left =
    usedBytes === undefined || forecast.limitBytes === undefined
      ? ''
      : `, ${formatBytes(Math.max(0, forecast.limitBytes - usedBytes))} left`;
  const growth = growthBytesPerHour === undefined ? '' : ` at ${formatRate(growthBytesPerHour)}`;
  return `${shapeWords(shape)}${left}${growth}`;
}

function footer(view: ForecastView, options: ListOptions): string[] {
  const { rows, beyond } = view;
  const bases = [...new Set(rows.map(({ forecast }) => forecast.basis))];
  const texts = [
    ...(beyond === undefined
      ? []
      : [
          `Next after that: ${whereWords(beyond, false)}, ${beyond.forecast.atMs === undefined ? '-' : clock(beyond.forecast.atMs, options)}.`,
        ]),
    ...bases.map((basis) => `Rests on: ${basis}.`),
    ...(rows[0] === undefined ? [] : [`Look closer: ${options.program} history ${targetWords(rows[0])}.`]),
  ];
  return texts.flatMap((text) => wrapSpans([{ text, styles: ['dim'] }], options.width, options.paint));
}

function targetWords(row: ForecastRow): string {
  return workloadName({
    ...(row.namespace === undefined || row.namespace === '' ? {} : { namespace: row.namespace }),
    ...(row.workload === undefined ? { pod: row.pod ?? '' } : { workload: row.workload }),
  });
}

const instant = (atMs: number | undefined): string | undefined =>
  atMs === undefined ? undefined : toRfc3339(atMs);

const FIELDS: readonly (readonly [string, (row: ForecastRow) => string | number | undefined])[] = [
  ['at', ({ forecast }) => instant(forecast.atMs)],
  ['earliestAt', ({ forecast }) => instant(forecast.earliestMs)],
  ['latestAt', ({ forecast }) => instant(forecast.latestMs)],
  ['kind', ({ kind }) => kind],
  ['namespace', ({ namespace }) => namespace],
  ['workload', ({ workload }) => (workload === undefined ? undefined : `${workload.kind}/${workload.name}`)],
  ['pod', ({ pod }) => pod],
  ['container', ({ container }) => container],
  ['node', ({ nodeName }) => nodeName],
  ['shape', ({ shape }) => shape],
  ['state', ({ state }) => state],
  ['usedBytes', ({ usedBytes }) => usedBytes],
  ['limitBytes', ({ forecast }) => forecast.limitBytes],
  ['growthBytesPerHour', ({ growthBytesPerHour }) => growthBytesPerHour],
  ['basis', ({ forecast }) => forecast.basis],
];

export function forecastCsv(rows: readonly ForecastRow[], headers: boolean): string {
  const head = headers ? csvLine(FIELDS.map(([name]) => name)) : '';
  return head + rows.map((row) => csvLine(FIELDS.map(([, read]) => read(row)))).join('');
}
