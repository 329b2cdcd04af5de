/** From flags to the sources of memory over time, and what to say where there is none. */
import type { HistorySource } from '../../app/history-ports.ts';
import type { Analyse } from '../../app/history.ts';
import type { EvidenceGap } from '../../core/model/bundle.ts';
import type { CollectRequest } from '../../app/ports.ts';
import type { CliContext } from '../context.ts';
import { CliError, EXIT, usageError } from '../exit-status.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { Flags } from '../flags.ts';
import type { ParsedTarget } from '../target.ts';
import type { PreparedAsk } from './ask.ts';
import { prepareAsk, wiringOf } from './ask.ts';

export interface MemoryAsk {
  readonly ask: PreparedAsk;
  readonly histories: readonly HistorySource[];
  readonly analyse: Analyse;
}

interface MemoryQuestionFlags {
  readonly target: ParsedTarget | undefined;
  readonly depth: CollectRequest['depth'];
  /** Also look for a Prometheus in the cluster where nothing else is named. */
  readonly search: boolean;
}

/** Evidence and histories, ready to be asked. Without any cluster the histories alone are asked. */
export async function prepareMemory(
  context: CliContext,
  flags: Flags,
  question: MemoryQuestionFlags & Pick<CollectRequest, 'onProgress' | 'signal'>,
): Promise<MemoryAsk> {
  checkPrometheusFlags(flags);
  const wiring = await wiringOf(context);
  const { search, ...asked } = question;
  const [histories, prepared, analyse] = await Promise.all([
    wiring.histories(flags, { search }),
    prepareAsk(context, flags, { ...asked, depth: question.depth }),
    wiring.analyse(),
  ]);
  const named = flags.context !== undefined || flags.kubeconfig !== undefined;
  const alone =
    histories.length > 0 && flags.filename.length === 0 && !named && !(await wiring.hasCluster(flags));
  return { ask: alone ? { ...prepared, sources: [] } : prepared, histories, analyse };
}

/** A secret in a command line is read by everybody on the machine (`ps`) and stays in the shell's history. */
export function checkPrometheusFlags(flags: Flags): void {
  const { prometheus, prometheusHeader } = flags;
  if (prometheus !== undefined && /^[a-z]+:\/\/[^/?#]*@/i.test(prometheus)) {
    throw usageError(
      '--prometheus holds a user or a password.',
      'name them with --prometheus-user and --prometheus-password-file.',
    );
  }
  if (
    prometheus !== undefined &&
    !['auto', 'off'].includes(prometheus) &&
    !/^https?:\/\//i.test(prometheus)
  ) {
    throw usageError(
      `--prometheus cannot be ${JSON.stringify(prometheus.slice(0, 80))}.`,
      'write it like https://prometheus.example:9090, or auto, or off.',
    );
  }
  for (const header of prometheusHeader) {
    const [name = ''] = header.split(':', 1);
    if (!/^[\w-]+:\s*\S/.test(header)) {
      throw usageError(
        `--prometheus-header cannot be ${JSON.stringify(header.slice(0, 80))}.`,
        'write it like "X-Team: shop".',
      );
    }
    if (/^(?:authorization|cookie|proxy-authorization)$/i.test(name)) {
      throw usageError(
        `--prometheus-header must not carry ${name}: others can read a command line.`,
        'put the token into a file: --prometheus-token-file PATH.',
      );
    }
  }
  if (flags.prometheusPasswordFile !== undefined && flags.prometheusUser === undefined) {
    throw usageError('--prometheus-password-file needs --prometheus-user.');
  }
}

/** Nothing holds any memory over time: what was tried, and every way to get one. */
export function noHistory(
  context: CliContext,
  what: string,
  tried: { readonly sources: number; readonly gaps: readonly EvidenceGap[] },
): CliError {
  const [gap] = tried.gaps.filter(({ kind }) => kind === 'usage');
  const why =
    tried.sources === 0
      ? 'no history is at hand'
      : gap === undefined
        ? 'the history holds nothing of it'
        : `${gap.what}: ${gap.cost}`;
  return new CliError(
    EXIT.noSource,
    `No memory over time ${what}: ${why.replace(/\.$/, '')}.`,
    `name a Prometheus (--prometheus URL), keep a history (${context.program} collect --history FILE), or read files with -f.`,
  );
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
