/** `exit137 forecast [TARGET]`: the next kills, soonest first; nothing about what is healthy. */
import type { ForecastAnswer } from '../../app/forecast.ts';
import { forecastCsv, renderForecast } from '../../core/text/forecast.ts';
import { HOUR_MS } from '../../core/units.ts';
import type { CliContext } from '../context.ts';
import { CliError, EXIT, usageError } from '../exit-status.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { Flags } from '../flags.ts';
import { jsonText, note, noteGaps, printAnswer, textOptions, yamlText } from '../output.ts';
import { parseTarget } from '../target.ts';
import { selectionOf } from './why.ts';
import { askMemory, gapsOfMemory, memoryStatus, noHistory } from './memory-ask.ts';

export interface ForecastFlags extends Flags {
  /** Milliseconds. */
  readonly within: number;
}

const DEFAULT_WINDOW_MS = 7 * 24 * HOUR_MS;

export async function runForecast(
  context: CliContext,
  words: readonly string[],
  flags: ForecastFlags,
): Promise<ExitStatus> {
  if (flags.output === 'md') throw usageError('forecast has no md form.', 'use text, json, yaml or csv');
  const target = parseTarget(words);
  const { forecast } = await import('../../app/forecast.ts');
  let sources = 0;
  const answer = await askMemory(context, flags, {
    target,
    depth: target === undefined ? 'kills' : 'why',
    search: true,
    answer: async ({ ask, histories, kept, analyse }) => {
      sources = histories.length;
      return forecast({
        ...ask,
        request: { ...ask.request, logLines: 0, nodeAccess: false },
        histories,
        ...(kept === undefined ? {} : { kept }),
        analyse,
        selection: target === undefined ? { kind: 'all' } : selectionOf(flags, target),
        windowMs: flags.since ?? DEFAULT_WINDOW_MS,
        withinMs: flags.within,
        ...(flags.container === undefined ? {} : { container: flags.container }),
        ...(flags.traffic === undefined ? {} : { trafficQuery: flags.traffic }),
      });
    },
  });
  if (answer.looked === 0) throw nothing(context, answer, sources);
  await printAnswer(context, flags, await forecastText(context, flags, answer));
  noteGaps(context, flags, gapsOfMemory(flags, answer));
  for (const { name, error } of answer.failures) note(context, flags, `Not read: ${name}: ${error.message}`);
  if (answer.interrupted) note(context, flags, 'Interrupted: the list rests on what had been read by then.');
  return memoryStatus(answer, flags);
}

function nothing(context: CliContext, answer: ForecastAnswer, sources: number): CliError {
  if (answer.interrupted) return new CliError(EXIT.interrupted, 'Interrupted before anything was read.');
  const missing = answer.failures.find(({ error }) => error.code === 'not-found');
  if (missing !== undefined) return new CliError(EXIT.targetNotFound, missing.error.message);
  return noHistory(context, 'to forecast from', { ...answer, sources });
}

async function forecastText(
  context: CliContext,
  flags: ForecastFlags,
  answer: ForecastAnswer,
): Promise<string> {
  switch (flags.output) {
    case 'text':
    case 'wide':
    case 'md':
      return renderForecast(answer, textOptions(context, flags, answer.generatedAtMs));
    case 'json':
    case 'yaml': {
      const { toWireForecasts } = await import('../../api/memory-convert.ts');
      const wire = toWireForecasts(answer, answer.rows);
      return flags.output === 'json' ? jsonText(wire) : yamlText(wire);
    }
    case 'csv':
      return forecastCsv(answer.rows, flags.headers);
    default:
      return flags.output satisfies never;
  }
}
