/** Public door for whoever writes: the embedded history behind app's `HistoryStore`. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { HistoryStore, Retention, StoreStatus, Tick } from '../../app/collect-ports.ts';
import { MINUTE_MS, type EpochMs } from '../../core/units.ts';
import { ByteWriter } from './bytes.ts';
import { removeUnfinished } from './chunk.ts';
import type { Database } from './driver.ts';
import { incidentSink } from './incidents.ts';
import { LANES, MISSING, unitsOf } from './lanes.ts';
import { packTicks } from './pack.ts';
import { Places } from './places.ts';
import { fileBytes, retain } from './retain.ts';
import { openForWriting } from './schema.ts';
import { States } from './states.ts';
import { thinOut } from './thin.ts';
import { encodeTick } from './tick-log.ts';
import { Words } from './words.ts';

/** Going through everything for what is too old or too much costs more than a tick. */
const RETAIN_EVERY_MS = 5 * MINUTE_MS;

/** Opens or makes the file. Throws `SourceError` (`unreadable`): what is wrong with it, and what helps. */
export function openHistoryStore(path: string): HistoryStore {
  const opened = openForWriting(path);
  try {
    return new Store(opened.database, () => opened.close());
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** Maintenance was under way when the store was closed. */
class ClosedError extends Error {}

class Store implements HistoryStore {
  readonly deaths: HistoryStore['deaths'];
  readonly #database: Database;
  readonly #close: () => void;
  readonly #words: Words;
  readonly #places: Places;
  readonly #states: States;
  readonly #row = new ByteWriter(64 * 1024);
  #lanes: readonly Uint32Array[] = [];
  #newestAtMs: EpochMs;
  #retainedAtMs: EpochMs = 0;
  #isClosed = false;
  #maintenance: Promise<void> | undefined;

  constructor(database: Database, close: () => void) {
    this.#database = database;
    this.#close = close;
    removeUnfinished(database);
    this.#newestAtMs = newestOf(database);
    this.#words = new Words(database);
    this.#places = new Places(database, this.#words, this.#newestAtMs);
    this.#states = new States(database);
    this.deaths = incidentSink(database);
  }

  placesOf(containers: Parameters<HistoryStore['placesOf']>[0]): readonly number[] {
    return this.#places.placesOf(containers);
  }

  /** A tick that is not newer than the last one (the clock was set back) is refused. */
  write(tick: Tick): void {
    const { atMs } = tick;
    if (!Number.isSafeInteger(atMs) || atMs <= this.#newestAtMs)
      throw new RangeError(`the tick at ${atMs} is not newer than the last one at ${this.#newestAtMs}`);
    const lanes = this.#emptyLanes();
    for (const sample of tick.samples) {
      const slot = this.#places.slotOf(sample.place);
      if (slot === undefined) continue;
      for (const [lane, name] of LANES.entries()) {
        const amount = sample[name];
        if (amount !== undefined && amount >= 0) (lanes[lane] as Uint32Array)[slot] = unitsOf(lane, amount);
      }
      if (sample.state !== undefined)
        this.#states.note({ place: sample.place, slot }, sample.state, this.#words);
    }
    this.#save(atMs, encodeTick(lanes, this.#row));
    this.#newestAtMs = atMs;
    for (const { place } of tick.samples) this.#places.seen(place, atMs);
  }

  #save(atMs: EpochMs, row: Uint8Array): void {
    const database = this.#database;
    try {
      database.transaction(() => {
        this.#places.save(database, atMs);
        this.#states.save(database, atMs);
        this.#words.save(database);
        database.run('insert into tick(at, v) values(?, ?)', atMs, row);
      });
    } catch (error) {
      this.#states.drop();
      throw error;
    }
    this.#places.kept();
    this.#states.kept();
    this.#words.kept();
  }

  maintain(retention: Retention, nowMs: EpochMs): Promise<void> {
    this.#maintenance ??= this.#maintain(retention, nowMs)
      .catch((error: unknown) => {
        // What was half built is taken up anew by the next collector.
        if (!(error instanceof ClosedError)) throw error;
      })
      .finally(() => {
        this.#maintenance = undefined;
      });
    return this.#maintenance;
  }

  async #maintain(retention: Retention, nowMs: EpochMs): Promise<void> {
    const database = this.#database;
    const rest = async (): Promise<void> => {
      await breathe();
      if (this.#isClosed) throw new ClosedError();
    };
    const leftMs = await packTicks({
      database,
      slots: this.#places.slots,
      placeAt: (slot) => this.#places.placeAt(slot),
      rest,
    });
    if (leftMs !== undefined)
      for (const slot of this.#places.release(database, leftMs)) this.#states.forget(slot);
    await thinOut({ database, nowMs, rest });
    if (Math.abs(nowMs - this.#retainedAtMs) < RETAIN_EVERY_MS) return;
    this.#retainedAtMs = nowMs;
    await retain({ database, retention, nowMs, rest });
  }

  status(): StoreStatus {
    const database = this.#database;
    const oldest = database.get(
      'select min(t) t from (select min(t0) t from chunk where ready = 1 union all select min(at) t from tick)',
    )?.['t'];
    return {
      path: database.path,
      bytes: fileBytes(database.path),
      containers: this.#places.size,
      incidents: Number(database.get('select count(*) n from incident')?.['n']),
      ...(typeof oldest === 'number' ? { oldestAtMs: oldest } : {}),
      ...(this.#newestAtMs > 0 ? { newestAtMs: this.#newestAtMs } : {}),
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#close();
  }

  #emptyLanes(): readonly Uint32Array[] {
    const { slots } = this.#places;
    if ((this.#lanes[0]?.length ?? -1) < slots)
      this.#lanes = LANES.map(() => new Uint32Array(Math.ceil(slots * 1.25) + 64));
    for (const lane of this.#lanes) lane.fill(MISSING);
    return this.#lanes;
  }
}

function newestOf(database: Database): EpochMs {
  const row = database.get(
    'select max(t) t from (select max(at) t from tick union all select max(t1) - 1 t from chunk where ready = 1 and tier = 0)',
  );
  return typeof row?.['t'] === 'number' ? row['t'] : 0;
}
