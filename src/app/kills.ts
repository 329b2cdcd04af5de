/** Every death found, grouped by workload and cause, worst first. */
import type { KillGroup } from '../core/kills.ts';
import { groupKills } from '../core/kills.ts';
import type { Answer, Ask } from './why.ts';
import { why } from './why.ts';

export interface KillsAnswer extends Answer {
  readonly groups: readonly KillGroup[];
}

export async function kills(ask: Omit<Ask, 'selection'>): Promise<KillsAnswer> {
  const answer = await why({ ...ask, selection: { kind: 'all' } });
  const items = answer.report.items.filter(({ verdict }) => verdict.kind !== 'nothing-died');
  return { ...answer, report: { ...answer.report, items }, groups: groupKills(items) };
}
