/** Memory of one container of one pod against its limit and request, drawn in characters, with traffic below. */
import type { ContainerHistory, KillMark, Series, Step } from '../model/series.ts';
import type { Bytes, EpochMs, MemoryLimit } from '../units.ts';
import { formatBytes } from './amounts.ts';
import { Canvas } from './canvas.ts';
import { ASCII_GLYPHS, GLYPHS, glyphOf, paintCells } from './chart-frame.ts';
import type { DrawnCell, Frame } from './chart-frame.ts';
import { killLines, timeLines, trafficLines } from './chart-rows.ts';
import type { ByteScale } from './chart-scale.ts';
import { byteScale, tickLabel } from './chart-scale.ts';
import type { TimeSpan } from './columns.ts';
import { columnAt } from './columns.ts';
import type { TextOptions } from './options.ts';
import { stepAt } from './steps.ts';
import { padStart } from './width.ts';

export interface MemoryChart {
  readonly history: ContainerHistory;
  /** Of this pod. */
  readonly kills: readonly KillMark[];
  /** Where lives end: no line is drawn across. */
  readonly cutsMs: readonly EpochMs[];
  readonly span: TimeSpan;
}

export interface ChartOptions extends TextOptions {
  /** Columns of the whole drawing, axis included. */
  readonly chartWidth: number;
  /** Rows of the plot. */
  readonly chartRows: number;
}

/** Samples further apart than this many steps are not joined: a gap is a gap. */
const GAP_STEPS = 2.5;

/** The figure that is drawn: the working set, else what there is. */
export function shownSeries(
  history: ContainerHistory,
): { readonly name: string; readonly series: Series } | undefined {
  if (history.workingSet !== undefined) return { name: 'working set', series: history.workingSet };
  if (history.rss !== undefined) return { name: 'anonymous memory', series: history.rss };
  return history.usage === undefined ? undefined : { name: 'usage with file cache', series: history.usage };
}

/** Lines of the drawing; empty where the history holds no memory at all. */
export function renderMemoryChart(chart: MemoryChart, options: ChartOptions): string[] {
  const shown = shownSeries(chart.history);
  if (shown === undefined || shown.series.timesMs.length === 0) return [];
  const frame = frameOf(chart, shown.series, options);
  const grid = drawGrid(chart, shown.series, { frame, ascii: options.ascii });
  return [
    ...plotLines(grid, frame, options),
    ...killLines(chart.kills, frame, options),
    ...timeLines(frame, options),
    ...trafficLines(chart.history, frame, options),
  ];
}

function frameOf(chart: MemoryChart, series: Series, options: ChartOptions): Frame {
  const limits = (chart.history.limit ?? []).flatMap(({ value }) => (value === 'unlimited' ? [] : [value]));
  const requests = (chart.history.request ?? []).map(({ value }) => value);
  const highest = highestOf([...limits, ...requests], series);
  const scale = byteScale(highest);
  const labels = ticksOf(scale).map((bytes) => tickLabel(bytes, scale).length);
  const gutter = Math.max(...labels, scale.unit.length, LABEL_WIDTH) + 1;
  return {
    scale,
    gutter,
    columns: Math.max(10, options.chartWidth - gutter - 1),
    rows: options.chartRows,
    span: chart.span,
    glyphs: options.ascii ? ASCII_GLYPHS : GLYPHS,
  };
}

/** Of `kills` and `req/s`, which stand left of their rows. */
const LABEL_WIDTH = 5;

function highestOf(marks: readonly number[], { values }: Series): number {
  let highest = marks.reduce((most, value) => Math.max(most, value), 0);
  for (const value of values) if (value > highest) highest = value;
  return highest;
}

function ticksOf({ topBytes, stepBytes }: ByteScale): readonly Bytes[] {
  return Array.from({ length: Math.floor(topBytes / stepBytes) }, (_, index) => index * stepBytes);
}

interface Drawing {
  readonly frame: Frame;
  readonly ascii: boolean;
}

function drawGrid(
  chart: MemoryChart,
  series: Series,
  { frame, ascii }: Drawing,
): (DrawnCell | undefined)[][] {
  const canvas = new Canvas({ columns: frame.columns, rows: frame.rows, ascii });
  drawLives(canvas, series, { chart, scale: frame.scale });
  const grid: (DrawnCell | undefined)[][] = Array.from({ length: frame.rows }, () =>
    Array.from({ length: frame.columns }),
  );
  const height = (bytes: Bytes): number => canvas.rowOf(bytes / frame.scale.topBytes);
  drawSteps(grid, chart.history.request, {
    frame,
    height,
    cell: { character: frame.glyphs.request, styles: ['magenta'] },
  });
  drawSteps(grid, chart.history.limit, {
    frame,
    height,
    cell: { character: frame.glyphs.limit, styles: ['yellow'] },
  });
  overlayMemory(grid, canvas);
  drawKills(grid, chart, { frame, height, ascii });
  return grid;
}

/** Every sample is a point of the line, so the highest and the lowest are always drawn. */
function drawLives(
  canvas: Canvas,
  { timesMs, values }: Series,
  { chart, scale }: { readonly chart: MemoryChart; readonly scale: ByteScale },
): void {
  const { span, history, cutsMs } = chart;
  const gapMs = GAP_STEPS * history.stepMs;
  const cuts = cutsMs.toSorted((a, b) => a - b);
  let cut = 0;
  let before: { readonly x: number; readonly y: number; readonly atMs: EpochMs } | undefined;
  for (let index = 0; index < timesMs.length; index += 1) {
    const atMs = timesMs[index] ?? 0;
    if (atMs < span.fromMs || atMs > span.toMs) continue;
    const point = {
      x: (atMs - span.fromMs) / Math.max(1, span.toMs - span.fromMs),
      y: (values[index] ?? 0) / scale.topBytes,
      atMs,
    };
    const firstCut = cut;
    while (cut < cuts.length && (cuts[cut] ?? 0) <= atMs) cut += 1;
    const joined = before !== undefined && cut === firstCut && atMs - before.atMs <= gapMs;
    canvas.line(joined && before !== undefined ? before : point, point);
    before = point;
  }
}

interface StepDrawing {
  readonly frame: Frame;
  readonly height: (bytes: Bytes) => number;
  readonly cell: DrawnCell;
}

function drawSteps(
  grid: (DrawnCell | undefined)[][],
  steps: readonly Step<MemoryLimit>[] | undefined,
  { frame, height, cell }: StepDrawing,
): void {
  for (let column = 0; column < frame.columns; column += 1) {
    const value = stepAt(steps, columnMs(column, frame));
    const row = value === undefined || value === 'unlimited' ? undefined : grid[height(value)];
    if (row !== undefined) row[column] = cell;
  }
}

function columnMs(column: number, { span, columns }: Frame): EpochMs {
  return span.fromMs + ((column + 0.5) / columns) * (span.toMs - span.fromMs);
}

function overlayMemory(grid: (DrawnCell | undefined)[][], canvas: Canvas): void {
  for (const [row, cells] of grid.entries()) {
    for (let column = 0; column < cells.length; column += 1) {
      const character = canvas.cell(column, row);
      if (character !== undefined) cells[column] = { character, styles: ['blue'] };
    }
  }
}

interface KillDrawing {
  readonly frame: Frame;
  readonly height: (bytes: Bytes) => number;
  readonly ascii: boolean;
}

function drawKills(
  grid: (DrawnCell | undefined)[][],
  { kills, history, span }: MemoryChart,
  { frame, height, ascii }: KillDrawing,
): void {
  for (const kill of kills) {
    if (kill.atMs < span.fromMs || kill.atMs > span.toMs) continue;
    const limit = kill.limitBytes ?? stepAt(history.limit, kill.atMs);
    const bytes = kill.kind === 'limit' && typeof limit === 'number' ? limit : kill.peakBytes;
    const row = bytes === undefined ? undefined : grid[height(bytes)];
    if (row !== undefined) {
      row[columnAt(kill.atMs, span, frame.columns)] = {
        character: glyphOf(kill.kind, ascii),
        styles: ['bold', 'red'],
      };
    }
  }
}

function plotLines(grid: (DrawnCell | undefined)[][], frame: Frame, { paint }: ChartOptions): string[] {
  const labels = new Map(
    ticksOf(frame.scale).map((bytes) => [rowOfTick(bytes, frame), tickLabel(bytes, frame.scale)] as const),
  );
  const head = padStart(frame.scale.unit, frame.gutter);
  return [
    paint(head, 'dim'),
    ...grid.map((cells, row) => {
      const label = labels.get(row);
      const axis = label === undefined ? frame.glyphs.axis : frame.glyphs.tick;
      const left = paint(padStart(label ?? '', frame.gutter) + axis, 'dim');
      return (left + paintCells(cells, paint)).trimEnd();
    }),
  ];
}

function rowOfTick(bytes: Bytes, { scale, rows }: Frame): number {
  return Math.min(rows - 1, Math.max(0, rows - 1 - Math.floor((bytes / scale.topBytes) * rows)));
}

/** `up to 312/s`, `up to 4.2 MiB/s`. */
export function highestTraffic(history: ContainerHistory): string | undefined {
  const { traffic } = history;
  if (traffic === undefined || traffic.perSecond.values.length === 0) return undefined;
  const highest = traffic.perSecond.values.reduce((most, value) => Math.max(most, value), 0);
  if (traffic.kind === 'network-bytes') return `up to ${formatBytes(Math.round(highest))}/s`;
  return `up to ${highest >= 10 ? Math.round(highest) : Number(highest.toPrecision(2))}/s`;
}
