/** Forgets what is too old, then what is too much. */
import { statSync } from 'node:fs';
import type { Retention } from '../../app/collect-ports.ts';
import type { Bytes, EpochMs } from '../../core/units.ts';
import { removeChunk } from './chunk.ts';
import type { Database } from './driver.ts';

/** Bundles of deaths may take this part of the whole; the figures give way to them no further. */
const INCIDENT_SHARE = 0.25;
/** Removed at a time where the file is too large. */
const INCIDENTS_AT_ONCE = 5;
/** The write-ahead log comes on top of the tables; the limit is kept with room for it. */
const HEADROOM = 0.95;

export interface RetainOptions {
  readonly database: Database;
  readonly retention: Retention;
  readonly nowMs: EpochMs;
  readonly rest: () => Promise<unknown>;
}

export async function retain(options: RetainOptions): Promise<void> {
  const { database, retention } = options;
  const horizonMs = options.nowMs - retention.maxAgeMs;
  database.run('delete from incident where at < ?', horizonMs);
  for (const { no } of database.all('select no from chunk where ready = 1 and t1 < ?', horizonMs)) {
    database.transaction(() => removeChunk(database, Number(no)));
    await options.rest();
  }
  await shrink(options);
  forgetContainers(database, horizonMs);
  database.exec('pragma incremental_vacuum(2000)');
}

async function shrink({ database, retention, rest }: RetainOptions): Promise<void> {
  const most = retention.maxBytes * HEADROOM;
  while (incidentBytes(database) > most * INCIDENT_SHARE && removeIncidents(database)) await rest();
  while (usedBytes(database) > most) {
    const oldest = database.get('select no from chunk where ready = 1 order by t0, no limit 1');
    if (oldest === undefined) {
      if (!removeIncidents(database)) return;
    } else database.transaction(() => removeChunk(database, Number(oldest['no'])));
    await rest();
  }
}

function removeIncidents(database: Database): boolean {
  const some = `select id from incident order by at limit ${INCIDENTS_AT_ONCE}`;
  const before = database.get('select count(*) n from incident')?.['n'];
  if (before === 0) return false;
  database.run(`delete from incident where id in (${some})`);
  return true;
}

function incidentBytes(database: Database): Bytes {
  return Number(database.get('select total(length(bundle)) bytes from incident')?.['bytes']);
}

/** Pages in use; free ones are used again before the file grows. */
function usedBytes(database: Database): Bytes {
  const pages = Number(database.get('pragma page_count')?.['page_count']);
  const free = Number(database.get('pragma freelist_count')?.['freelist_count']);
  const size = Number(database.get('pragma page_size')?.['page_size']);
  return (pages - free) * size;
}

/** Containers whose last figure is gone, and what was known of them. */
function forgetContainers(database: Database, horizonMs: EpochMs): void {
  const oldest = database.get(
    'select min(t) t from (select min(t0) t from chunk where ready = 1 union all select min(at) t from tick)',
  );
  const beforeMs = Math.max(horizonMs, typeof oldest?.['t'] === 'number' ? oldest['t'] : horizonMs);
  database.transaction(() => {
    database.run(
      'delete from step where container in (select id from container where last_at < ?)',
      beforeMs,
    );
    database.run('delete from container where last_at < ?', beforeMs);
    // Of those that live, what held when the history begins must stay known.
    database.run(
      `delete from step where at < ?1 and exists (select 1 from step newer where newer.container = step.container
         and newer.kind = step.kind and newer.at > step.at and newer.at < ?1)`,
      beforeMs,
    );
  });
}

/** Of the file and what belongs to it. */
export function fileBytes(path: string): Bytes {
  return [path, `${path}-wal`].reduce((sum, file) => {
    try {
      return sum + statSync(file).size;
    } catch {
      return sum;
    }
  }, 0);
}
