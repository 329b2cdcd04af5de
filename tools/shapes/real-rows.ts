/** Files of others as rows, and rows as series and questions. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { MemoryQuestion } from '../../src/core/memory/types.ts';
import type { ContainerHistory, KillMark, Series } from '../../src/core/model/series.ts';

export const FOLDER = join(import.meta.dirname, '../../../shared/data/timeseries');

export type Row = Readonly<Record<string, string>>;

export function textOf(folder: string, file: string): string {
  const bytes = readFileSync(join(FOLDER, folder, file));
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

export function filesOf(folder: string, suffix: string): readonly string[] {
  return readdirSync(join(FOLDER, folder))
    .filter((file) => file.endsWith(suffix))
    .toSorted();
}

/** Cells by column name; a name that occurs twice keeps its first column. */
export function csv(text: string): readonly Row[] {
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const names = head.split(',').map((name) => name.trim());
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(
      names.map((name, index) => [name, (cells[index] ?? '').trim()] as const).toReversed(),
    );
  });
}

export function seriesFrom(
  rows: readonly Row[],
  atMs: (row: Row, index: number) => number,
  value: (row: Row) => number,
): Series {
  const timesMs: number[] = [];
  const values: number[] = [];
  for (const [index, row] of rows.entries()) {
    const at = Math.round(atMs(row, index));
    const number = value(row);
    if (!Number.isFinite(number) || !Number.isFinite(at) || at <= (timesMs.at(-1) ?? 0)) continue;
    timesMs.push(at);
    values.push(Math.round(number));
  }
  return { timesMs, values };
}

/** An empty cell is no sample, not 0. */
export const numberIn = (row: Row, column: string): number =>
  row[column] ? Number(row[column]) : Number.NaN;

/** Instants in a column of epoch seconds. */
export const secondsIn =
  (column: string) =>
  (row: Row): number =>
    numberIn(row, column) * 1000;

interface Asked {
  readonly name: string;
  readonly memory: Series;
  readonly kind?: 'workingSet' | 'usage' | 'rss';
  readonly limitBytes?: number;
  readonly traffic?: Series;
  readonly more?: Partial<ContainerHistory>;
  readonly kills?: readonly KillMark[];
}

export function ask({
  name,
  memory,
  kind = 'workingSet',
  limitBytes,
  traffic,
  more,
  kills = [],
}: Asked): MemoryQuestion {
  const fromMs = memory.timesMs[0] ?? 0;
  const toMs = memory.timesMs.at(-1) ?? fromMs;
  const history: ContainerHistory = {
    namespace: 'real',
    pod: name,
    container: name,
    source: 'file',
    stepMs: Math.round((toMs - fromMs) / Math.max(1, memory.timesMs.length - 1)),
    fromMs,
    toMs,
    [kind]: memory,
    ...(limitBytes === undefined ? {} : { limit: [{ fromMs, value: Math.round(limitBytes) }] }),
    ...(traffic === undefined
      ? {}
      : { traffic: { kind: 'requests', metric: 'requests', perSecond: traffic, scope: 'pod' } }),
    ...more,
  };
  return { histories: [history], kills, changes: [], nowMs: toMs };
}
