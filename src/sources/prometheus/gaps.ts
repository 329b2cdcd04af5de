/** What could not be read, each thing said once. */
import { SourceError } from '../../app/ports.ts';
import type { EvidenceGap } from '../../core/model/bundle.ts';
import { cleanText } from '../../core/model/clean-text.ts';
import { BudgetError } from './api.ts';

const TEXT_LENGTH = 400;
/** Named one by one; a cluster of hundreds of namespaces must not give a thousand lines. */
const NAMED = 50;

export class GapBook {
  readonly #seen = new Set<string>();
  #fresh: EvidenceGap[] = [];

  add(gap: Omit<EvidenceGap, 'kind'>): void {
    if (this.#seen.has(gap.id) || this.#seen.size >= NAMED) return;
    this.#seen.add(gap.id);
    this.#fresh.push({ ...gap, what: cleanText(gap.what, TEXT_LENGTH), kind: 'usage' });
  }

  /** Those since the last call. */
  drain(): readonly EvidenceGap[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  /** Runs one question; undefined = it failed and the gap is noted. An end of all and our own bugs pass through. */
  async attempt<T>(about: Omit<EvidenceGap, 'kind'>, task: () => Promise<T>): Promise<T | undefined> {
    try {
      return await task();
    } catch (error) {
      const endsAll =
        error instanceof BudgetError || (error instanceof SourceError && error.code === 'aborted');
      if (!(error instanceof SourceError) || endsAll) throw error;
      this.add({ ...about, what: `${about.what} (${error.message})` });
      return undefined;
    }
  }
}
