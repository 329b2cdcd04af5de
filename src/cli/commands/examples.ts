/** `exit137 examples`: diagnoses the deaths shipped in `examples/`, one folder each. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EvidenceSource } from '../../app/ports.ts';
import type { Answer } from '../../app/why.ts';
import type { DiagnosisReport } from '../../core/model/diagnosis.ts';
import { renderDiagnosis } from '../../core/text/diagnosis.ts';
import type { CliContext } from '../context.ts';
import { CliError, EXIT, usageError } from '../exit-status.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { Flags } from '../flags.ts';
import { note, noteGaps, printAnswer, textOptions, toldInAnswer } from '../output.ts';
import { nearest } from '../suggest.ts';
import { checkAnswer, prepareAsk, statusOf, withProgress } from './ask.ts';
import { wiringOf } from './ask.ts';
import { diagnosesText } from './why.ts';

interface Example {
  readonly name: string;
  readonly answer: Answer;
}

export async function runExamples(
  context: CliContext,
  only: string | undefined,
  flags: Flags,
): Promise<ExitStatus> {
  const folder = join(context.packageRoot, 'examples');
  const names = await exampleNames(folder);
  const chosen = only === undefined ? names : names.filter((name) => name === only);
  if (chosen.length === 0) {
    const near = only === undefined ? undefined : nearest(only, names);
    throw usageError(
      `There is no example ${JSON.stringify(only ?? '')}.`,
      near === undefined ? `there are: ${names.join(', ')}` : `did you mean ${near}?`,
    );
  }
  const examples: Example[] = [];
  for (const name of chosen)
    examples.push({ name, answer: await answerOf(context, flags, join(folder, name)) });
  await printAnswer(context, flags, await examplesText(context, flags, examples));
  for (const { answer } of examples)
    noteGaps(context, flags, answer.report, toldInAnswer(flags, answer.report));
  if (only === undefined && flags.output === 'text') {
    note(
      context,
      flags,
      `One of them: ${context.program} examples NAME.  In a cluster: ${context.program} why`,
    );
  }
  return examples.reduce<ExitStatus>(
    (status, { answer }) => Math.max(status, statusOf(answer, flags)) as ExitStatus,
    EXIT.done,
  );
}

/** The folders in `examples/`, by name. */
export async function exampleNames(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .toSorted();
  } catch (error) {
    throw new CliError(EXIT.noSource, `The examples are not here: ${String(error)}.`);
  }
}

/** What is evidence lies in `evidence/`; beside it are notes for people and how it was made. */
async function answerOf(context: CliContext, flags: Flags, folder: string): Promise<Answer> {
  const paths = [join(folder, 'evidence')];
  const wiring = await wiringOf(context);
  const files: EvidenceSource = await wiring.files(paths);
  const { why } = await import('../../app/why.ts');
  const answer = await withProgress(context, flags, async (live) =>
    why({
      ...(await prepareAsk(
        context,
        { ...flags, filename: paths },
        { target: undefined, depth: 'why', ...live },
      )),
      sources: [files],
      selection: { kind: 'newest' },
    }),
  );
  checkAnswer(context, flags, answer);
  return answer;
}

async function examplesText(
  context: CliContext,
  flags: Flags,
  examples: readonly Example[],
): Promise<string> {
  if (flags.output !== 'text' && flags.output !== 'wide') {
    return diagnosesText(context, flags, joined(context, examples));
  }
  const parts = examples.map(({ name, answer }) => {
    const options = textOptions(context, flags, answer.report.generatedAtMs);
    const head = options.paint(`--- examples/${name}`, 'dim');
    return [`${head}\n`, ...answer.report.items.map((item) => renderDiagnosis(item, options))].join('');
  });
  return parts.join('\n');
}

function joined(context: CliContext, examples: readonly Example[]): DiagnosisReport {
  const reports = examples.map(({ answer }) => answer.report);
  return {
    generatedAtMs: context.now(),
    sources: reports.flatMap(({ sources }) => sources),
    gaps: reports.flatMap(({ gaps }) => gaps),
    truncated: reports.some(({ truncated }) => truncated),
    items: reports.flatMap(({ items }) => items),
  };
}
