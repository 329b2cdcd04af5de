/** What all parts of a chart share: its columns, its scale, its signs, and painted cells. */
import type { KillMark } from '../model/series.ts';
import type { ByteScale } from './chart-scale.ts';
import type { TimeSpan } from './columns.ts';
import type { Paint, Style } from './paint.ts';

export interface Glyphs {
  readonly limit: string;
  readonly request: string;
  readonly axis: string;
  readonly tick: string;
  readonly corner: string;
  readonly floor: string;
}

export const GLYPHS: Glyphs = { limit: '━', request: '╌', axis: '│', tick: '┤', corner: '└', floor: '─' };
export const ASCII_GLYPHS: Glyphs = {
  limit: '=',
  request: '-',
  axis: '|',
  tick: '+',
  corner: '+',
  floor: '-',
};

/** Shape says who: cross = own limit, diamond = memory of others, triangle = evicted, square = not memory. */
export const KILL_GLYPHS: Readonly<Record<KillMark['kind'], readonly [string, string, string]>> = {
  limit: ['✖', 'X', 'killed at its limit'],
  memory: ['◆', 'M', 'killed for memory, not at its own limit'],
  evicted: ['▲', 'E', 'evicted'],
  'not-memory': ['■', 'o', 'ended, not about memory'],
  unknown: ['□', '?', 'ended, cause unknown'],
};

export interface Frame {
  readonly scale: ByteScale;
  readonly gutter: number;
  readonly columns: number;
  readonly rows: number;
  readonly span: TimeSpan;
  readonly glyphs: Glyphs;
}

export interface DrawnCell {
  readonly character: string;
  readonly styles: readonly Style[];
}

export function glyphOf(kind: KillMark['kind'], ascii: boolean): string {
  return KILL_GLYPHS[kind][ascii ? 1 : 0];
}

export function paintCells(cells: readonly (DrawnCell | undefined)[], paint: Paint): string {
  let text = '';
  let run = '';
  let styles: readonly Style[] | undefined;
  const flush = (): void => {
    text += styles === undefined ? run : paint(run, ...styles);
    run = '';
  };
  for (const cell of cells) {
    const next = cell?.styles;
    if (next?.join() !== styles?.join()) flush();
    styles = next;
    run += cell?.character ?? ' ';
  }
  flush();
  return text;
}
