/** The process table of a report (dump_tasks, mm/oom_kill.c), in every set of columns from 2.6 to 6.x. */
import type { ProcessRow } from '../../model/kernel.ts';
import type { Bytes } from '../../units.ts';

/** Rows kept in a finished report. */
export const PROCESS_LIMIT = 64;

/** A row with the column that only checks the kill line need. */
export interface TableRow extends ProcessRow {
  readonly pageTablesBytes?: Bytes;
}

/** Column names between `[ pid ]` and `name`. */
const DEFAULT_COLUMNS: Readonly<Record<number, readonly string[]>> = {
  6: ['uid', 'tgid', 'total_vm', 'rss', 'oom_adj', 'oom_score_adj'],
  7: ['uid', 'tgid', 'total_vm', 'rss', 'nr_ptes', 'swapents', 'oom_score_adj'],
  8: ['uid', 'tgid', 'total_vm', 'rss', 'nr_ptes', 'nr_pmds', 'swapents', 'oom_score_adj'],
};

/** The header's columns; undefined where the line is none. */
export function readTableHeader(message: string): readonly string[] | undefined {
  const match = /^\[\s{0,8}pid\s{0,8}\]\s+((?:[a-z_]{1,20}\s+){2,20})name$/.exec(message.slice(0, 400));
  return match?.[1]?.trim().split(/\s+/);
}

const ROW = /^\[\s{0,10}(\d{1,10})\]((?:\s{1,20}-?\d{1,20}){3,16})\s(.{0,64})$/;

export function isTableRow(message: string): boolean {
  return ROW.test(message);
}

export class ProcessTable {
  #columns: readonly string[] | undefined;
  #rows: TableRow[] = [];
  /** Rows seen, also those that were let go. */
  count = 0;

  constructor(columns?: readonly string[]) {
    this.#columns = columns;
  }

  /** False where the line is no row of this table. */
  read(message: string): boolean {
    const row = readRow(message, this.#columns);
    if (row === undefined) return false;
    this.count += 1;
    this.#rows.push(row);
    if (this.#rows.length >= 4 * PROCESS_LIMIT) this.#cut();
    return true;
  }

  row(pid: number): TableRow | undefined {
    return this.#rows.find((row) => row.pid === pid);
  }

  /** True only where every row was kept and none is this process. */
  lacks(pid: number): boolean {
    return this.count > 0 && this.count === this.#rows.length && this.row(pid) === undefined;
  }

  /** Largest first. */
  get largest(): readonly TableRow[] {
    return this.#rows.toSorted((a, b) => b.rssPages - a.rssPages).slice(0, PROCESS_LIMIT);
  }

  #cut(): void {
    this.#rows = [...this.largest];
  }
}

function readRow(message: string, columns: readonly string[] | undefined): TableRow | undefined {
  const match = ROW.exec(message);
  if (match === null) return undefined;
  // The name may begin with digits: as many numbers as there are columns, the rest is the name.
  const fields = `${match[2] ?? ''} ${match[3] ?? ''}`.trim();
  const names = columns ?? DEFAULT_COLUMNS[(match[2] ?? '').trim().split(/\s+/).length];
  if (names === undefined) return undefined;
  const parts = new RegExp(`^((?:-?\\d+\\s+){${names.length}})(.*)$`).exec(`${fields} `);
  if (parts === null) return undefined;
  const numbers = (parts[1] ?? '').trim().split(/\s+/).map(Number);
  return buildRow(Number(match[1]), (parts[2] ?? '').trim(), (name) => numbers[names.indexOf(name)]);
}

function buildRow(
  pid: number,
  comm: string,
  column: (name: string) => number | undefined,
): TableRow | undefined {
  const rssPages = column('rss');
  if (rssPages === undefined || rssPages < 0) return undefined;
  const [tgid, uid, totalVmPages] = [column('tgid'), column('uid'), column('total_vm')];
  const [swapEntries, oomScoreAdj, pageTablesBytes] = [
    column('swapents'),
    column('oom_score_adj'),
    column('pgtables_bytes'),
  ];
  return {
    pid,
    comm,
    rssPages,
    ...(tgid === undefined ? {} : { tgid }),
    ...(uid === undefined ? {} : { uid }),
    ...(totalVmPages === undefined ? {} : { totalVmPages }),
    ...(swapEntries === undefined ? {} : { swapEntries }),
    ...(oomScoreAdj === undefined ? {} : { oomScoreAdj }),
    ...(pageTablesBytes === undefined ? {} : { pageTablesBytes }),
  };
}
