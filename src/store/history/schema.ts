/** The tables, numbered steps that bring older files up, and what is refused at the door. */
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SourceError } from '../../app/ports.ts';
import { historyError, isBusy, openDatabase, type Database } from './driver.ts';

/** `E137` in the file's head: no other program's database is written into. */
const APPLICATION_ID = 0x45313337;

/**
 * Step N makes a file of version N-1 one of version N. A step that was released is never changed; new ones follow.
 *
 * text: words that come again and again. container: who stands in which slot from when to when (last_at absent = still there).
 * step: what changes rarely. tick: one moment of all. chunk, block: the same packed, see `block.ts`.
 */
export const MIGRATIONS: readonly string[] = [
  `create table text(id integer primary key, value text not null);
   create table container(id integer primary key, namespace integer not null, pod text not null, uid blob,
     name integer not null, node integer, workload_kind integer, workload integer, slot integer not null,
     first_at integer not null, last_at integer);
   create table step(container integer not null, kind integer not null, at integer not null, value integer not null,
     primary key(container, kind, at)) without rowid;
   create table tick(at integer primary key, v blob not null);
   create table chunk(no integer primary key, tier integer not null, t0 integer not null, t1 integer not null,
     bins integer not null, times blob, ready integer not null);
   create table block(id integer primary key, v blob not null, extremes blob not null);`,
  `create table incident(id integer primary key, name text not null unique, at integer not null,
     namespace text not null, pod text not null, container text, bytes integer not null, bundle blob not null);
   create index incident_at on incident(at);`,
];

/** Small enough that a reader of a running collector's file finds little to go through. */
const LOG_LIMIT_BYTES = 8 * 1024 * 1024;

/**
 * Opens or makes the file, brings it up to date, and keeps other collectors out until `close`. Throws `SourceError`
 * (`unreadable`).
 */
export function openForWriting(path: string): { readonly database: Database; close(): void } {
  const target = resolve(path);
  makeFolder(target);
  const lock = takeLock(target);
  try {
    makeFile(target);
    const database = openDatabase(target, 'write');
    try {
      prepare(database);
    } catch (error) {
      database.close();
      throw error;
    }
    const close = (): void => {
      database.close();
      lock.close();
    };
    return { database, close };
  } catch (error) {
    lock.close();
    throw error;
  }
}

function makeFolder(target: string): void {
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw historyError(target, `its folder cannot be made: ${(cause as Error).message}`, cause);
  }
}

/**
 * SQLite makes files that everybody may read. Log lines and pods are nobody else's business; the files that SQLite puts
 * beside this one take over its mode. Only ever made, never opened again: closing a file drops SQLite's locks on it.
 */
function makeFile(target: string): void {
  try {
    closeSync(openSync(target, 'wx', 0o600));
  } catch {
    // It is there and keeps its mode, or SQLite says in its words why it cannot be made.
  }
}

/** A lock of SQLite on a file beside it: the kernel takes it back however the process ends. */
function takeLock(target: string): Database {
  makeFile(`${target}-lock`);
  const lock = openDatabase(`${target}-lock`, 'lock');
  try {
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    const why = 'another collector writes it. Only one can; end it, or name another file';
    throw historyError(target, why, error);
  }
}

function prepare(database: Database): void {
  const version = checkedVersion(database);
  if (version === 0) {
    // Both must come before the first table.
    database.exec('pragma auto_vacuum = incremental; pragma page_size = 4096');
  }
  database.exec(`pragma journal_mode = wal; pragma synchronous = full;
    pragma journal_size_limit = ${LOG_LIMIT_BYTES}; pragma cache_size = -2000; pragma mmap_size = 0`);
  if (version === MIGRATIONS.length) return;
  database.transaction(() => {
    for (const step of MIGRATIONS.slice(version)) database.exec(step);
    database.exec(`pragma application_id = ${APPLICATION_ID}; pragma user_version = ${MIGRATIONS.length}`);
  });
}

/** The file's version; 0 = an empty file. */
function checkedVersion(database: Database): number {
  const { path } = database;
  const version = Number(database.get('pragma user_version')?.['user_version']);
  const application = Number(database.get('pragma application_id')?.['application_id']);
  const tables = Number(database.get('select count(*) n from sqlite_schema')?.['n']);
  if (tables === 0) return 0;
  // Ours has none; what a view or a trigger computes may never end.
  const computed = Number(
    database.get("select count(*) n from sqlite_schema where type in ('view', 'trigger')")?.['n'],
  );
  if (application !== APPLICATION_ID || computed > 0)
    throw historyError(path, 'it is the database of another program. Name another file');
  if (version > MIGRATIONS.length)
    throw historyError(
      path,
      `a newer exit137 wrote it (version ${version}; this one knows ${MIGRATIONS.length}). Use that one`,
    );
  return version;
}

/** For reading only, also while a collector writes. Throws `SourceError` (`not-found`, `unreadable`). */
export function openForReading(path: string): Database {
  const target = resolve(path);
  if (!existsSync(target))
    throw new SourceError('not-found', `there is no history at ${target}; exit137 collect makes one`);
  const database = openReadable(target);
  try {
    const version = checkedVersion(database);
    if (version === MIGRATIONS.length) return database;
    const why =
      version === 0
        ? 'it holds no history yet. Is the collector running?'
        : `an older exit137 wrote it (version ${version}, this one reads ${MIGRATIONS.length}). Run exit137 collect on it once: it brings it up to date`;
    throw historyError(target, why);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** In a folder that may not be written SQLite cannot make its lock files: then nobody else writes there either. */
function openReadable(target: string): Database {
  try {
    return openDatabase(target, 'read');
  } catch (error) {
    if (existsSync(`${target}-wal`)) throw error;
    try {
      return openDatabase(target, 'frozen');
    } catch {
      throw error;
    }
  }
}
