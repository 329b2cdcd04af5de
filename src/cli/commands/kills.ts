/** `exit137 kills`: every death found, grouped by workload and cause, worst first. */
import type { KillsAnswer } from '../../app/kills.ts';
import type { KillGroup } from '../../core/kills.ts';
import type { Diagnosis } from '../../core/model/diagnosis.ts';
import { renderDeathList, renderKills } from '../../core/text/kills.ts';
import { workloadName } from '../../core/text/words.ts';
import { SECOND_MS } from '../../core/units.ts';
import type { CliContext } from '../context.ts';
import type { ExitStatus } from '../exit-status.ts';
import { usageError } from '../exit-status.ts';
import type { Flags, SortBy } from '../flags.ts';
import { jsonText, note, noteGaps, noteWhereElse, printAnswer, textOptions, yamlText } from '../output.ts';
import { checkAnswer, prepareAsk, statusOf, withMemory, withProgress } from './ask.ts';
import { diagnosesText } from './why.ts';

export interface KillsFlags extends Flags {
  /** Every death, one line each. */
  readonly list?: true;
}

export async function runKills(
  context: CliContext,
  words: readonly string[],
  flags: KillsFlags,
): Promise<ExitStatus> {
  const [extra] = words;
  if (extra !== undefined) {
    throw usageError('kills takes no TARGET.', `for one workload: ${context.program} why ${extra}`);
  }
  const { kills } = await import('../../app/kills.ts');
  const answer = await withMemory(context, { flags, budgetMs: 20 * SECOND_MS }, async (memory) =>
    withProgress(context, flags, async (live) =>
      kills({
        ...(await prepareAsk(context, flags, { target: undefined, depth: 'kills', ...live })),
        ...memory,
      }),
    ),
  );
  checkAnswer(context, flags, answer);
  await printAnswer(context, flags, await killsText(context, flags, answer));
  if (answer.groups.length === 0) noteWhereElse(context, flags);
  noteGaps(context, flags, answer.report);
  if (answer.interrupted) note(context, flags, 'Interrupted: the list rests on what had been read by then.');
  return statusOf(answer, flags);
}

async function killsText(context: CliContext, flags: KillsFlags, answer: KillsAnswer): Promise<string> {
  const { report } = answer;
  const groups = sorted(answer.groups, flags.sortBy);
  switch (flags.output) {
    case 'text':
    case 'wide': {
      const options = {
        ...textOptions(context, flags, report.generatedAtMs),
        ...(flags.since === undefined ? {} : { sinceMs: flags.since }),
      };
      if (flags.list !== true) return renderKills(groups, options);
      return renderDeathList(newestFirst(report.items), options);
    }
    case 'json':
    case 'yaml': {
      if (flags.list === true) return diagnosesText(context, flags, report);
      const { toWireKills } = await import('../../api/convert.ts');
      const wire = toWireKills(report, groups);
      return flags.output === 'json' ? jsonText(wire) : yamlText(wire);
    }
    case 'md': {
      const { deathsMarkdown, killsMarkdown } = await import('../../core/text/markdown.ts');
      return flags.list === true ? deathsMarkdown(newestFirst(report.items)) : killsMarkdown(groups);
    }
    case 'csv': {
      if (flags.list === true) return diagnosesText(context, flags, report);
      const { killsCsv } = await import('../../core/text/csv.ts');
      return killsCsv(groups, flags.headers);
    }
    default:
      return flags.output satisfies never;
  }
}

function newestFirst(items: readonly Diagnosis[]): readonly Diagnosis[] {
  return items.toSorted((one, other) => (other.atMs ?? 0) - (one.atMs ?? 0));
}

function sorted(groups: readonly KillGroup[], by: SortBy): readonly KillGroup[] {
  switch (by) {
    case 'kills':
      return groups;
    case 'last':
      return groups.toSorted((one, other) => (other.lastAtMs ?? 0) - (one.lastAtMs ?? 0));
    case 'workload':
      return groups.toSorted((one, other) =>
        workloadName(one.target).localeCompare(workloadName(other.target), 'en'),
      );
    case 'cause':
      return groups.toSorted((one, other) => one.verdict.cause.localeCompare(other.verdict.cause, 'en'));
    default:
      return by satisfies never;
  }
}
