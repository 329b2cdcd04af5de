/** Manifests of victims and of the innocent around them. */
import { VICTIM_IMAGE } from '../harness/image.ts';
import type { Draw } from './draw.ts';
import type { Manifest } from './scenario.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Every pod but one tolerates it, so that a drill with a taint drives out that one alone. */
export const DRILL_TAINT = 'exit137.test/drill';

export interface ContainerWish {
  readonly name?: string;
  /** Steps of the victim program; `command` instead of them where a shell is wanted. */
  readonly steps?: readonly string[];
  readonly command?: readonly string[];
  readonly limitMib?: number;
  readonly more?: Fields;
}

export function container(wish: ContainerWish): Fields {
  return {
    name: wish.name ?? 'app',
    image: VICTIM_IMAGE,
    ...(wish.steps === undefined ? {} : { args: wish.steps }),
    ...(wish.command === undefined ? {} : { command: wish.command }),
    ...(wish.limitMib === undefined ? {} : { resources: { limits: { memory: `${wish.limitMib}Mi` } } }),
    ...wish.more,
  };
}

export interface PodWish {
  readonly name?: string;
  readonly containers: readonly Fields[];
  readonly initContainers?: readonly Fields[];
  readonly graceSeconds?: number;
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  /** Into the spec. */
  readonly more?: Fields;
}

export function podSpec(wish: PodWish): Fields {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: wish.graceSeconds ?? 3,
    restartPolicy: wish.restartPolicy ?? 'Always',
    tolerations: [{ key: DRILL_TAINT, operator: 'Exists' }],
    ...(wish.initContainers === undefined ? {} : { initContainers: wish.initContainers }),
    containers: wish.containers,
    ...wish.more,
  };
}

export function pod(wish: PodWish): Manifest {
  const { labels, annotations, finalizers } = wish;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: wish.name ?? 'victim',
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
    },
    spec: podSpec(wish),
  };
}

/** What a real pod has beside its main container: nothing, a proxy, an exporter, a restartable init container. */
export function withNeighbours(draw: Draw, wish: PodWish): PodWish {
  const neighbours = draw.pick([0, 0, 0, 1, 1, 2]);
  const names = ['proxy', 'exporter'];
  const beside = names.slice(0, neighbours).map((name) => {
    const limit = draw.chance(0.6) ? { limitMib: draw.int(24, 64) } : {};
    return container({ name, steps: ['on=15:0', 'log=serving', 'sleep'], ...limit });
  });
  const sidecar = container({
    name: 'mesh',
    steps: ['on=15:0', 'log=mesh', 'sleep'],
    limitMib: draw.int(24, 48),
    more: { restartPolicy: 'Always' },
  });
  const init = draw.chance(0.2) ? [sidecar] : [];
  return {
    ...wish,
    containers: draw.chance(0.5) ? [...wish.containers, ...beside] : [...beside, ...wish.containers],
    ...(wish.initContainers === undefined && init.length === 0
      ? {}
      : { initContainers: [...init, ...(wish.initContainers ?? [])] }),
  };
}

/** Resources of a drawn class of service around a memory limit. */
export function resources(draw: Draw, limitMib: number): Fields {
  const limits = { memory: `${limitMib}Mi` };
  return draw.pick<Fields>([
    { limits },
    { limits, requests: { memory: `${Math.ceil(limitMib / 2)}Mi` } },
    { limits, requests: { memory: '4Mi', cpu: '5m' } },
    { limits: { ...limits, cpu: '300m' }, requests: { ...limits, cpu: '300m' } },
  ]);
}

/** A name, a stop time and a start time as people have them. */
export function workload(
  kind: 'Deployment' | 'StatefulSet',
  wish: PodWish & { readonly replicas?: number; readonly strategy?: Fields },
): Manifest {
  const name = wish.name ?? 'victim';
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: {
      replicas: wish.replicas ?? 1,
      ...(wish.strategy === undefined ? {} : { strategy: wish.strategy }),
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(wish) },
    },
  };
}

export function job(wish: PodWish, spec: Fields = {}): Manifest {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: wish.name ?? 'victim' },
    spec: { ...spec, template: { spec: podSpec({ restartPolicy: 'Never', ...wish }) } },
  };
}
