/** Limits, requests, restarts and the like: kept only when they change. */
import type { ContainerState } from '../../app/collect-ports.ts';
import type { EpochMs } from '../../core/units.ts';
import type { Database } from './driver.ts';
import type { Words } from './words.ts';

/** The number of each kind in the file. Never renumbered. */
export const STATE_KINDS = [
  'limitBytes',
  'requestBytes',
  'restarts',
  'startedAtMs',
  'version',
  'oomEvents',
] as const satisfies readonly (keyof ContainerState)[];

/** In place of a limit where there is none. */
export const UNLIMITED = -1;
/** Two sources print the start of one container with different precision. */
const SAME_START_MS = 1500;

/** Nothing is known: no kind takes this value. */
const UNKNOWN = Number.NaN;
const KINDS = STATE_KINDS.length;

interface Change {
  readonly place: number;
  readonly slot: number;
  readonly kind: number;
  readonly value: number;
}

/** What holds now, by slot: one long list of numbers, because there are tens of thousands of containers. */
export class States {
  #last = new Float64Array(0);
  #pending: Change[] = [];

  /** What is known of the containers that stand in a slot. */
  constructor(database: Database) {
    const rows = database.iterate(
      `select c.slot, s.kind, s.value, max(s.at) from step s join container c on c.id = s.container
       where c.last_at is null group by s.container, s.kind`,
    );
    for (const { slot, kind, value } of rows)
      if (Number(kind) < KINDS) this.#set(Number(slot), Number(kind), Number(value));
  }

  /** Notes what differs from what is known. */
  note(at: { readonly place: number; readonly slot: number }, state: ContainerState, words: Words): void {
    for (const [kind, name] of STATE_KINDS.entries()) {
      const value = numberOf(state[name], words);
      if (value === undefined || !Number.isSafeInteger(value)) continue;
      const known = this.#last[at.slot * KINDS + kind] ?? UNKNOWN;
      const isSame = name === 'startedAtMs' ? Math.abs(known - value) <= SAME_START_MS : known === value;
      if (!isSame) this.#pending.push({ ...at, kind, value });
    }
  }

  /** Inside a transaction; call `kept` when it has been committed, `drop` where it was not. */
  save(database: Database, atMs: EpochMs): void {
    for (const { place, kind, value } of this.#pending) {
      database.run(
        'insert or replace into step(container, kind, at, value) values(?, ?, ?, ?)',
        place,
        kind,
        atMs,
        value,
      );
    }
  }

  kept(): void {
    for (const { slot, kind, value } of this.#pending) this.#set(slot, kind, value);
    this.#pending = [];
  }

  drop(): void {
    this.#pending = [];
  }

  /** Somebody else may stand there next. */
  forget(slot: number): void {
    this.#last.fill(UNKNOWN, slot * KINDS, (slot + 1) * KINDS);
  }

  #set(slot: number, kind: number, value: number): void {
    const at = slot * KINDS + kind;
    if (at >= this.#last.length) {
      const larger = new Float64Array(Math.max(64 * KINDS, Math.ceil((slot + 1) * 1.25) * KINDS)).fill(
        UNKNOWN,
      );
      larger.set(this.#last);
      this.#last = larger;
    }
    this.#last[at] = value;
  }
}

function numberOf(value: number | string | undefined, words: Words): number | undefined {
  if (value === 'unlimited') return UNLIMITED;
  return typeof value === 'string' ? words.idOf(value) : value;
}
