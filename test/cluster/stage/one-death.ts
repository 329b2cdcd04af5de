/** One staging from its namespace to the judgement under every condition. */
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../harness/cluster.ts';
import { namespaceReady } from '../harness/cluster.ts';
import { drawOf } from '../scenarios/draw.ts';
import type { Condition, Label, Manifest, Plan, Scenario } from '../scenarios/scenario.ts';
import { ask, markOf, type Mark, type Question, type Told } from './judge.ts';
import type { Recorder } from './recorder.ts';
import { stageIn, type Stage } from './stage-access.ts';
import type { Veils } from './veil.ts';

export interface Staging {
  readonly scenario: Scenario;
  /** Counted from 1. */
  readonly repetition: number;
}

export interface Theatre {
  readonly cluster: Cluster;
  readonly veils: Veils;
  readonly recorder: Recorder;
  readonly seed: number;
  /** Called while the dead pod is still there and everything is visible. */
  readonly keep?: (dead: Kept) => Promise<void>;
}

export interface Kept {
  readonly staging: Staging;
  readonly namespace: string;
  readonly target: string;
  readonly container?: string;
  readonly question: Question;
}

export interface Judged {
  readonly condition: Condition;
  readonly mark: Mark;
  readonly told: Told;
}

export interface DeathResult {
  readonly id: string;
  readonly repetition: number;
  readonly namespace: string;
  readonly label: Label;
  readonly judged: readonly Judged[];
  readonly stagedMs: number;
  /** It could not be staged: why. Nothing was judged then. */
  readonly failure?: string;
  /** How to ask again by hand. */
  readonly asked?: string;
}

/** Events are sent a moment after the fact, and nobody asks faster than this. */
const SETTLE_MS = 1500;
/** The watch looks twice, 3 s apart; a burst of deaths takes longer. Waited in full only where nothing is kept. */
const RECORDED_WAIT_MS = 15_000;

export async function stageDeath(theatre: Theatre, staging: Staging): Promise<DeathResult> {
  const { scenario, repetition } = staging;
  const begin = performance.now();
  const name = `${scenario.id}-${repetition}`.replaceAll(/[^\da-z-]/gu, '-');
  const namespace = `${name}-s${theatre.seed}`.slice(0, 63);
  const stage = stageIn(theatre.cluster, namespace);
  const plan = scenario.plan(drawOf(theatre.seed, `${scenario.id}#${repetition}`));
  const known = { id: scenario.id, repetition, namespace, label: scenario.label };
  const judged: Judged[] = [];
  let asked = '';
  try {
    await openNamespace(theatre.cluster, namespace);
    for (const object of plan.objects) await create(stage, object);
    await plan.act?.(stage);
    await plan.died(stage);
    await sleep(SETTLE_MS);
    const target = typeof plan.target === 'function' ? plan.target() : (plan.target ?? 'victim');
    asked = `why ${target} -n ${namespace} --kubeconfig ${theatre.cluster.kubeconfigs['node-reader']} --node-access`;
    await judgeLive(theatre, { plan, scenario, target, namespace, staging }, judged);
    await judgeRecorded(theatre, { plan, scenario, target, namespace, staging }, judged);
    return { ...known, judged, asked, stagedMs: performance.now() - begin };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { ...known, judged, asked, failure, stagedMs: performance.now() - begin };
  } finally {
    await closeNamespace(stage, plan);
  }
}

interface Dead {
  readonly plan: Plan;
  readonly scenario: Scenario;
  readonly target: string;
  readonly namespace: string;
  readonly staging: Staging;
}

async function judgeLive(theatre: Theatre, dead: Dead, judged: Judged[]): Promise<void> {
  const { cluster, veils } = theatre;
  const { reader, 'node-reader': nodeReader } = cluster.kubeconfigs;
  const judge = async (condition: Condition, kubeconfig: string, flags: readonly string[]): Promise<void> => {
    judged.push(
      await judgeOne(dead, condition, ['-n', dead.namespace, '--kubeconfig', kubeconfig, ...flags]),
    );
  };
  const near = ['--node-access'];
  await judge('all', nodeReader, near);
  const { staging, target, namespace, plan } = dead;
  const question = { words: [target, '-n', namespace, '--kubeconfig', nodeReader, ...near] };
  await theatre.keep?.({
    staging,
    question,
    target,
    namespace,
    ...(plan.container === undefined ? {} : { container: plan.container }),
  });
  await judge('no-kernel-log', veils.kubeconfigs['no-kernel-log'] ?? '', near);
  await judge('no-metrics', veils.kubeconfigs['no-metrics'] ?? '', near);
  await judge('no-node-access', reader, []);
  await cluster.api.remove(`/api/v1/namespaces/${dead.namespace}/events`);
  await judge('no-events', veils.kubeconfigs['no-events'] ?? '', near);
  await judge('no-events-no-node', veils.kubeconfigs['no-events-no-node'] ?? '', []);
}

async function judgeRecorded(theatre: Theatre, dead: Dead, judged: Judged[]): Promise<void> {
  const end = Date.now() + RECORDED_WAIT_MS;
  let files = theatre.recorder.filesOf(dead.namespace);
  // A neighbour's death may be kept first, and knows nothing of this one.
  while (!files.some((path) => isAbout(path, dead)) && Date.now() < end) {
    await sleep(500);
    files = theatre.recorder.filesOf(dead.namespace);
  }
  if (files.length === 0) {
    judged.push({
      condition: 'recorded',
      mark: markOf(undefined, dead.scenario.label, 'recorded'),
      told: { trouble: 'nothing was recorded', tookMs: 0 },
    });
    return;
  }
  const words = ['-n', dead.namespace, ...files.flatMap((path) => ['-f', path])];
  judged.push(await judgeOne(dead, 'recorded', words));
}

/** File names are made of instant, namespace, pod, container (or `deleted`, or `pod`) and UID. */
function isAbout(path: string, { target, plan }: Dead): boolean {
  const whats = [plan.container ?? '', 'deleted', 'pod'];
  return whats.some((what) => basename(path).includes(`_${target}_${what}`));
}

async function judgeOne(dead: Dead, condition: Condition, flags: readonly string[]): Promise<Judged> {
  const { container } = dead.plan;
  const question = { words: [dead.target, ...flags], ...(container === undefined ? {} : { container }) };
  const told = await ask(question);
  return { condition, mark: markOf(told.answer, dead.scenario.label, condition), told };
}

async function openNamespace(cluster: Cluster, namespace: string): Promise<void> {
  await cluster.api.create('/api/v1/namespaces', { metadata: { name: namespace } });
  await namespaceReady(cluster, namespace);
}

const PLURALS: Readonly<Record<string, string>> = { PriorityClass: 'priorityclasses' };
const CLUSTER_WIDE: ReadonlySet<string> = new Set(['PriorityClass', 'Node']);

export async function create(stage: Stage, object: Manifest): Promise<void> {
  const { apiVersion, kind } = object;
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const scope = CLUSTER_WIDE.has(kind) ? '' : `/namespaces/${stage.namespace}`;
  await stage.api.create(`${root}${scope}/${PLURALS[kind] ?? `${kind.toLowerCase()}s`}`, object);
}

/** Ends what is left at once: nobody waits for the grace period of a victim that was judged. */
async function closeNamespace(stage: Stage, plan: Plan): Promise<void> {
  try {
    await plan.undo?.(stage);
    const path = `/api/v1/namespaces/${stage.namespace}`;
    await stage.api.ask('DELETE', path);
    for (const { metadata } of await stage.pods()) {
      const finalizers = { type: 'application/merge-patch+json', text: '{"metadata":{"finalizers":null}}' };
      await stage.api.ask('PATCH', stage.path(metadata.name), finalizers);
      await stage.api.ask('DELETE', `${stage.path(metadata.name)}?gracePeriodSeconds=1`);
    }
  } catch {
    // What is left goes away with the cluster.
  }
}
