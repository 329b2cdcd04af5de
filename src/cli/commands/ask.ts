/** From flags to a question, and from an answer to an exit code: what `why` and `kills` share. */
import type { CollectRequest, EvidenceSource, Target } from '../../app/ports.ts';
import { SourceError } from '../../app/ports.ts';
import type { Answer, Ask, Keep, WhyMemory } from '../../app/why.ts';
import type { DiagnosisReport, Diagnosis } from '../../core/model/diagnosis.ts';
import type { LabelMatcher } from '../../core/parse/label-selector.ts';
import { parseLabelSelector } from '../../core/parse/label-selector.ts';
import { shellQuote } from '../../core/text/shell.ts';
import { HOUR_MS } from '../../core/units.ts';
import type { CliContext } from '../context.ts';
import { CliError, EXIT, usageError } from '../exit-status.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { FailOn, Flags } from '../flags.ts';
import { textOptions } from '../output.ts';
import { ProgressLine } from '../progress.ts';
import type { ParsedTarget } from '../target.ts';
import type { MemorySearch, MemorySources, Wiring } from '../wiring.ts';
import { checkPrometheusFlags } from './prometheus-flags.ts';

export interface Question {
  readonly target: ParsedTarget | undefined;
  readonly depth: CollectRequest['depth'];
}

/** Everything of an `Ask` but the selection, ready to run. */
export type PreparedAsk = Omit<Ask, 'selection'>;

/** Runs `answer` with progress on stderr; Ctrl-C makes sources hand over what they have, a second one ends at once. */
export async function withProgress<T>(
  context: CliContext,
  flags: Flags,
  answer: (live: Pick<CollectRequest, 'onProgress' | 'signal'>) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const progress = new ProgressLine({
    sink: context.stderr,
    quiet: flags.quiet === true,
    ascii: textOptions(context, flags).ascii,
    now: () => context.now(),
  });
  const stopListening = context.onInterrupt(() => abort.abort());
  try {
    return await answer({ signal: abort.signal, onProgress: (latest) => progress.update(latest) });
  } finally {
    progress.stop();
    stopListening();
  }
}

/** One wiring a run: standard input can be read only once. */
const WIRINGS = new WeakMap<CliContext, Wiring>();

export async function wiringOf(context: CliContext): Promise<Wiring> {
  if (context.wiring !== undefined) return context.wiring;
  const { createWiring } = await import('../wiring.ts');
  const wiring = WIRINGS.get(context) ?? createWiring(context);
  WIRINGS.set(context, wiring);
  return wiring;
}

/** Chooses the sources (docs of `-f` in program.ts say the rule) and says what is asked of them. */
export async function prepareAsk(
  context: CliContext,
  flags: Flags,
  question: Question & Pick<CollectRequest, 'onProgress' | 'signal'>,
): Promise<PreparedAsk> {
  const wiring = await wiringOf(context);
  const { target, depth, onProgress, signal } = question;
  const namespace = namespaceOf(flags, target);
  const request: CollectRequest = {
    target: collectTarget(flags, target),
    scope: {
      ...(namespace === undefined ? {} : { namespace }),
      allNamespaces: flags.allNamespaces === true,
      ...(flags.selector === undefined ? {} : { labelSelector: flags.selector }),
    },
    depth,
    nodeAccess: flags.nodeAccess === true,
    logLines: flags.logs ? flags.logLines : 0,
    ...(onProgress === undefined ? {} : { onProgress }),
    signal,
  };
  const keep = keepOf(flags, namespace);
  return {
    ...(await chooseSources(wiring, flags, target !== undefined)),
    request,
    ...(keep === undefined ? {} : { keep }),
    nowMs: context.now(),
    judge: await wiring.judge(),
  };
}

const MEMORY_WINDOW_MS = 7 * 24 * HOUR_MS;

/** What cannot be opened as named (a certificate, a password's file) is a mistake in the call. */
export async function memorySourcesOf(
  context: CliContext,
  flags: Flags,
  how: MemorySearch,
): Promise<MemorySources> {
  try {
    return await (await wiringOf(context)).memorySources(flags, how);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw usageError(`Cannot read memory over time: ${sentence(error.message)}`);
  }
}

/**
 * Runs `answer` with memory over time, if any source of it is named; the analysis is loaded only when there is some.
 * The kept deaths come with it.
 */
export async function withMemory<T>(
  context: CliContext,
  { flags, budgetMs }: { readonly flags: Flags; readonly budgetMs: number },
  answer: (memory: Required<Pick<Ask, 'memory'>> & Pick<Ask, 'kept'>) => Promise<T>,
): Promise<T> {
  checkPrometheusFlags(flags);
  const wiring = await wiringOf(context);
  const sources = await memorySourcesOf(context, flags, { search: false, files: false });
  const memory: WhyMemory = {
    histories: sources.histories,
    analyse: async () => wiring.analyse(),
    windowMs: flags.since ?? MEMORY_WINDOW_MS,
    budgetMs,
    ...(flags.traffic === undefined ? {} : { trafficQuery: flags.traffic }),
  };
  try {
    return await answer({ memory, ...(sources.kept === undefined ? {} : { kept: sources.kept }) });
  } finally {
    sources.close();
  }
}

export function namespaceOf(flags: Flags, target: ParsedTarget | undefined): string | undefined {
  if (flags.allNamespaces === true && target === undefined) return undefined;
  if (
    target?.namespace !== undefined &&
    flags.namespace !== undefined &&
    target.namespace !== flags.namespace
  ) {
    throw usageError(
      `The target is in namespace ${target.namespace}, but -n says ${flags.namespace}.`,
      'Name one of them.',
    );
  }
  return target?.namespace ?? flags.namespace;
}

function collectTarget(flags: Flags, target: ParsedTarget | undefined): Target {
  if (target === undefined) return flags.allNamespaces === true ? { kind: 'all' } : { kind: 'newest' };
  const { name, objectKind } = target;
  return {
    kind: 'object',
    name,
    ...(objectKind === undefined ? {} : { objectKind }),
    ...(flags.container === undefined ? {} : { container: flags.container }),
  };
}

function keepOf(flags: Flags, namespace: string | undefined): Keep | undefined {
  const { container, since } = flags;
  const labels = labelsOf(flags);
  if ([namespace, container, since, labels].every((one) => one === undefined)) return undefined;
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(container === undefined ? {} : { container }),
    ...(since === undefined ? {} : { withinMs: since }),
    ...(labels === undefined ? {} : { labels }),
  };
}

function labelsOf({ selector }: Flags): LabelMatcher | undefined {
  if (selector === undefined) return undefined;
  const parsed = parseLabelSelector(selector);
  if (parsed.ok) return parsed.value;
  throw usageError(
    `${JSON.stringify(selector)} ${parsed.error.message}.`,
    'write it like app=cart or "tier in (web,db)"',
  );
}

/**
 * Without -f: the cluster. With -f: files only, unless a cluster is named by flag (then both), or a TARGET is named,
 * the files hold no pod (a kernel log on stdin, say) and a cluster is configured (then the cluster too).
 */
async function chooseSources(
  wiring: Wiring,
  flags: Flags,
  hasTarget: boolean,
): Promise<{ readonly sources: readonly EvidenceSource[]; readonly whenNoPods?: EvidenceSource }> {
  if (flags.filename.length === 0) return { sources: [await wiring.cluster(flags)] };
  const files = await wiring.files(flags.filename);
  if (flags.context !== undefined || flags.kubeconfig !== undefined) {
    return { sources: [files, await wiring.cluster(flags)] };
  }
  if (hasTarget && (await wiring.hasCluster(flags))) {
    return { sources: [files], whenNoPods: await wiring.cluster(flags) };
  }
  return { sources: [files] };
}

/** Throws where nothing at all could be read; says why, and what would help. */
export function checkAnswer(context: CliContext, flags: Flags, answer: Answer): void {
  if (!answer.nothingRead) return;
  if (answer.interrupted) throw new CliError(EXIT.interrupted, 'Interrupted before anything was read.');
  throwNothingRead(context, flags, answer.failures);
}

/** Says why no source gave anything: 3 where the target is not there, else 4. */
export function throwNothingRead(context: CliContext, flags: Flags, failures: Answer['failures']): never {
  const notFound = failures.find(({ error }) => error.code === 'not-found');
  if (notFound !== undefined) {
    throw new CliError(
      EXIT.targetNotFound,
      sentence(notFound.error.message),
      `list what died: ${context.program} kills${contextFlag(flags)} -A`,
    );
  }
  const reasons = failures.map(({ name, error }) => `Cannot read ${name}: ${sentence(error.message)}`);
  throw new CliError(EXIT.noSource, reasons.join(' '), fixFor(context, flags, failures[0]?.error));
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function fixFor(context: CliContext, flags: Flags, error: SourceError | undefined): string | undefined {
  const offline = `kubectl get pods,events,nodes -A -o json | ${context.program} kills -f -`;
  if (error === undefined) return undefined;
  switch (error.code) {
    case 'not-found':
    case 'aborted':
      return undefined;
    case 'bad-config':
      return `check --kubeconfig, KUBECONFIG and --context, or read files: ${offline}`;
    case 'unreachable':
    case 'timeout':
      return `check that \`kubectl${contextFlag(flags)} version\` answers, or read files: ${offline}`;
    case 'unauthorized':
      return `log in again so that \`kubectl${contextFlag(flags)} auth whoami\` answers.`;
    case 'forbidden':
      return `see what is missing: ${context.program} check${contextFlag(flags)}`;
    case 'unreadable':
    case 'protocol':
      return `check the path; ${context.program} reads kubectl get -o json or yaml, kubectl describe, dumps, must-gather, kernel logs, docker inspect.`;
    default:
      return error.code satisfies never;
  }
}

function contextFlag(flags: Flags): string {
  return flags.context === undefined ? '' : ` --context ${shellQuote(flags.context)}`;
}

const CONFIDENCE_RANK = { possible: 1, likely: 2, certain: 3 } as const;

function reaches(item: Diagnosis, level: FailOn): boolean {
  const { verdict } = item;
  if (verdict.kind === 'nothing-died') return false;
  const rank = verdict.confidence === undefined ? 0 : CONFIDENCE_RANK[verdict.confidence];
  switch (level) {
    case 'any':
      return true;
    case 'identified':
      return verdict.kind === 'identified';
    case 'likely':
      return rank >= CONFIDENCE_RANK.likely;
    case 'certain':
      return rank >= CONFIDENCE_RANK.certain;
    case 'memory':
      return verdict.memory !== 'none' && verdict.memory !== 'unknown';
    default:
      return level satisfies never;
  }
}

/** 130 interrupted, then 1 for `--fail-on`, then 5 for `--strict`, else 0. */
export function statusOf(answer: Answer, flags: Flags): ExitStatus {
  const { report } = answer;
  const { failOn } = flags;
  if (answer.interrupted) return EXIT.interrupted;
  if (failOn !== undefined && report.items.some((item) => reaches(item, failOn))) return EXIT.findings;
  if (flags.strict === true && isPartial(report)) return EXIT.partial;
  return EXIT.done;
}

function isPartial(report: DiagnosisReport): boolean {
  const undecided = report.items.some(
    ({ verdict }) => verdict.kind === 'ambiguous' || verdict.kind === 'insufficient-evidence',
  );
  const unread = report.sources.some(({ state }) => state === 'partial' || state === 'failed');
  return report.truncated || undecided || unread;
}
