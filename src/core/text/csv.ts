/** Lists as CSV: one header line, one line per item, instants RFC 3339, bytes as integers. */
import type { KillGroup } from '../kills.ts';
import type { Diagnosis, DiagnosisTarget } from '../model/diagnosis.ts';
import { csvLine } from './escape.ts';
import { toRfc3339 } from './instants.ts';
import { actionShort } from './words.ts';

const instant = (atMs: number | undefined): string | undefined =>
  atMs === undefined ? undefined : toRfc3339(atMs);

/** The namespace has its own column. */
function workloadField({ workload }: DiagnosisTarget): string | undefined {
  return workload === undefined ? undefined : `${workload.kind}/${workload.name}`;
}

const DEATH_FIELDS: readonly (readonly [string, (item: Diagnosis) => string | number | undefined])[] = [
  ['at', (item) => instant(item.atMs)],
  ['namespace', (item) => item.target.namespace],
  ['workload', ({ target }) => workloadField(target)],
  ['pod', (item) => item.target.pod],
  ['container', (item) => item.container],
  ['node', (item) => item.target.node],
  ['exitCode', (item) => item.exitCode],
  ['reason', (item) => item.reason],
  ['verdict', (item) => item.verdict.kind],
  ['code', (item) => item.verdict.code],
  ['cause', (item) => item.verdict.cause],
  ['confidence', (item) => item.verdict.confidence],
  ['via', (item) => item.verdict.via],
  ['limitBytes', (item) => item.limitBytes],
  ['requestBytes', (item) => item.requestBytes],
  ['peakBytes', (item) => item.peakBytes],
  ['summary', (item) => item.verdict.summary],
];

export function deathsCsv(items: readonly Diagnosis[], headers: boolean): string {
  const head = headers ? csvLine(DEATH_FIELDS.map(([name]) => name)) : '';
  return head + items.map((item) => csvLine(DEATH_FIELDS.map(([, read]) => read(item)))).join('');
}

const KILL_FIELDS: readonly (readonly [string, (group: KillGroup) => string | number | undefined])[] = [
  ['kills', (group) => group.count],
  ['namespace', (group) => group.target.namespace],
  ['workload', ({ target }) => workloadField(target) ?? target.pod ?? target.cgroup],
  ['container', (group) => group.container],
  ['verdict', (group) => group.verdict.kind],
  ['code', (group) => group.verdict.code],
  ['cause', (group) => group.verdict.cause],
  ['confidence', (group) => group.verdict.confidence],
  ['firstAt', (group) => instant(group.firstAtMs)],
  ['lastAt', (group) => instant(group.lastAtMs)],
  ['fix', (group) => group.deaths[0]?.actions.slice(0, 1).map(actionShort)[0]],
];

export function killsCsv(groups: readonly KillGroup[], headers: boolean): string {
  const head = headers ? csvLine(KILL_FIELDS.map(([name]) => name)) : '';
  return head + groups.map((group) => csvLine(KILL_FIELDS.map(([, read]) => read(group)))).join('');
}
