/** `exit137 record [TARGET] --out FILE`: keeps the evidence, once or, watching, of each death as it happens. */
import type { BundleSummary, Recorded } from '../../app/record.ts';
import { formatBytes } from '../../core/text/amounts.ts';
import { cleanLine } from '../../core/text/clean.ts';
import { count } from '../../core/text/numbers.ts';
import { shellCommand } from '../../core/text/shell.ts';
import { SECOND_MS } from '../../core/units.ts';
import type { EvidenceSource } from '../../app/ports.ts';
import { SourceError } from '../../app/ports.ts';
import type { WhyMemory } from '../../app/why.ts';
import type { CliContext } from '../context.ts';
import { CliError, EXIT, usageError } from '../exit-status.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { Flags } from '../flags.ts';
import { note } from '../output.ts';
import type { ParsedTarget } from '../target.ts';
import { parseTarget } from '../target.ts';
import type { PreparedAsk } from './ask.ts';
import { prepareAsk, throwNothingRead, wiringOf, withMemory, withProgress } from './ask.ts';

export interface RecordFlags extends Flags {
  readonly out?: string;
  readonly watch?: true;
  readonly force?: true;
}

export async function runRecord(
  context: CliContext,
  words: readonly string[],
  flags: RecordFlags,
): Promise<ExitStatus> {
  const target = parseTarget(words);
  const { out } = flags;
  if (out === undefined) {
    throw usageError(
      'record needs --out.',
      `${context.program} record ${words.join(' ')} --out death.json`.replace('  ', ' '),
    );
  }
  if (flags.watch === true && flags.filename.length > 0) {
    throw usageError('--watch follows a cluster; files do not change.', 'leave -f or --watch out.');
  }
  return flags.watch === true
    ? recordWatching(context, flags, { target, out })
    : recordOnce(context, flags, { target, out, words });
}

interface What {
  readonly target: ParsedTarget | undefined;
  readonly out: string;
}

async function recordOnce(
  context: CliContext,
  flags: RecordFlags,
  { target, out, words }: What & { readonly words: readonly string[] },
): Promise<ExitStatus> {
  const { record } = await import('../../app/record.ts');
  const sink = await (await wiringOf(context)).sink(out, { force: flags.force === true, watch: false });
  const answer = await withMemory(context, { flags, budgetMs: HISTORY_BUDGET_MS }, async ({ memory }) =>
    withProgress(context, flags, async (live) => {
      const ask = await prepareAsk(context, flags, { target, depth: 'why', ...live });
      const sources = [...allSources(ask), ...(await historySources(context, memory))];
      return mistakes(record({ ...ask, sources, sink, name: 'bundle', now: () => context.now() }));
    }),
  );
  const { recorded } = answer;
  if (recorded === undefined) {
    throwNothingRead(context, flags, answer.failures);
  }
  for (const { name, error } of answer.failures) note(context, flags, `Not read: ${name}: ${error.message}`);
  context.stdout.write(recordedText(recorded));
  // Neighbours of the target may be kept too: the same words find it again.
  const place = flags.namespace === undefined ? [] : ['-n', flags.namespace];
  const again = shellCommand(['why', ...words, ...place, '-f', recorded.path]);
  context.stdout.write(`Read it: ${context.program} ${again}\n`);
  return recorded.interrupted ? EXIT.interrupted : EXIT.done;
}

/** More than an answer waits: a bundle is read later, by somebody who can ask nothing any more. */
const HISTORY_BUDGET_MS = 60 * SECOND_MS;

async function historySources(context: CliContext, memory: WhyMemory): Promise<readonly EvidenceSource[]> {
  if (memory.histories.length === 0) return [];
  const { historyEvidence } = await import('../../app/history-evidence.ts');
  return [historyEvidence({ ...memory, nowMs: context.now() })];
}

function allSources(ask: PreparedAsk): PreparedAsk['sources'] {
  return ask.whenNoPods === undefined ? ask.sources : [...ask.sources, ask.whenNoPods];
}

/** What cannot be written is a mistake in the call, not a bug. */
async function mistakes<T>(task: Promise<T>): Promise<T> {
  try {
    return await task;
  } catch (error) {
    if (error instanceof SourceError) throw new CliError(EXIT.usage, `${cleanLine(error.message)}.`);
    throw error;
  }
}

function recordedText({ path, summary }: Pick<Recorded, 'path' | 'summary'>): string {
  return `Wrote ${path} (${formatBytes(summary.bytes)}).\nIt holds ${contents(summary)}.\n`;
}

/** Said before anybody mails it. */
function contents(summary: BundleSummary): string {
  const parts = summary.counts.map(({ what, count: amount }) => count(amount, what.replace(/s$/, ''), what));
  const lines = summary.logLines === 0 ? 'no log lines' : count(summary.logLines, 'log line');
  const redactions =
    summary.redactions === 0
      ? 'nothing looked like a credential'
      : `${count(summary.redactions, 'credential')} redacted`;
  return `${parts.join(', ') || 'nothing'}; ${lines}; ${redactions}`;
}

async function recordWatching(context: CliContext, flags: RecordFlags, what: What): Promise<ExitStatus> {
  const wiring = await wiringOf(context);
  const { recordDeaths } = await import('../../app/record.ts');
  const sink = await wiring.sink(what.out, { force: flags.force === true, watch: true });
  const { feed, close, wanted } = await mistakes(wiring.deathFeed(flags, what.target));
  const abort = new AbortController();
  const stopListening = context.onInterrupt(() => abort.abort());
  try {
    const { request } = await prepareAsk(context, flags, {
      target: what.target,
      depth: 'why',
      signal: abort.signal,
    });
    const result = await mistakes(
      recordDeaths({
        feed,
        request,
        sink,
        now: () => context.now(),
        ...(wanted === undefined ? {} : { wanted }),
        onReady: (pods) => note(context, flags, `Watching ${count(pods, 'pod')}. Ctrl-C ends it.`),
        onTrouble: (message) => note(context, flags, `Trouble: ${message}`),
        onRecorded: ({ path, summary }) => context.stdout.write(`${path}  ${contents(summary)}\n`),
      }),
    );
    const lost = result.failed + result.dropped;
    note(context, flags, `${count(result.recorded, 'death')} kept${lost === 0 ? '' : `, ${lost} not kept`}.`);
    // Ctrl-C is how a watch is meant to end.
    return lost === 0 ? EXIT.done : EXIT.partial;
  } finally {
    stopListening();
    close();
  }
}
