/** The one file that knows `node:sqlite`: opening, statements, transactions, and its errors in words. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { SourceError } from '../../app/ports.ts';

export type Row = Readonly<Record<string, number | string | Uint8Array | null>>;

export interface Database {
  readonly path: string;
  /** Several statements, no values. */
  exec(sql: string): void;
  run(sql: string, ...values: readonly SQLInputValue[]): void;
  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined;
  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[];
  iterate(sql: string, ...values: readonly SQLInputValue[]): IterableIterator<Row>;
  /** All or nothing; takes the right to write at once. */
  transaction<T>(task: () => T): T;
  /** What is read inside is one moment's state. */
  snapshot<T>(task: () => T): T;
  close(): void;
}

export type OpenMode =
  | 'write'
  | 'read'
  /** For a file that nobody writes, in a folder that is read-only: takes no locks. */
  | 'frozen'
  /** Only to be locked: waits for nobody. */
  | 'lock';

/** Longer than any transaction of ours takes. */
const BUSY_MS = 5000;

type Sqlite = typeof import('node:sqlite');
let sqlite: Sqlite | undefined;

/** Node 22 calls the module experimental at its first use, on stderr; what is used of it is the same in 24. */
function loadSqlite(): Sqlite {
  if (sqlite !== undefined) return sqlite;
  const original = Reflect.get(process, 'emitWarning') as (...words: readonly unknown[]) => void;
  process.emitWarning = (...words: readonly unknown[]): void => {
    if (!String(words[0]).startsWith('SQLite is an experimental feature'))
      original.apply(process, [...words]);
  };
  try {
    sqlite = process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = original;
  }
  return sqlite;
}

/** Throws `SourceError` (`unreadable`), as everything that the returned object does. */
export function openDatabase(path: string, mode: OpenMode): Database {
  const { DatabaseSync } = loadSqlite();
  const url = pathToFileURL(path);
  if (mode === 'frozen') url.search = '?immutable=1';
  const database = attempt(path, () => {
    const isLock = mode === 'lock';
    const readOnly = mode === 'read' || mode === 'frozen';
    const opened = new DatabaseSync(url, { readOnly, timeout: isLock ? 0 : BUSY_MS });
    if (isLock) return opened;
    try {
      // The first statement that touches the file: a file that is no database fails here.
      opened.prepare('select count(*) from sqlite_schema').get();
    } catch (error) {
      opened.close();
      throw error;
    }
    return opened;
  });
  return new Connection(path, database);
}

class Connection implements Database {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #isInTransaction = false;

  constructor(path: string, database: DatabaseSync) {
    this.path = path;
    this.#database = database;
  }

  exec(sql: string): void {
    attempt(this.path, () => this.#database.exec(sql));
  }

  run(sql: string, ...values: readonly SQLInputValue[]): void {
    attempt(this.path, () => this.#statement(sql).run(...values));
  }

  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return attempt(this.path, () => this.#statement(sql).get(...values)) as Row | undefined;
  }

  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return attempt(this.path, () => this.#statement(sql).all(...values)) as readonly Row[];
  }

  *iterate(sql: string, ...values: readonly SQLInputValue[]): IterableIterator<Row> {
    const rows = attempt(this.path, () => this.#statement(sql).iterate(...values));
    for (;;) {
      const next = attempt(this.path, () => rows.next());
      if (next.done === true) return;
      yield next.value as Row;
    }
  }

  transaction<T>(task: () => T): T {
    return this.#within('begin immediate', task);
  }

  snapshot<T>(task: () => T): T {
    return this.#within('begin', task);
  }

  close(): void {
    this.#statements.clear();
    attempt(this.path, () => this.#database.close());
  }

  #within<T>(begin: string, task: () => T): T {
    if (this.#isInTransaction) return task();
    this.exec(begin);
    this.#isInTransaction = true;
    try {
      const value = task();
      this.exec('commit');
      return value;
    } catch (error) {
      // SQLite itself has rolled back where the disk was full.
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw error;
    } finally {
      this.#isInTransaction = false;
    }
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** SQLite's primary result codes (sqlite.org/rescode.html): what it means here, and what helps. */
const TROUBLE: ReadonlyMap<number, string> = new Map([
  [3, 'permission denied. Give the user that runs exit137 the right to read and write it'],
  [5, 'another process holds it. End the other collector, or try again'],
  [6, 'another process holds it. End the other collector, or try again'],
  [8, 'it is read-only. Give the user that runs exit137 the right to write it and its folder'],
  [10, 'the disk gave an error. Look at the kernel log of this machine'],
  [11, 'it is damaged. Move it away; a new collector then begins a new history'],
  [13, 'no space left. Free some, or keep less (--max-size)'],
  [14, 'it cannot be opened. Is the folder there, and may this user read and write it?'],
  [26, 'it is no exit137 history, nor any other SQLite database. Name another file'],
]);

/** `cannot use PATH: WHY`, or the error itself where it does not come from SQLite. */
function attempt<T>(path: string, task: () => T): T {
  try {
    return task();
  } catch (cause) {
    if (cause instanceof SourceError) throw cause;
    const { errcode, message } = cause as { readonly errcode?: unknown; readonly message?: unknown };
    if (typeof errcode !== 'number') throw cause;
    throw historyError(path, TROUBLE.get(errcode & 0xff) ?? String(message), cause);
  }
}

/** Whether somebody else holds it. */
export function isBusy(error: unknown): boolean {
  const cause = error instanceof SourceError ? (error.cause as { readonly errcode?: unknown }) : undefined;
  return typeof cause?.errcode === 'number' && [5, 6].includes(cause.errcode & 0xff);
}

export function historyError(path: string, why: string, cause?: unknown): SourceError {
  return new SourceError('unreadable', `cannot use ${path}: ${why}`, { cause });
}
