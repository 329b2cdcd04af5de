/** `exit137 why [TARGET]`: one diagnosis, or with -A all of them. */
import type { Answer } from '../../app/why.ts';
import type { DeathSelection } from '../../app/judge.ts';
import type { DiagnosisReport } from '../../core/model/diagnosis.ts';
import { renderDiagnosis } from '../../core/text/diagnosis.ts';
import { toAscii } from '../../core/text/paint.ts';
import { SECOND_MS } from '../../core/units.ts';
import type { CliContext } from '../context.ts';
import { CliError, EXIT } from '../exit-status.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { Flags } from '../flags.ts';
import {
  jsonText,
  note,
  noteGaps,
  noteWhereElse,
  printAnswer,
  textOptions,
  toldInAnswer,
  yamlText,
} from '../output.ts';
import type { ParsedTarget } from '../target.ts';
import { kindMeant, parseTarget } from '../target.ts';
import { checkAnswer, namespaceOf, prepareAsk, statusOf, withMemory, withProgress } from './ask.ts';

export async function runWhy(
  context: CliContext,
  words: readonly string[],
  flags: Flags,
): Promise<ExitStatus> {
  const target = parseTarget(words);
  const { why } = await import('../../app/why.ts');
  const answer = await withMemory(context, { flags, budgetMs: 10 * SECOND_MS }, async (memory) =>
    withProgress(context, flags, async (live) =>
      why({
        ...(await prepareAsk(context, flags, { target, depth: 'why', ...live })),
        selection: selectionOf(flags, target),
        ...memory,
      }),
    ),
  );
  checkAnswer(context, flags, answer);
  if (target !== undefined && answer.report.items.length === 0) {
    noteGaps(context, flags, answer.report, toldInAnswer(flags, answer.report));
    throw notFound(context, flags, target, answer);
  }
  await printAnswer(context, flags, await diagnosesText(context, flags, answer.report));
  if (answer.report.items.length === 0) noteWhereElse(context, flags);
  noteGaps(context, flags, answer.report, toldInAnswer(flags, answer.report));
  if (answer.interrupted)
    note(context, flags, 'Interrupted: the answer rests on what had been read by then.');
  return statusOf(answer, flags);
}

export function selectionOf(flags: Flags, target: ParsedTarget | undefined): DeathSelection {
  if (target === undefined) return flags.allNamespaces === true ? { kind: 'all' } : { kind: 'newest' };
  const namespace = namespaceOf(flags, target);
  return {
    kind: 'object',
    name: target.name,
    ...(target.objectKind === undefined ? {} : { objectKind: target.objectKind }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(flags.container === undefined ? {} : { container: flags.container }),
  };
}

function notFound(context: CliContext, flags: Flags, target: ParsedTarget, answer: Answer): CliError {
  const told = answer.failures.find(({ error }) => error.code === 'not-found');
  if (told !== undefined) return new CliError(EXIT.targetNotFound, told.error.message);
  const what = target.objectKind === undefined ? 'pod or workload' : target.objectKind;
  const namespace = namespaceOf(flags, target);
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  const container = flags.container === undefined ? '' : ` with a container ${flags.container}`;
  const since = flags.since === undefined ? '' : ' that died in the time asked for';
  const read = answer.report.sources.filter(({ state }) => state === 'read' || state === 'partial').length;
  const kind = target.namespace === undefined ? undefined : kindMeant(target.namespace);
  return new CliError(
    EXIT.targetNotFound,
    `Found no ${what} ${JSON.stringify(target.name)}${where}${container}${since} in ${read === 1 ? 'the source' : `the ${read} sources`} read.`,
    kind !== undefined
      ? `did you mean ${kind}/${target.name}?`
      : `list what died: ${context.program} kills${flags.filename.map((path) => ` -f ${path}`).join('')}${namespace === undefined ? ' -A' : ` -n ${namespace}`}`,
  );
}

/** The report in the form asked for. */
export async function diagnosesText(
  context: CliContext,
  flags: Flags,
  report: DiagnosisReport,
): Promise<string> {
  switch (flags.output) {
    case 'text':
    case 'wide': {
      const options = textOptions(context, flags, report.generatedAtMs);
      if (report.items.length === 0) return 'No deaths found.\n';
      return report.items.map((item) => renderDiagnosis(item, options)).join('\n');
    }
    case 'json':
    case 'yaml': {
      const { toWireList } = await import('../../api/convert.ts');
      const wire = toWireList(report);
      return flags.output === 'json' ? jsonText(wire) : yamlText(wire);
    }
    case 'md': {
      const { diagnosisMarkdown } = await import('../../core/text/markdown.ts');
      const text = report.items.map(diagnosisMarkdown).join('\n');
      return textOptions(context, flags).ascii ? toAscii(text) : text;
    }
    case 'csv': {
      const { deathsCsv } = await import('../../core/text/csv.ts');
      return deathsCsv(report.items, flags.headers);
    }
    default:
      return flags.output satisfies never;
  }
}
