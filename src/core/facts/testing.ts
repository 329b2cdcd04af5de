/** Small factories of facts and evidence for tests: everything that a test does not name is absent. */
import type { Verdict } from '../model/diagnosis.ts';
import type { KernelOomKill } from '../model/kernel.ts';
import type {
  ContainerEvidence,
  ContainerTemplate,
  PodEvidence,
  WorkloadEvidence,
} from '../model/kubernetes.ts';
import type { DeathFacts } from './types.ts';

/** 2026-10-02T14:14:06Z. */
export const DIED_AT_MS = Date.UTC(2026, 9, 2, 14, 14, 6);

export function makeContainer(partial: Partial<ContainerEvidence> = {}): ContainerEvidence {
  return { name: 'api', role: 'main', environment: [], requests: {}, limits: {}, ...partial };
}

export function makePod(partial: Partial<PodEvidence> = {}): PodEvidence {
  return {
    id: 'pod/shop/checkout-x2kqp',
    origin: 'api',
    source: 'test',
    namespace: 'shop',
    name: 'checkout-x2kqp',
    uid: '94eb36cd-29e1-4c5b-9d2e-0123456789ab',
    conditions: [],
    memoryVolumes: [],
    containers: [makeContainer()],
    ...partial,
  };
}

export function makeWorkload(partial: Partial<WorkloadEvidence> = {}): WorkloadEvidence {
  return {
    id: 'workload/1',
    source: 'test',
    kind: 'Deployment',
    namespace: 'shop',
    name: 'checkout',
    conditions: [],
    containers: [],
    ...partial,
  };
}

export function makeTemplate(partial: Partial<ContainerTemplate> = {}): ContainerTemplate {
  return { name: 'api', role: 'main', environment: [], requests: {}, limits: {}, ...partial };
}

export function makeKernelKill(partial: Partial<KernelOomKill> = {}): KernelOomKill {
  return {
    id: 'kernel/1',
    source: 'test',
    scope: 'memcg',
    killed: [],
    groupKill: false,
    processes: [],
    processCount: 0,
    pageSizeBytes: 4096,
    outcome: 'killed',
    complete: true,
    excerpt: [],
    ...partial,
  };
}

export function makeFacts(partial: Partial<DeathFacts> = {}): DeathFacts {
  return {
    subject: { kind: 'alive' },
    nowMs: DIED_AT_MS + 60_000,
    owners: [],
    revisions: [],
    hasPodLevelResources: false,
    samples: [],
    cgroups: [],
    nodeSamples: [],
    kernelKills: [],
    podKernelKills: [],
    nodeKernelKills: [],
    kernelLogCovers: false,
    killDecisions: [],
    nodeLog: [],
    runtimeLogCovers: false,
    podEvents: [],
    nodeEvents: [],
    ownerEvents: [],
    eventsCoverWindow: 'unknown',
    eventsLimited: false,
    cohort: [],
    graceSeconds: 30,
    gaps: [],
    ...partial,
  };
}

/** A container death with its record in `lastState`, the usual shape of a crash loop. */
export function makeDeath(partial: Partial<DeathFacts> = {}): DeathFacts {
  const termination = partial.termination ?? {
    exitCode: 137,
    reason: 'OOMKilled',
    startedAtMs: DIED_AT_MS - 3_600_000,
    finishedAtMs: DIED_AT_MS,
  };
  const pod = partial.pod ?? makePod();
  const container = partial.container ?? pod.containers[0] ?? makeContainer();
  return makeFacts({
    subject: { kind: 'container', termination, which: 'lastState' },
    pod,
    container,
    termination,
    diedAtMs: DIED_AT_MS,
    ...partial,
  });
}

export function makeVerdict(partial: Partial<Verdict> = {}): Verdict {
  return {
    kind: 'identified',
    code: 'K1',
    cause: 'container-memory-limit',
    confidence: 'likely',
    sender: 'kernel.memcg',
    memory: 'container',
    summary: 'test',
    candidates: [],
    ...partial,
  };
}
