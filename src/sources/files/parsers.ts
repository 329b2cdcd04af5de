import type { BundlePart, EvidenceBundle } from '../../core/model/bundle.ts';
import type { Result } from '../../core/model/result.ts';
import type { ParseContext } from '../../core/parse/fields.ts';
import type { EpochMs } from '../../core/units.ts';

/** The large parsers behind this source, as one value so that tests can put others in their place. */
export interface Parsers {
  parseObject(raw: unknown, context: ParseContext): BundlePart;
  parseDescribe(text: string, context: ParseContext): BundlePart;
  readBundle(raw: unknown): Result<EvidenceBundle>;
  mergeParts(parts: readonly BundlePart[], base: { readonly collectedAtMs: EpochMs }): BundlePart;
  /** Reads a kernel or node log of any size in constant memory. */
  readTextLog(
    stream: AsyncIterable<Uint8Array>,
    context: { readonly source: string; readonly nodeName?: string; readonly nowMs?: EpochMs },
  ): Promise<BundlePart>;
}
