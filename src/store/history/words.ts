/** Words that come again and again, kept once; and UIDs in half of their length. */
import type { Database } from './driver.ts';

export class Words {
  readonly #ids = new Map<string, number>();
  readonly #pending: { readonly id: number; readonly value: string }[] = [];
  #next = 1;

  constructor(database: Database) {
    for (const { id, value } of database.iterate('select id, value from text')) {
      this.#ids.set(String(value), Number(id));
      this.#next = Math.max(this.#next, Number(id) + 1);
    }
  }

  idOf(value: string): number {
    const known = this.#ids.get(value);
    if (known !== undefined) return known;
    const id = this.#next++;
    this.#ids.set(value, id);
    this.#pending.push({ id, value });
    return id;
  }

  /** Inside a transaction; call `kept` when it has been committed. */
  save(database: Database): void {
    for (const { id, value } of this.#pending)
      database.run('insert or replace into text(id, value) values(?, ?)', id, value);
  }

  kept(): void {
    this.#pending.length = 0;
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** 16 bytes for a UUID in its usual form, else the text. */
export function packUid(uid: string | undefined): Uint8Array | string | null {
  if (uid === undefined) return null;
  return UUID.test(uid) ? Buffer.from(uid.replaceAll('-', ''), 'hex') : uid;
}

export function unpackUid(packed: unknown): string | undefined {
  if (typeof packed === 'string') return packed;
  if (!(packed instanceof Uint8Array) || packed.length !== 16) return undefined;
  const hex = Buffer.from(packed).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
