/** What the verdict could not see: the collection's own gaps, and the silent ones that the facts show. */
import { isSigkill, oomHitContainer } from '../causes/read.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { EvidenceGap, EvidenceKind } from '../model/bundle.ts';
import type { Confidence } from '../model/diagnosis.ts';

type Missing = Pick<EvidenceGap, 'kind' | 'what' | 'cost'>;

function missing(facts: DeathFacts): readonly Missing[] {
  const node = facts.nodeName === undefined ? 'the node' : `node ${facts.nodeName}`;
  const kernel = facts.kernelKills.length === 0 && !facts.kernelLogCovers;
  const events = facts.eventsCoverWindow !== 'yes';
  const usage = facts.samples.length === 0 && facts.cgroups.length === 0;
  return [
    ...(kernel
      ? [
          {
            kind: 'kernel-log' as const,
            what: `kernel log of ${node}`,
            cost: oomHitContainer(facts)
              ? 'whose limit was hit is inferred, not read'
              : 'an OOM kill can be neither shown nor excluded',
          },
        ]
      : []),
    ...(events
      ? [
          {
            kind: 'pod-events' as const,
            what: 'events of the time of death',
            cost: 'they live about an hour; kills by probes or deletion can be neither shown nor excluded',
          },
        ]
      : []),
    ...(usage && oomHitContainer(facts)
      ? [
          {
            kind: 'usage' as const,
            what: 'memory readings of the dead container',
            cost: 'how close it was to its limit before is unknown',
          },
        ]
      : []),
  ];
}

/** A certain verdict says only what collection itself failed at; nothing else would change it. */
export function unseen(facts: DeathFacts, confidence: Confidence | undefined): readonly EvidenceGap[] {
  const stated = facts.gaps;
  if (confidence === 'certain' || !(isSigkill(facts) || oomHitContainer(facts))) return stated;
  const known = new Set<EvidenceKind | 'input'>(stated.map((gap) => gap.kind));
  const silent = missing(facts).filter(({ kind }) => !known.has(kind));
  return [...silent.map((gap) => ({ id: `unseen:${gap.kind}`, ...gap })), ...stated];
}
