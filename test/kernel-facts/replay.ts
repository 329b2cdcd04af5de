/** Diagnoses one kernel fact through the product's own door for files, and compares with its label. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { judgeParts } from '../../src/app/judge.ts';
import type { CollectRequest } from '../../src/app/ports.ts';
import type { BundlePart } from '../../src/core/model/bundle.ts';
import type { Diagnosis } from '../../src/core/model/diagnosis.ts';
import { createFilesSource } from '../../src/sources/files/index.ts';
import type { Expected } from './expected.ts';

/** Which evidence is given: kernel log and counters alone, or all there is. */
export type View = 'kernel' | 'everything';

/** What can be asked of a case: without a report the kernel's log alone is silent, without a pod it is all there is. */
export function viewsOf(folder: string): readonly View[] {
  const views: View[] = [];
  if (existsSync(join(folder, 'pod'))) views.push('everything');
  if (readExpected(folder).report !== undefined) views.push('kernel');
  return views;
}

/** After every recorded death. */
const NOW_MS = Date.UTC(2100, 0, 1);

export function readExpected(folder: string): Expected {
  return JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected;
}

export async function collect(folder: string, view: View): Promise<BundlePart> {
  const paths = [join(folder, 'evidence'), ...(view === 'kernel' ? [] : [join(folder, 'pod')])];
  const request: CollectRequest = {
    target: { kind: 'all' },
    scope: { allNamespaces: true },
    depth: 'why',
    nodeAccess: false,
    logLines: 0,
    signal: new AbortController().signal,
  };
  return createFilesSource({ paths, nowMs: NOW_MS }).collect(request);
}

export interface Judged {
  readonly view: View;
  readonly part: BundlePart;
  readonly items: readonly Diagnosis[];
  /** The answer about the labelled container; where no pod names it, the first one. */
  readonly answer?: Diagnosis;
}

export async function judge(folder: string, view: View): Promise<Judged> {
  const expected = readExpected(folder);
  const part = await collect(folder, view);
  const { items } = judgeParts([part], { selection: { kind: 'all' }, nowMs: NOW_MS });
  const answer = items.find((item) => item.container === expected.container) ?? items[0];
  return { view, part, items, ...(answer === undefined ? {} : { answer }) };
}

/** What the parsers made of the kernel's own words and counters. Empty = all as labelled. */
export function reportFaults({ part }: Judged, expected: Expected): readonly string[] {
  const [kill] = (part.kernelKills ?? []).filter((one) => one.victim?.comm === expected.report?.victim);
  const { report } = expected;
  if (report === undefined) return kill === undefined ? [] : ['a kernel report where there was none'];
  if (kill === undefined) return ['no kernel report'];
  const said = {
    scope: kill.scope,
    ...(report.level === undefined ? {} : { level: kill.oomCgroup?.level }),
    victim: kill.victim?.comm,
    groupKill: kill.groupKill,
    killed: kill.killed.length,
  };
  return JSON.stringify(said) === JSON.stringify(pickAs(said, report))
    ? []
    : [`report ${JSON.stringify(said)}, staged ${JSON.stringify(report)}`];
}

/** The label's values in the order of the answer's keys. */
function pickAs(said: object, report: NonNullable<Expected['report']>): object {
  return Object.fromEntries(Object.keys(said).map((key) => [key, report[key as keyof typeof report]]));
}

/**
 * `right`; `open` = undecided with the truth among at most four candidates; `level` = the kernel log alone, which shows
 * that the container's own limit was hit and not what became of its first process; or what is wrong.
 */
export type Grade = 'right' | 'open' | 'level' | `wrong: ${string}`;

/** All of them are the container's own limit. */
const OWN_LIMIT: ReadonlySet<string> = new Set(['K1', 'K2', 'K3', 'K9']);

export function grade({ answer, view }: Judged, { truth, allowed = [] }: Expected): Grade {
  const { code = 'none', kind, confidence, candidates = [] } = answer?.verdict ?? {};
  if (code === truth || allowed.some((one) => one === code)) return 'right';
  const isUndecided = kind === 'ambiguous' || kind === 'insufficient-evidence';
  if (isUndecided && candidates.length <= 4 && candidates.some((one) => one.code === truth)) return 'open';
  if (view === 'kernel' && confidence !== 'certain' && OWN_LIMIT.has(code) && OWN_LIMIT.has(truth))
    return 'level';
  const named = candidates.map((one) => one.code).join(', ');
  return `wrong: ${[code, named, confidence ?? ''].filter(Boolean).join(' ')}`;
}

/** `oom_kill` of each cgroup that holds a container. */
export function containersCount({ part }: Judged): readonly number[] {
  return (part.cgroups ?? []).flatMap(({ containerId, events }) =>
    containerId === undefined || events?.oomKill === undefined ? [] : [events.oomKill],
  );
}
