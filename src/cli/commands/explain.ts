/** `exit137 explain WHAT`: any exit code, signal, reason or cause id. Reads no cluster and starts fast. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lookup, suggest } from '../../core/exit-codes/lookup.ts';
import type { Explanation } from '../../core/exit-codes/lookup.ts';
import { explanationMarkdown, renderExplanation, renderPage } from '../../core/text/explanation.ts';
import type { CliContext } from '../context.ts';
import { CliError, EXIT, usageError } from '../exit-status.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { Flags } from '../flags.ts';
import { jsonText, printAnswer, textOptions, yamlText } from '../output.ts';

/** Cause ids as in `docs/causes/`; nothing else may become a file name. */
const CAUSE_ID = /^[KLPXWH]\d{1,2}$/;
/** Codes of verdicts that name no cause; they have a page as well. */
const OTHER_CODES = ['ambiguous', 'insufficient', 'none', 'reject', 'exit-N'] as const;

export async function runExplain(
  context: CliContext,
  words: readonly string[],
  flags: Flags,
): Promise<ExitStatus> {
  // `exit-1` is how a verdict writes an ordinary exit.
  const query = words
    .join(' ')
    .trim()
    .replace(/^exit-(?=\d)/, '');
  if (query === '') {
    throw usageError(
      'Explain what?',
      `a code, a signal, a reason or a cause: ${context.program} explain 137`,
    );
  }
  if (CAUSE_ID.test(query.toUpperCase())) return explainCause(context, query.toUpperCase(), flags);
  const other = OTHER_CODES.find((code) => code.toLowerCase() === query.toLowerCase());
  if (other !== undefined) return explainCause(context, other, flags);
  const explanation = lookup(query);
  if (explanation === undefined) throw unknown(context, query);
  await printAnswer(context, flags, await explanationText(context, explanation, flags));
  return EXIT.done;
}

function unknown(context: CliContext, query: string): CliError {
  const [near] = suggest(query);
  return usageError(
    `${JSON.stringify(query.slice(0, 80))} is no exit code, signal, reason or cause that exit137 knows.`,
    near === undefined
      ? `for a container: ${context.program} why POD`
      : `did you mean: ${context.program} explain ${near}`,
  );
}

async function explanationText(context: CliContext, explanation: Explanation, flags: Flags): Promise<string> {
  switch (flags.output) {
    case 'json':
      return jsonText(toWire(explanation));
    case 'yaml':
      return yamlText(toWire(explanation));
    case 'md':
      return explanationMarkdown(explanation);
    case 'csv':
      throw noCsv();
    case 'text':
    case 'wide':
      return renderExplanation(explanation, textOptions(context, flags));
    default:
      return flags.output satisfies never;
  }
}

function toWire(explanation: Explanation): unknown {
  return { apiVersion: 'exit137/v1', kind: 'Explanation', ...explanation };
}

function noCsv(): CliError {
  return usageError('explain has no csv form.', 'use text, json, yaml or md');
}

async function explainCause(context: CliContext, id: string, flags: Flags): Promise<ExitStatus> {
  let page: string;
  try {
    page = await readFile(join(context.packageRoot, 'docs', 'causes', `${id}.md`), 'utf8');
  } catch {
    throw usageError(
      `There is no cause ${id}.`,
      'causes are K1 to K10, L1 to L15, P1 to P5, X1 to X5, W1 and H1',
    );
  }
  await printAnswer(context, flags, await pageText(context, page, flags));
  return EXIT.done;
}

async function pageText(context: CliContext, page: string, flags: Flags): Promise<string> {
  switch (flags.output) {
    case 'md':
      return page;
    case 'json':
      return jsonText(toWire(pageAsData(page)));
    case 'yaml':
      return yamlText(toWire(pageAsData(page)));
    case 'csv':
      throw noCsv();
    case 'text':
    case 'wide':
      return renderPage(page, textOptions(context, flags));
    default:
      return flags.output satisfies never;
  }
}

/** The page of a cause: its heading, and the rest as paragraphs of Markdown. */
function pageAsData(page: string): Explanation {
  const [heading = '', ...body] = page.trim().split(/\n{2,}/);
  return { title: heading.replace(/^#+ /, ''), body, misleads: [], next: [] };
}
