/** Columns for a terminal: aligned by display width, cut to a width, no borders. */
import type { Paint, Style } from './paint.ts';
import { NO_PAINT } from './paint.ts';
import { cleanLine } from './clean.ts';
import { cutEnd, cutMiddle, displayWidth, padEnd, padStart } from './width.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** `middle` for names, `end` for sentences; absent = never cut. */
  readonly cut?: 'middle' | 'end';
  /** Columns narrower than this are not cut further. */
  readonly leastWidth?: number;
}

export interface Cell {
  readonly text: string;
  readonly styles?: readonly Style[];
}

export interface TableOptions {
  /** Widest line allowed; absent = as wide as needed. */
  readonly width?: number;
  readonly headers: boolean;
  readonly paint?: Paint;
  readonly ellipsis?: string;
}

const GAP = '  ';

/** Renders rows; every line ends without blanks. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly (Cell | string)[])[],
  options: TableOptions,
): string[] {
  const paint = options.paint ?? NO_PAINT;
  const cells = rows.map((row) => columns.map((_, index) => toCell(row[index])));
  const widths = fitWidths(columns, cells, options);
  const render = (row: readonly Cell[]): string => {
    const parts = columns.map((column, index) => {
      const width = widths[index] ?? 0;
      const cell = row[index] ?? { text: '' };
      const text = cutCell(cell.text, column, { width, ellipsis: options.ellipsis ?? '…' });
      const last = index === columns.length - 1;
      const padded = column.align === 'right' ? padStart(text, width) : last ? text : padEnd(text, width);
      return paint(padded, ...(cell.styles ?? []));
    });
    return parts.join(GAP).trimEnd();
  };
  const lines = cells.map(render);
  if (options.headers) lines.unshift(render(columns.map(({ title }) => ({ text: title, styles: ['dim'] }))));
  return lines;
}

function toCell(cell: Cell | string | undefined): Cell {
  if (cell === undefined) return { text: '' };
  return typeof cell === 'string' ? { text: cleanLine(cell) } : { ...cell, text: cleanLine(cell.text) };
}

function cutCell(
  text: string,
  column: Column,
  fit: { readonly width: number; readonly ellipsis: string },
): string {
  if (column.cut === undefined) return text;
  return column.cut === 'middle'
    ? cutMiddle(text, fit.width, fit.ellipsis)
    : cutEnd(text, fit.width, fit.ellipsis);
}

/** Takes what is too much from the widest cuttable column first, so that short columns stay whole. */
function fitWidths(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions,
): number[] {
  const widths = columns.map((column, index) => {
    const header = options.headers ? displayWidth(column.title) : 0;
    return rows.reduce((widest, row) => Math.max(widest, displayWidth(row[index]?.text ?? '')), header);
  });
  if (options.width === undefined) return widths;
  const least = columns.map((column) => Math.max(column.leastWidth ?? 8, displayWidth(column.title)));
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (columns.length - 1)) - options.width;
  while (excess > 0) {
    let widest = -1;
    columns.forEach((column, index) => {
      const width = widths[index] ?? 0;
      if (column.cut === undefined || width <= (least[index] ?? 0)) return;
      if (widest < 0 || width > (widths[widest] ?? 0)) widest = index;
    });
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}
