/** `exit137 history [TARGET]`: memory against limit and request over time, its lives, its shape, what comes next. */
import type { HistoryAnswer } from '../../app/history.ts';
import { renderHistories } from '../../core/text/history.ts';
import { HOUR_MS } from '../../core/units.ts';
import type { CliContext } from '../context.ts';
import { CliError, EXIT, usageError } from '../exit-status.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { Flags } from '../flags.ts';
import { chartOptions, jsonText, note, noteGaps, printAnswer, yamlText } from '../output.ts';
import { parseTarget } from '../target.ts';
import { askMemory, gapsOfMemory, memoryStatus, noHistory } from './memory-ask.ts';
import { selectionOf } from './why.ts';

const DEFAULT_WINDOW_MS = 7 * 24 * HOUR_MS;

export async function runHistory(
  context: CliContext,
  words: readonly string[],
  flags: Flags,
): Promise<ExitStatus> {
  if (flags.output === 'md') throw usageError('history has no md form.', 'use text, json, yaml or csv');
  const target = parseTarget(words);
  const { historyOf } = await import('../../app/history.ts');
  let sources = 0;
  const answer = await askMemory(context, flags, {
    target,
    depth: 'why',
    search: true,
    answer: async ({ ask, histories, kept, analyse }) => {
      sources = histories.length;
      return historyOf({
        ...ask,
        // Logs say nothing of memory over time.
        request: { ...ask.request, logLines: 0 },
        histories,
        ...(kept === undefined ? {} : { kept }),
        analyse,
        selection: selectionOf(flags, target),
        windowMs: flags.since ?? DEFAULT_WINDOW_MS,
        ...(flags.container === undefined ? {} : { container: flags.container }),
        ...(flags.traffic === undefined ? {} : { trafficQuery: flags.traffic }),
      });
    },
  });
  if (answer.memories.length === 0) throw nothing(context, answer, { sources, words, flags });
  await printAnswer(context, flags, await historyText(context, flags, answer));
  noteGaps(context, flags, gapsOfMemory(flags, answer));
  for (const { name, error } of answer.failures) note(context, flags, `Not read: ${name}: ${error.message}`);
  if (answer.interrupted)
    note(context, flags, 'Interrupted: the answer rests on what had been read by then.');
  return memoryStatus(answer, flags);
}

function nothing(
  context: CliContext,
  answer: HistoryAnswer,
  asked: { readonly sources: number; readonly words: readonly string[]; readonly flags: Flags },
): CliError {
  if (answer.interrupted) return new CliError(EXIT.interrupted, 'Interrupted before anything was read.');
  const missing = answer.failures.find(({ error }) => error.code === 'not-found');
  if (missing !== undefined) return new CliError(EXIT.targetNotFound, missing.error.message);
  const where = asked.flags.filename.length > 0 ? 'in the files' : 'of anything that died';
  const what = asked.words.length === 0 ? where : `of ${JSON.stringify(asked.words.join(' '))}`;
  return noHistory(context, what, { ...answer, sources: asked.sources });
}

async function historyText(context: CliContext, flags: Flags, answer: HistoryAnswer): Promise<string> {
  switch (flags.output) {
    case 'text':
    case 'wide':
    case 'md':
      return renderHistories(answer.memories, chartOptions(context, flags, answer.generatedAtMs));
    case 'json':
    case 'yaml': {
      const { toWireHistories } = await import('../../api/memory-convert.ts');
      const wire = toWireHistories(answer, answer.memories);
      return flags.output === 'json' ? jsonText(wire) : yamlText(wire);
    }
    case 'csv': {
      const { historiesCsv } = await import('../../core/text/history-csv.ts');
      return historiesCsv(answer.memories, flags.headers);
    }
    default:
      return flags.output satisfies never;
  }
}
