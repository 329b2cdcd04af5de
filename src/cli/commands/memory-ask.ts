/** From flags to the sources of memory over time, and what to say where there is none. */
import type { HistorySource } from '../../app/history-ports.ts';
import type { KeptDeaths } from '../../app/collect-ports.ts';
import type { Analyse } from '../../app/history.ts';
import { NOTHING_READ } from '../../app/read-histories.ts';
import type { Answer } from '../../app/why.ts';
import type { EvidenceGap } from '../../core/model/bundle.ts';
import type { CollectRequest } from '../../app/ports.ts';
import type { CliContext } from '../context.ts';
import { CliError, EXIT } from '../exit-status.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { Flags } from '../flags.ts';
import type { ParsedTarget } from '../target.ts';
import type { PreparedAsk } from './ask.ts';
import { memorySourcesOf, prepareAsk, wiringOf, withProgress } from './ask.ts';
import { checkPrometheusFlags } from './prometheus-flags.ts';

export interface MemoryAsk {
  readonly ask: PreparedAsk;
  readonly histories: readonly HistorySource[];
  readonly kept?: KeptDeaths;
  readonly analyse: Analyse;
}

interface MemoryQuestionFlags {
  readonly target: ParsedTarget | undefined;
  readonly depth: CollectRequest['depth'];
  /** Also look for a Prometheus in the cluster where nothing else is named. */
  readonly search: boolean;
}

/** Runs `answer` with evidence and histories. Without any cluster the histories alone are asked. */
export async function askMemory<T>(
  context: CliContext,
  flags: Flags,
  question: MemoryQuestionFlags & { readonly answer: (ask: MemoryAsk) => Promise<T> },
): Promise<T> {
  checkPrometheusFlags(flags);
  const wiring = await wiringOf(context);
  const { search, answer, ...asked } = question;
  const sources = await memorySourcesOf(context, flags, { search, files: true });
  const { histories, kept } = sources;
  try {
    return await withProgress(context, flags, async (live) => {
      const prepared = await prepareAsk(context, flags, { ...asked, ...live });
      const named = flags.context !== undefined || flags.kubeconfig !== undefined;
      const mayBeAlone = histories.length > 0 && flags.filename.length === 0 && !named;
      const alone = mayBeAlone && !(await wiring.hasCluster(flags));
      return answer({
        ask: alone ? { ...prepared, sources: [] } : prepared,
        histories,
        ...(kept === undefined ? {} : { kept }),
        analyse: await wiring.analyse(),
      });
    });
  } finally {
    sources.close();
  }
}

/** Nothing holds any memory over time: what was tried, and every way to get one. */
export function noHistory(
  context: CliContext,
  what: string,
  tried: {
    readonly sources: number;
    readonly gaps: readonly EvidenceGap[];
    readonly failures: Answer['failures'];
  },
): CliError {
  const gap = tried.gaps.find(({ id }) => isReason(id));
  const [failure] = tried.failures;
  const cluster =
    failure === undefined ? '' : `, and ${failure.name} cannot be read: ${failure.error.message}`;
  const why =
    gap !== undefined
      ? gap.what.replace(/^memory over time from (?:files \((.*)\)$)?/, '$1')
      : tried.sources === 0
        ? `no history is at hand${cluster}`
        : 'the history holds nothing of it';
  return new CliError(
    EXIT.noSource,
    `No memory over time ${what}: ${why.replace(/\.$/, '')}.`,
    gap?.fix ??
      `name a Prometheus (--prometheus URL), keep a history (${context.program} collect --history FILE), or read files with -f.`,
  );
}

/** Other gaps say what is missing in a history that was read. */
function isReason(id: string): boolean {
  return (
    id.startsWith(NOTHING_READ) ||
    /^gap:(?:history|prometheus\/(?:none|services?|clock|pods|budget))\b/.test(id)
  );
}

/** Of the gap that files of evidence hold no memory over time. */
export const NOT_IN_FILES = `${NOTHING_READ}files`;

/** What says nothing about memory over time; with -v it is told all the same. */
const BESIDE: ReadonlySet<EvidenceGap['kind']> = new Set([
  'kernel-log',
  'node-log',
  'container-log',
  'node',
  'node-events',
  'pod-events',
  'owner-events',
  'cgroup',
]);

/** The gaps that bear on an answer about memory over time. */
export function gapsOfMemory(
  flags: Flags,
  { gaps }: { readonly gaps: readonly EvidenceGap[] },
): { readonly gaps: readonly EvidenceGap[] } {
  return {
    gaps:
      flags.verbose === true ? gaps : gaps.filter(({ id, kind }) => !BESIDE.has(kind) && id !== NOT_IN_FILES),
  };
}

/** 130 interrupted, 5 partial under `--strict`, else 0. */
export function memoryStatus(
  answer: {
    readonly interrupted: boolean;
    readonly sources: readonly { readonly state: string }[];
  },
  flags: Flags,
): ExitStatus {
  if (answer.interrupted) return EXIT.interrupted;
  const unread = answer.sources.some(({ state }) => state === 'partial' || state === 'failed');
  return flags.strict === true && unread ? EXIT.partial : EXIT.done;
}
