/** Evidence in, report out: merges what the sources gave and asks the core. */
import { diagnoseBundle } from '../core/diagnose.ts';
import type { DeathSelection, MemoryStories } from '../core/diagnose.ts';
import type { BundlePart } from '../core/model/bundle.ts';
import type { DiagnosisReport } from '../core/model/diagnosis.ts';
import { mergeParts } from '../core/model/merge.ts';
import type { EpochMs } from '../core/units.ts';

export type { DeathSelection } from '../core/diagnose.ts';

export interface JudgeOptions {
  readonly selection: DeathSelection;
  /** Used where no part says when it was collected. */
  readonly nowMs: EpochMs;
  readonly stories?: MemoryStories;
}

export function judgeParts(parts: readonly BundlePart[], options: JudgeOptions): DiagnosisReport {
  const collectedAtMs = parts.reduce<EpochMs | undefined>(
    (latest, part) =>
      part.collectedAtMs === undefined ? latest : Math.max(latest ?? part.collectedAtMs, part.collectedAtMs),
    undefined,
  );
  const cluster = parts.find((part) => part.cluster !== undefined)?.cluster;
  const bundle = mergeParts(parts, {
    collectedAtMs: collectedAtMs ?? options.nowMs,
    ...(cluster === undefined ? {} : { cluster }),
  });
  return diagnoseBundle(bundle, options.selection, options.stories);
}
