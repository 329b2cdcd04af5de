/** Who stands in which slot. A slot is given on when its container was not seen for a whole chunk. */
import type { ContainerIdentity } from '../../app/collect-ports.ts';
import type { EpochMs } from '../../core/units.ts';
import type { Database } from './driver.ts';
import { MOST_SLOTS } from './tiers.ts';
import { packUid, unpackUid, type Words } from './words.ts';

interface Standing {
  readonly place: number;
  readonly slot: number;
  readonly key: string;
  seenAtMs: EpochMs;
}

export class Places {
  readonly #byKey = new Map<string, Standing>();
  readonly #bySlot: (Standing | undefined)[] = [];
  readonly #byPlace = new Map<number, Standing>();
  /** Callers come again and again with the same objects. */
  #byIdentity = new WeakMap<ContainerIdentity, Standing>();
  #free: number[] = [];
  #next = 1;
  readonly #pending = new Map<number, ContainerIdentity>();
  readonly #words: Words;

  constructor(database: Database, words: Words, newestAtMs: EpochMs) {
    this.#words = words;
    this.#next = Number(database.get('select max(id) id from container')?.['id'] ?? 0) + 1;
    const rows = database.iterate(
      `select c.id, c.slot, c.pod, c.uid, n.value namespace, w.value name from container c
       join text n on n.id = c.namespace join text w on w.id = c.name where c.last_at is null`,
    );
    for (const row of rows) {
      const podUid = unpackUid(row['uid']);
      const key = keyOf({
        namespace: String(row['namespace']),
        pod: String(row['pod']),
        container: String(row['name']),
        ...(podUid === undefined ? {} : { podUid }),
      });
      this.#stand({ place: Number(row['id']), slot: Number(row['slot']), key, seenAtMs: newestAtMs });
    }
    for (let slot = this.#bySlot.length - 1; slot >= 0; slot -= 1)
      if (this.#bySlot[slot] === undefined) this.#free.push(slot);
  }

  get slots(): number {
    return this.#bySlot.length;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /**
   * New ones get slots beside their replicas, because those are read together. 0 = there is no room for it.
   */
  placesOf(containers: readonly ContainerIdentity[]): readonly number[] {
    const newcomers = new Map<string, ContainerIdentity>();
    for (const container of containers) {
      if (this.#byIdentity.has(container)) continue;
      const key = keyOf(container);
      const standing = this.#byKey.get(key);
      if (standing === undefined) newcomers.set(key, container);
      else this.#byIdentity.set(container, standing);
    }
    const ordered = [...newcomers].map(([key, container]) => ({ key, container, rank: rankOf(container) }));
    ordered.sort((one, other) => (one.rank < other.rank ? -1 : one.rank > other.rank ? 1 : 0));
    for (const { key, container } of ordered) this.#admit(key, container);
    return containers.map(
      (container) => (this.#byIdentity.get(container) ?? this.#byKey.get(keyOf(container)))?.place ?? 0,
    );
  }

  slotOf(place: number): number | undefined {
    return this.#byPlace.get(place)?.slot;
  }

  placeAt(slot: number): number | undefined {
    return this.#bySlot[slot]?.place;
  }

  seen(place: number, atMs: EpochMs): void {
    const standing = this.#byPlace.get(place);
    if (standing !== undefined) standing.seenAtMs = atMs;
  }

  /** Inside a transaction; call `kept` when it has been committed. */
  save(database: Database, atMs: EpochMs): void {
    for (const [place, identity] of this.#pending) {
      const { workload, nodeName } = identity;
      database.run(
        `insert or replace into container(id, namespace, pod, uid, name, node, workload_kind, workload, slot, first_at)
         values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        place,
        this.#words.idOf(identity.namespace),
        identity.pod,
        packUid(identity.podUid),
        this.#words.idOf(identity.container),
        nodeName === undefined ? null : this.#words.idOf(nodeName),
        workload === undefined ? null : this.#words.idOf(workload.kind),
        workload === undefined ? null : this.#words.idOf(workload.name),
        this.slotOf(place) ?? 0,
        atMs,
      );
    }
  }

  kept(): void {
    this.#pending.clear();
  }

  /** Takes the slots of those not seen since `atMs`, in a transaction of its own. Answers their slots. */
  release(database: Database, atMs: EpochMs): readonly number[] {
    const gone = [...this.#byPlace.values()].filter(
      ({ place, seenAtMs }) => seenAtMs < atMs && !this.#pending.has(place),
    );
    if (gone.length === 0) return [];
    database.transaction(() => {
      for (const { place, seenAtMs } of gone)
        database.run('update container set last_at = ? where id = ?', seenAtMs, place);
    });
    for (const { place, slot, key } of gone) {
      this.#byKey.delete(key);
      this.#byPlace.delete(place);
      this.#bySlot[slot] = undefined;
      this.#free.push(slot);
    }
    this.#byIdentity = new WeakMap();
    this.#free.sort((one, other) => other - one);
    return gone.map(({ slot }) => slot);
  }

  #admit(key: string, container: ContainerIdentity): void {
    const slot = this.#free.pop() ?? this.#bySlot.length;
    if (slot >= MOST_SLOTS) return;
    const place = this.#next++;
    this.#stand({ place, slot, key, seenAtMs: Number.POSITIVE_INFINITY });
    this.#pending.set(place, container);
  }

  #stand(standing: Standing): void {
    const { slot } = standing;
    if (!Number.isSafeInteger(slot) || slot < 0 || slot >= MOST_SLOTS) return;
    while (this.#bySlot.length < slot) this.#bySlot.push(undefined);
    this.#bySlot[slot] = standing;
    this.#byKey.set(standing.key, standing);
    this.#byPlace.set(standing.place, standing);
  }
}

/** A UID says it all, and is shorter than a name: there are tens of thousands of these. */
function keyOf({ namespace, pod, podUid, container }: ContainerIdentity): string {
  return podUid === undefined ? `${namespace}/${pod}/${container}` : `${podUid}/${container}`;
}

function rankOf({ namespace, workload, container, pod }: ContainerIdentity): string {
  return `${namespace}/${workload?.kind ?? ''}/${workload?.name ?? pod}/${container}/${pod}`;
}
