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
type StateKind = (typeof STATE_KINDS)[number];

/** In place of a limit where there is none. */
export const UNLIMITED = -1;
/** Two sources print the start of one container with different precision. */
const SAME_START_MS = 1500;

export class States {
  readonly #last = new Map<number, Map<StateKind, number>>();
  #pending: { readonly place: number; readonly kind: StateKind; readonly value: number }[] = [];

  /** What is known of the containers that stand in a slot. */
  constructor(database: Database) {
    const rows = database.iterate(
      `select s.container, s.kind, s.value, max(s.at) from step s join container c on c.id = s.container
       where c.last_at is null group by s.container, s.kind`,
    );
    for (const { container, kind, value } of rows) {
      const name = STATE_KINDS[Number(kind)];
      if (name !== undefined) this.#of(Number(container)).set(name, Number(value));
    }
  }

  /** Notes what differs from what is known. */
  note(place: number, state: ContainerState, words: Words): void {
    for (const kind of STATE_KINDS) {
      const value = numberOf(state[kind], words);
      if (value === undefined || !Number.isSafeInteger(value)) continue;
      const known = this.#last.get(place)?.get(kind);
      if (known === value) continue;
      const isSame =
        kind === 'startedAtMs' && known !== undefined && Math.abs(known - value) <= SAME_START_MS;
      if (!isSame) this.#pending.push({ place, kind, value });
    }
  }

  /** Inside a transaction; call `kept` when it has been committed, `drop` where it was not. */
  save(database: Database, atMs: EpochMs): void {
    for (const { place, kind, value } of this.#pending) {
      database.run(
        'insert or replace into step(container, kind, at, value) values(?, ?, ?, ?)',
        place,
        STATE_KINDS.indexOf(kind),
        atMs,
        value,
      );
    }
  }

  kept(): void {
    for (const { place, kind, value } of this.#pending) this.#of(place).set(kind, value);
    this.#pending = [];
  }

  drop(): void {
    this.#pending = [];
  }

  forget(place: number): void {
    this.#last.delete(place);
  }

  #of(place: number): Map<StateKind, number> {
    const known = this.#last.get(place);
    if (known !== undefined) return known;
    const made = new Map<StateKind, number>();
    this.#last.set(place, made);
    return made;
  }
}

function numberOf(value: number | string | undefined, words: Words): number | undefined {
  if (value === 'unlimited') return UNLIMITED;
  return typeof value === 'string' ? words.idOf(value) : value;
}
