/** The envelope of every list, and the small conversions that all of them need. */
import type { DiagnosisReport } from '../core/model/diagnosis.ts';
import type { EvidenceGap } from '../core/model/bundle.ts';
import { toRfc3339 } from '../core/text/instants.ts';
import type { WireEnvelope, WireGap } from './wire.ts';
import { API_VERSION } from './wire.ts';

/** `{ [name]: RFC 3339 }`, or nothing where the instant is unknown. */
export function instant<Name extends string>(
  name: Name,
  atMs: number | undefined,
): { readonly [key in Name]?: string } {
  return atMs === undefined ? {} : ({ [name]: toRfc3339(atMs) } as { readonly [key in Name]: string });
}

/** Drops the listed properties; what is left goes out under its own name. */
export function without<T extends object, K extends keyof T>(value: T, ...names: readonly K[]): Omit<T, K> {
  const rest: Partial<T> = { ...value };
  for (const name of names) delete rest[name];
  return rest as Omit<T, K>;
}

export function envelope<Kind extends string, Item>(
  kind: Kind,
  report: Omit<DiagnosisReport, 'items'>,
  items: readonly Item[],
): WireEnvelope<Kind, Item> {
  return {
    apiVersion: API_VERSION,
    kind,
    generatedAt: toRfc3339(report.generatedAtMs),
    ...(report.cluster === undefined ? {} : { cluster: report.cluster }),
    sources: report.sources,
    truncated: report.truncated,
    gaps: report.gaps.map(toWireGap),
    items,
  };
}

export function toWireGap(gap: EvidenceGap): WireGap {
  const node = gap.nodeName === undefined ? {} : { node: gap.nodeName };
  return { ...without(gap, 'id', 'nodeName'), ...node };
}
