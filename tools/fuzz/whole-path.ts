/** Bytes on standard input to every form of the answer, without a process. */
import { toWireKills, toWireList } from '../../src/api/convert.ts';
import type { CollectRequest } from '../../src/app/ports.ts';
import { SourceError } from '../../src/app/ports.ts';
import { diagnoseBundle } from '../../src/core/diagnose.ts';
import { groupKills } from '../../src/core/kills.ts';
import type { EvidenceBundle } from '../../src/core/model/bundle.ts';
import type { DiagnosisReport } from '../../src/core/model/diagnosis.ts';
import { mergeParts } from '../../src/core/model/merge.ts';
import { deathsCsv, killsCsv } from '../../src/core/text/csv.ts';
import { renderDiagnosis } from '../../src/core/text/diagnosis.ts';
import { UTC_ZONE } from '../../src/core/text/instants.ts';
import type { ListOptions } from '../../src/core/text/kills.ts';
import { renderDeathList, renderKills } from '../../src/core/text/kills.ts';
import { diagnosisMarkdown, killsMarkdown } from '../../src/core/text/markdown.ts';
import { ANSI_PAINT, NO_PAINT } from '../../src/core/text/paint.ts';
import type { Random } from '../../src/sim/random.ts';
import { pick } from '../../src/sim/random.ts';
import { createFilesSource } from '../../src/sources/files/index.ts';
import { must, mustBeBundle, mustBeDiagnosis, mustBePrintable, mustFitSchema } from './invariants.ts';

export const NOW_MS = Date.UTC(2026, 2, 2);

export const TEXT_OPTIONS: ListOptions = {
  width: 80,
  cut: true,
  paint: NO_PAINT,
  ascii: false,
  zone: UTC_ZONE,
  nowMs: NOW_MS,
  verbose: true,
  program: 'exit137',
  headers: true,
  wide: true,
};

const request: CollectRequest = {
  target: { kind: 'all' },
  scope: { allNamespaces: true },
  depth: 'why',
  nodeAccess: false,
  logLines: 20,
  signal: new AbortController().signal,
};

async function* piecesOf(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

export async function judgeBytes(bytes: Uint8Array, random: Random): Promise<void> {
  const pieces = bytes.length > 100_000 ? [65_536] : [7, 1000, 65_536];
  const stdin = piecesOf(bytes, pieces[Math.floor(random() * pieces.length)] ?? 1000);
  const source = createFilesSource({ paths: ['-'], stdin, nowMs: NOW_MS });
  try {
    const part = await source.collect(request);
    const bundle = mergeParts([part], { collectedAtMs: part.collectedAtMs ?? NOW_MS });
    mustBeBundle(bundle);
    must(!JSON.stringify(bundle).includes('eA=='), 'the data of a Secret is in the bundle');
    judgeBundle(bundle, random);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    must(error.code === 'unreadable', `the source failed with ${error.code}`);
    mustBePrintable(error.message, 'the error');
  }
}

/** Every way to ask, every form of the answer. */
function judgeBundle(bundle: EvidenceBundle, random: Random): void {
  const all = diagnoseBundle(bundle, { kind: 'all' });
  const name = bundle.pods[0]?.name ?? 'a';
  const reports = [
    all,
    diagnoseBundle(bundle, { kind: 'newest' }),
    diagnoseBundle(bundle, { kind: 'object', name }),
    diagnoseBundle(bundle, { kind: 'object', objectKind: 'Pod', name, container: 'app' }),
  ];
  for (const report of reports) {
    for (const item of report.items) mustBeDiagnosis(item, bundle);
    mustFitSchema(toWireList(report));
  }
  mustRender(all, random);
}

function mustRender(report: DiagnosisReport, random: Random): void {
  const groups = groupKills(report.items);
  mustFitSchema(toWireKills(report, groups));
  const options = { ...TEXT_OPTIONS, width: pick(random, [40, 80, 100]), verbose: random() < 0.5 };
  const painted = { ...options, paint: ANSI_PAINT };
  for (const item of report.items.slice(0, 20)) {
    mustBePrintable(renderDiagnosis(item, options), 'the text');
    mustBePrintable(renderDiagnosis(item, painted), 'the painted text', 'colour');
    mustBePrintable(diagnosisMarkdown(item), 'the Markdown');
    const ascii = renderDiagnosis(item, { ...options, ascii: true });
    must(/^[\n -~]*$/.test(ascii), 'the ASCII text has other characters');
  }
  mustBePrintable(renderKills(groups, options), 'the kills');
  mustBePrintable(renderKills(groups, painted), 'the painted kills', 'colour');
  mustBePrintable(renderDeathList(report.items, options), 'the list of deaths');
  mustBePrintable(killsMarkdown(groups), 'the Markdown of kills');
  mustBePrintable(killsCsv(groups, true), 'the CSV of kills', 'csv');
  mustBePrintable(deathsCsv(report.items, true), 'the CSV of deaths', 'csv');
}
