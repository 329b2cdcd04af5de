/** Tables of memory over time: one row a sample (`time,value,container`), or one column a container or a quantity. */
import type { ContainerHistory } from '../../model/series.ts';
import type { EpochMs } from '../../units.ts';
import { parseAmount, parseInstant } from './amounts.ts';
import { buildHistory, type Quantity } from './build-history.ts';
import { splitCells } from './csv-cells.ts';
import { columnsOf, type Columns, type ValueColumn } from './csv-columns.ts';

export interface CsvHistories {
  readonly histories: readonly ContainerHistory[];
  /** What could not be used, in sentences. */
  readonly problems: readonly string[];
}

const LINE_CHARS = 64 * 1024;
const CONTAINERS = 5000;
/** Rows beyond are not read: 40,000 samples of 500 containers. */
const ROWS = 20_000_000;

interface Samples {
  readonly timesMs: EpochMs[];
  readonly values: number[];
}

/** Feed it the lines of a file, the header first. */
export class CsvReader {
  readonly #source: string;
  #columns: Columns | undefined;
  #problem: string | undefined;
  readonly #samples = new Map<string, { readonly names: Names; readonly parts: Map<Quantity, Samples> }>();
  #rows = 0;
  #badRows = 0;
  #tooMany = false;

  constructor(source: string) {
    this.#source = source;
  }

  push(line: string): void {
    if (this.#problem !== undefined || line.trim() === '' || line.startsWith('#')) return;
    if (line.length > LINE_CHARS) {
      this.#badRows += 1;
      return;
    }
    if (this.#columns === undefined) {
      const found = columnsOf(line);
      if (found.ok) this.#columns = found.value;
      else this.#problem = found.error.message;
      return;
    }
    if (this.#rows >= ROWS) {
      this.#tooMany = true;
      return;
    }
    this.#rows += 1;
    this.#row(splitCells(line, this.#columns.separator), this.#columns);
  }

  end(): CsvHistories {
    if (this.#problem !== undefined) return { histories: [], problems: [this.#problem] };
    const problems = new Set<string>();
    if (this.#badRows > 0) problems.add(`${this.#badRows} of ${this.#rows} rows were not understood`);
    if (this.#tooMany) problems.add('it is too long; the rest is not read');
    const histories: ContainerHistory[] = [];
    const notes = this.#columns?.notes ?? [];
    for (const { names, parts } of this.#samples.values()) {
      const { trafficName } = this.#columns ?? {};
      const built = buildHistory({
        name: this.#columns?.podAt === undefined ? names : { ...names, isPod: true },
        source: this.#source,
        samples: parts,
        notes,
        ...(trafficName === undefined ? {} : { trafficMetric: trafficName }),
      });
      if (built.history !== undefined) histories.push(built.history);
      else for (const note of built.notes) problems.add(note);
    }
    if (histories.length === 0 && problems.size === 0) problems.add('no row in it holds a sample');
    return { histories, problems: [...problems] };
  }

  #row(cells: readonly string[], columns: Columns): void {
    let isUsed = false;
    const named = (at: number | undefined): string => (at === undefined ? '' : (cells[at] ?? '').trim());
    const names = {
      namespace: named(columns.namespaceAt),
      pod: named(columns.podAt),
      container: named(columns.containerAt),
    };
    for (const column of columns.values) {
      const timeMs = parseInstant(cells[column.timeAt] ?? '');
      const value = valueOf(cells[column.at] ?? '', column);
      if (timeMs === undefined || value === undefined) continue;
      isUsed = true;
      this.#keep({ names: namesOf(names, column), column }, timeMs, value);
    }
    if (!isUsed) this.#badRows += 1;
  }

  #keep(at: { readonly names: Names; readonly column: ValueColumn }, timeMs: EpochMs, value: number): void {
    const { names, column } = at;
    const key = `${names.namespace}\n${names.pod}\n${names.container}`;
    let known = this.#samples.get(key);
    if (known === undefined) {
      if (this.#samples.size >= CONTAINERS) {
        this.#tooMany = true;
        return;
      }
      known = { names, parts: new Map() };
      this.#samples.set(key, known);
    }
    const samples = known.parts.get(column.quantity) ?? { timesMs: [], values: [] };
    known.parts.set(column.quantity, samples);
    samples.timesMs.push(timeMs);
    samples.values.push(value);
  }
}

interface Names {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** A pod without a container's name, or the reverse, is both. */
function namesOf(names: Names, column: ValueColumn): Names {
  const container = names.container || column.container || names.pod || 'unnamed';
  return { namespace: names.namespace, pod: names.pod || container, container };
}

function valueOf(cell: string, column: ValueColumn): number | undefined {
  const trimmed = cell.trim();
  if (trimmed === '') return undefined;
  if (column.bytesEach !== undefined) return parseAmount(trimmed, column.bytesEach);
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : undefined;
}
