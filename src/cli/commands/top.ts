/** `exit137 top [TARGET]`: containers by what they use against request and limit, with peak and kills, worst first. */
import type { TopAnswer } from '../../app/top.ts';
import type { TopRow } from '../../core/model/memory-views.ts';
import { renderTop, topCsv, topMarkdown } from '../../core/text/top.ts';
import { HOUR_MS } from '../../core/units.ts';
import type { CliContext } from '../context.ts';
import { CliError, EXIT } from '../exit-status.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { Flags, TopSort } from '../flags.ts';
import { jsonText, note, noteGaps, printAnswer, textOptions, yamlText } from '../output.ts';
import { parseTarget } from '../target.ts';
import { throwNothingRead } from './ask.ts';
import { askMemory, gapsOfMemory, memoryStatus, noHistory, NOT_IN_FILES } from './memory-ask.ts';

export interface TopFlags extends Flags {
  readonly sort: TopSort;
}

const DEFAULT_WINDOW_MS = 24 * HOUR_MS;

export async function runTop(
  context: CliContext,
  words: readonly string[],
  flags: TopFlags,
): Promise<ExitStatus> {
  const target = parseTarget(words);
  const { topContainers } = await import('../../app/top.ts');
  const answer = await askMemory(context, flags, {
    target,
    depth: 'top',
    search: false,
    answer: async ({ ask, histories, kept }) =>
      topContainers({
        ...ask,
        histories,
        ...(kept === undefined ? {} : { kept }),
        selection: { kind: 'all' },
        windowMs: flags.since ?? DEFAULT_WINDOW_MS,
        ...(flags.container === undefined ? {} : { container: flags.container }),
      }),
  });
  if (answer.nothingRead) {
    if (answer.interrupted) throw new CliError(EXIT.interrupted, 'Interrupted before anything was read.');
    throwNothingRead(context, flags, answer.failures);
  }
  if (answer.rows.length === 0 && answer.gaps.some(({ id }) => id === NOT_IN_FILES)) {
    throw noHistory(context, 'to list containers from', { ...answer, sources: 1 });
  }
  await printAnswer(context, flags, await topText(context, flags, answer));
  noteGaps(context, flags, gapsOfMemory(flags, answer));
  if (answer.interrupted) note(context, flags, 'Interrupted: the list rests on what had been read by then.');
  return memoryStatus(answer, flags);
}

async function topText(context: CliContext, flags: TopFlags, answer: TopAnswer): Promise<string> {
  const rows = sorted(answer.rows, flags.sort);
  switch (flags.output) {
    case 'text':
    case 'wide':
      return renderTop(rows, textOptions(context, flags, answer.generatedAtMs));
    case 'json':
    case 'yaml': {
      const { toWireTop } = await import('../../api/memory-convert.ts');
      const wire = toWireTop(answer, rows);
      return flags.output === 'json' ? jsonText(wire) : yamlText(wire);
    }
    case 'md':
      return topMarkdown(rows);
    case 'csv':
      return topCsv(rows, flags.headers);
    default:
      return flags.output satisfies never;
  }
}

/** Ties keep the order of harm. */
function sorted(rows: readonly TopRow[], by: TopSort): readonly TopRow[] {
  const descending = (read: (row: TopRow) => number): readonly TopRow[] =>
    rows.toSorted((one, other) => read(other) - read(one));
  switch (by) {
    case 'worst':
      return rows;
    case 'uses':
      return descending(({ workingSetBytes = -1 }) => workingSetBytes);
    case 'limit':
      return descending((row) => share(row.workingSetBytes, row.limitBytes));
    case 'request':
      return descending((row) => share(row.workingSetBytes, row.requestBytes));
    case 'peak':
      return descending(({ peakBytes = -1 }) => peakBytes);
    case 'kills':
      return descending(({ kills }) => kills);
    case 'name':
      return rows.toSorted((one, other) => nameOf(one).localeCompare(nameOf(other), 'en'));
    default:
      return by satisfies never;
  }
}

function share(part: number | undefined, base: TopRow['limitBytes']): number {
  return part === undefined || typeof base !== 'number' || base === 0 ? -1 : part / base;
}

function nameOf({ namespace, pod, container }: TopRow): string {
  return `${namespace}/${pod}/${container}`;
}
