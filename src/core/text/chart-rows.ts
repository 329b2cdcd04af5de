/** The rows below a chart, on its columns: kills, time, traffic. */
import type { ContainerHistory, KillMark } from '../model/series.ts';
import { glyphOf, paintCells } from './chart-frame.ts';
import type { DrawnCell, Frame } from './chart-frame.ts';
import { timeTicks } from './chart-scale.ts';
import { columnAt, columnRanges } from './columns.ts';
import type { TextOptions } from './options.ts';
import { sparkline } from './sparkline.ts';
import { padStart } from './width.ts';

export function killLines(kills: readonly KillMark[], frame: Frame, options: TextOptions): string[] {
  const { span } = frame;
  const within = kills.filter(({ atMs }) => atMs >= span.fromMs && atMs <= span.toMs);
  if (within.length === 0) return [];
  const byColumn = Map.groupBy(within, ({ atMs }) => columnAt(atMs, span, frame.columns));
  const cells: (DrawnCell | undefined)[] = Array.from({ length: frame.columns });
  for (const [column, marks] of byColumn) {
    const [first] = marks;
    if (first === undefined) continue;
    const many = marks.length > 9 ? '+' : String(marks.length);
    const character = marks.length === 1 ? glyphOf(first.kind, options.ascii) : many;
    cells[column] = { character, styles: ['bold', 'red'] };
  }
  const head = options.paint(`${padStart('kills', frame.gutter)} `, 'dim');
  return [(head + paintCells(cells, options.paint)).trimEnd()];
}

export function timeLines(frame: Frame, { zone, paint }: TextOptions): string[] {
  const floor = Array.from({ length: frame.columns }, () => frame.glyphs.floor);
  const labels = Array.from({ length: frame.columns }, () => ' ');
  for (const { atMs, label } of timeTicks(frame.span, frame.columns, zone)) {
    const column = columnAt(atMs, frame.span, frame.columns);
    if (column + label.length > frame.columns) continue;
    floor[column] = frame.glyphs.corner === '+' ? '+' : '┴';
    for (let offset = 0; offset < label.length; offset += 1) labels[column + offset] = label.charAt(offset);
  }
  const blank = ' '.repeat(frame.gutter);
  return [
    paint(`${blank}${frame.glyphs.corner}${floor.join('')}`, 'dim'),
    paint(`${blank} ${labels.join('')}`.trimEnd(), 'dim'),
  ];
}

export function trafficLines({ traffic }: ContainerHistory, frame: Frame, options: TextOptions): string[] {
  if (traffic === undefined || traffic.perSecond.timesMs.length === 0) return [];
  const ranges = columnRanges(traffic.perSecond, frame.span, frame.columns);
  const highest = ranges.reduce((most, range) => Math.max(most, range?.high ?? 0), 0);
  const bars = sparkline(
    ranges.map((range) => range?.high),
    highest,
    options.ascii,
  ).join('');
  const unit = traffic.kind === 'network-bytes' ? 'net/s' : 'req/s';
  const head = options.paint(`${padStart(unit, frame.gutter)} `, 'dim');
  return [(head + options.paint(bars, 'cyan')).trimEnd()];
}
