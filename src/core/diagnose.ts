/** EvidenceBundle -> Diagnosis. Reads as the recipe: index, find the deaths, gather each one's facts, decide, advise. */
import { advise, impact, nextEvidence, whatChanged } from './advice/index.ts';
import { collectFacts } from './facts/collect.ts';
import { findDeaths, livingSubject } from './facts/deaths.ts';
import type { Death } from './facts/deaths.ts';
import { indexBundle } from './facts/index-bundle.ts';
import type { BundleIndex } from './facts/index-bundle.ts';
import { matchDeaths } from './facts/select.ts';
import type { DeathSelection } from './facts/select.ts';
import type { DeathFacts } from './facts/types.ts';
import { deploymentOf } from './model/deployment.ts';
import type { MemoryAnalysis } from './memory/types.ts';
import type { EvidenceBundle } from './model/bundle.ts';
import type { Diagnosis, DiagnosisReport, KernelAccount } from './model/diagnosis.ts';
import type { KernelOomKill } from './model/kernel.ts';
import type { ObjectRef, PodEvidence } from './model/kubernetes.ts';
import type { MemoryLine } from './model/memory-views.ts';
import { defined } from './parse/fields.ts';
import { decide } from './verdict/decide.ts';

export type { DeathSelection } from './facts/select.ts';

/** How memory got to a death, from histories: what it means, and its line. */
export interface MemoryStory {
  readonly analysis: MemoryAnalysis;
  readonly line?: MemoryLine;
}

/** Looks a story up; handed in, so that the judgement itself loads nothing of the analysis. */
export type MemoryStories = (
  death: Pick<Diagnosis, 'target' | 'container' | 'verdict'>,
) => MemoryStory | undefined;

/** Nodes that are answered where nothing but nodes was given; a list of more is not a question about one. */
const MOST_NODES = 5;

/** Signals end a container with 128 + n; placeholders and start failures are no signals. */
function signalOf(facts: DeathFacts): number | undefined {
  const { termination } = facts;
  if (termination === undefined || termination.exitCode <= 128 || termination.exitCode > 159)
    return undefined;
  const placeholder =
    termination.reason === 'ContainerStatusUnknown' || termination.reason === 'RestartingAllContainers';
  return placeholder ? undefined : termination.exitCode - 128;
}

/** The newest report that names a victim; a report cut to its first line only where there is no better one. */
function reportOf({ kernelKills }: DeathFacts): KernelOomKill | undefined {
  return kernelKills.findLast((kill) => kill.victim !== undefined) ?? kernelKills.at(-1);
}

function kernelAccount(facts: DeathFacts): KernelAccount | undefined {
  const kill = reportOf(facts);
  if (kill === undefined) return undefined;
  const { victim, oomCgroup, taskCgroup, invoker } = kill;
  const optional = {
    constraint: kill.constraint,
    oomCgroup: oomCgroup?.path,
    taskCgroup: taskCgroup?.path,
    victimPid: victim?.pid,
    victimComm: victim?.comm,
    victimAnonRssBytes: victim?.anonRssBytes,
    victimFileRssBytes: victim?.fileRssBytes,
    victimShmemRssBytes: victim?.shmemRssBytes,
    usageBytes: kill.usageBytes,
    limitBytes: kill.limitBytes,
    invoker: invoker?.comm,
  };
  return {
    scope: kill.scope,
    groupKill: kill.groupKill,
    killedPids: kill.killed.map((process) => process.pid),
    ...defined(optional),
  };
}

/** What people call the workload: the Deployment or CronJob at the top, also where only its name was read. */
function workloadOf({ pod, owners }: DeathFacts): ObjectRef | undefined {
  const last = owners.at(-1);
  const above = last?.owner;
  if (above?.kind === 'Deployment' || above?.kind === 'CronJob') return above;
  if (last !== undefined) return last;
  const deployment = deploymentOf(pod);
  return deployment === undefined ? pod?.owner : { kind: 'Deployment', name: deployment };
}

function targetOf(facts: DeathFacts): Diagnosis['target'] {
  const { pod, kernelKills } = facts;
  const top = workloadOf(facts);
  const kill = kernelKills.at(-1);
  const orphan = pod === undefined ? kill : undefined;
  return defined({
    namespace: pod === undefined || pod.namespace === '' ? undefined : pod.namespace,
    pod: pod?.name,
    podUid: pod?.uid ?? orphan?.taskCgroup?.podUid ?? orphan?.oomCgroup?.podUid,
    node: facts.nodeName,
    workload: top === undefined ? undefined : { kind: top.kind, name: top.name },
    cgroup: orphan?.taskCgroup?.path ?? orphan?.oomCgroup?.path,
  });
}

function idOf(facts: DeathFacts, index: number): string {
  const kill = facts.kernelKills.at(-1);
  const who =
    facts.pod?.uid ??
    (facts.pod === undefined ? (kill?.id ?? `unknown-${index}`) : `${facts.pod.namespace}/${facts.pod.name}`);
  const when =
    facts.subject.kind === 'alive'
      ? 'alive'
      : (facts.diedAtMs ?? facts.termination?.containerId ?? 'unknown-time');
  return [who, facts.container?.name ?? 'pod', String(when)].join(':');
}

/** What a history shows is not unseen. */
function unseenBeside(unseen: Diagnosis['unseen'], story: MemoryStory | undefined): Diagnosis['unseen'] {
  const isShown = story !== undefined && story.analysis.shape !== 'no-data';
  return isShown ? unseen.filter(({ kind }) => kind !== 'usage') : unseen;
}

interface DeathAt {
  readonly position: number;
  readonly stories: MemoryStories | undefined;
}

function diagnoseDeath(bundleIndex: BundleIndex, death: Death, { position, stories }: DeathAt): Diagnosis {
  const facts = collectFacts(bundleIndex, death);
  const decision = decide(facts);
  const { verdict } = decision;
  const { termination, logTail, container } = facts;
  const target = targetOf(facts);
  const story = stories?.({
    target,
    verdict,
    ...(container === undefined ? {} : { container: container.name }),
  });
  const kernel = kernelAccount(facts);
  return {
    ...defined({
      container: container?.name,
      atMs: facts.diedAtMs,
      exitCode: termination?.exitCode,
      reason: termination?.reason ?? (facts.subject.kind === 'pod' ? facts.pod?.statusReason : undefined),
      signal: signalOf(facts),
      containerId:
        termination?.containerId ??
        death.containerId ??
        (facts.subject.kind === 'kernel' ? facts.kernelKills.at(-1)?.taskCgroup?.containerId : undefined),
      startedAtMs: termination?.startedAtMs,
      limitBytes: facts.limitBytes ?? (facts.pod === undefined ? kernel?.limitBytes : undefined),
      requestBytes: facts.requestBytes,
      peakBytes: facts.peakBytes,
      changed: verdict.kind === 'nothing-died' ? undefined : whatChanged(facts, verdict),
      logTail:
        logTail === undefined
          ? undefined
          : { previous: logTail.previous, lines: logTail.lines, truncated: logTail.truncated },
      kernel,
      memory: story?.analysis,
      memoryLine: story?.line,
    }),
    id: idOf(facts, position),
    target,
    verdict,
    evidence: decision.evidence,
    ruledOut: decision.ruledOut,
    beside: decision.beside,
    unseen: unseenBeside(decision.unseen, story),
    nextEvidence: nextEvidence(verdict, facts),
    actions: advise(verdict, facts, story?.analysis),
    impact: impact(facts, verdict),
    details: [],
  };
}

/** A pod that the selection names and in which nothing died is answered too. */
function living(pods: readonly PodEvidence[], selection: DeathSelection): readonly Death[] {
  return pods.slice(0, 1).map((pod) => {
    const wanted = selection.kind === 'object' ? selection.container : undefined;
    const mains = pod.containers.filter((c) => c.role === 'main');
    const named = wanted === undefined ? undefined : pod.containers.find((c) => c.name === wanted);
    return livingSubject(pod, named ?? (mains.length === 1 ? mains[0] : undefined));
  });
}

/** Evidence of nodes alone (`describe node`) is answered for the nodes. */
function loneNodes({ pods, nodes }: EvidenceBundle, selection: DeathSelection): readonly Death[] {
  if (pods.length > 0 || selection.kind !== 'newest') return [];
  return nodes.slice(0, MOST_NODES).map(({ name }) => ({ subject: { kind: 'alive' }, nodeName: name }));
}

/**
 * Judges every death of the bundle that the selection asks for, newest first. Total over any bundle: what cannot be
 * judged is `insufficient-evidence`, never a guess and never an exception.
 */
export function diagnoseBundle(
  bundle: EvidenceBundle,
  selection: DeathSelection,
  stories?: MemoryStories,
): DiagnosisReport {
  const index = indexBundle(bundle);
  const { deaths, pods } = matchDeaths(index, findDeaths(index), selection);
  const subjects = deaths.length > 0 ? deaths : [...living(pods, selection), ...loneNodes(bundle, selection)];
  return {
    generatedAtMs: bundle.collectedAtMs,
    ...(bundle.cluster === undefined ? {} : { cluster: bundle.cluster }),
    sources: bundle.sources,
    gaps: bundle.gaps,
    truncated: false,
    items: subjects.map((death, position) => diagnoseDeath(index, death, { position, stories })),
  };
}
