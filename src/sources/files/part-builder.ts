import type { BundlePart } from '../../core/model/bundle.ts';
import type { EventEvidence } from '../../core/model/kubernetes.ts';

/** Gathers the many small parts of one file into one, without copying what was gathered before. */
export class PartBuilder {
  readonly #lists = new Map<string, unknown[]>();
  readonly #values = new Map<string, unknown>();

  add(part: BundlePart): void {
    for (const [name, value] of Object.entries(part)) {
      if (!Array.isArray(value)) {
        if (value !== undefined) this.#values.set(name, value);
        continue;
      }
      if (value.length === 0) continue;
      const list = this.#lists.get(name);
      if (list === undefined) this.#lists.set(name, [...value]);
      else for (const record of value) list.push(record);
    }
  }

  /** The events gathered so far. */
  get events(): readonly EventEvidence[] {
    return (this.#lists.get('events') ?? []) as EventEvidence[];
  }

  build(): BundlePart {
    return Object.fromEntries([...this.#values, ...this.#lists]);
  }
}
