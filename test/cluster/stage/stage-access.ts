/** What a scenario may do to the cluster: its own namespace through the API, and the node's processes and cgroups from outside. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Api } from '../harness/api.ts';
import type { Cluster } from '../harness/cluster.ts';
import { until } from '../harness/run.ts';
import { execInContainer } from './exec.ts';

export interface ContainerState {
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly reason?: string;
    readonly containerID?: string;
    readonly finishedAt?: string;
  };
  readonly waiting?: { readonly reason?: string };
}

export interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
  readonly restartCount: number;
  readonly started?: boolean;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

export interface PodObject {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
    }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface WaitOptions {
  readonly pod?: string;
  readonly seconds?: number;
}

export interface Stage {
  readonly cluster: Cluster;
  readonly api: Api;
  readonly namespace: string;
  /** `/api/v1/namespaces/NS/pods/NAME`. */
  readonly path: (pod?: string) => string;
  /** Undefined = it is not there. */
  readonly pod: (name?: string) => Promise<PodObject | undefined>;
  readonly pods: (labelSelector?: string) => Promise<readonly PodObject[]>;
  /** A container runs. */
  readonly running: (container?: string, options?: WaitOptions) => Promise<ContainerStatus>;
  /** A container ended at least once, or the pod itself is gone. */
  readonly ended: (container?: string, options?: WaitOptions) => Promise<unknown>;
  /** Deleted, or all containers ended where a finalizer keeps the object. */
  readonly gone: (options?: WaitOptions) => Promise<unknown>;
  readonly failed: (options?: WaitOptions) => Promise<unknown>;
  readonly remove: (pod?: string, graceSeconds?: number) => Promise<void>;
  /** As the host counts them; the first is the container's PID 1. */
  readonly hostPids: (container?: string, pod?: string) => Promise<readonly number[]>;
  /** Folder of the container's memory cgroup. */
  readonly cgroup: (container?: string, pod?: string) => Promise<string>;
  /** Kernel OOM kills of the container so far. */
  readonly oomKills: (container?: string, pod?: string) => Promise<number>;
  readonly exec: (command: readonly string[], container?: string, pod?: string) => Promise<void>;
  readonly until: typeof until;
}

const WAIT_SECONDS = 60;
const VICTIM = 'victim';
const APP = 'app';

export function stageIn(cluster: Cluster, namespace: string): Stage {
  const { api } = cluster;
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const path = (name = VICTIM): string => `${pods}/${name}`;
  const getPod = async (name = VICTIM): Promise<PodObject | undefined> => {
    const { status, text } = await api.ask('GET', path(name));
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`GET ${path(name)}: ${status} ${text.slice(0, 200)}`);
    return JSON.parse(text) as PodObject;
  };
  const statusOf = async (container: string, name?: string): Promise<ContainerStatus | undefined> =>
    statusesOf(await getPod(name)).find((one) => one.name === container);
  const wait = <T>(
    what: string,
    options: WaitOptions,
    ask: () => Promise<T | undefined> | T | undefined,
  ): Promise<T> => until(`${namespace}: ${what}`, (options.seconds ?? WAIT_SECONDS) * 1000, ask);
  const cgroup = async (container = APP, name = VICTIM): Promise<string> => {
    const uid = (await getPod(name))?.metadata.uid ?? '';
    const id = (await statusOf(container, name))?.containerID?.replace(/^.*:\/\//u, '') ?? '';
    const found = cgroupOf(cluster, uid, id);
    if (found === undefined) throw new Error(`no memory cgroup of ${namespace}/${name} ${container}`);
    return found;
  };
  return {
    cluster,
    api,
    namespace,
    path,
    pod: getPod,
    pods: async (labelSelector) => {
      const query = labelSelector === undefined ? '' : `?labelSelector=${encodeURIComponent(labelSelector)}`;
      return ((await api.get(`${pods}${query}`)) as { items?: readonly PodObject[] }).items ?? [];
    },
    running: (container = APP, options = {}) =>
      wait(`${container} runs`, options, async () => {
        const status = await statusOf(container, options.pod);
        return status?.state?.running === undefined ? undefined : status;
      }),
    ended: (container = APP, options = {}) =>
      wait(`${container} ended`, options, async () => {
        const found = await getPod(options.pod);
        if (found === undefined) return 'gone';
        const status = statusesOf(found).find((one) => one.name === container);
        return status?.state?.terminated ?? status?.lastState?.terminated;
      }),
    gone: (options = {}) =>
      wait('gone', options, async () => {
        const found = await getPod(options.pod);
        if (found === undefined) return true;
        const deleted = found.metadata.deletionTimestamp !== undefined;
        const statuses = found.status?.containerStatuses ?? [];
        return deleted &&
          statuses.length > 0 &&
          statuses.every(({ state }) => state?.terminated !== undefined)
          ? true
          : undefined;
      }),
    failed: (options = {}) =>
      wait('failed', options, async () => {
        const found = await getPod(options.pod);
        return found === undefined || found.status?.phase === 'Failed' ? true : undefined;
      }),
    // The grace period as a query: Node.js sends no length with the body of a DELETE, and the server then reads none.
    remove: (name, graceSeconds) =>
      api.remove(`${path(name)}${graceSeconds === undefined ? '' : `?gracePeriodSeconds=${graceSeconds}`}`),
    hostPids: async (container, name) => pidsIn(await cgroup(container, name)),
    cgroup,
    oomKills: async (container, name) => oomKillsIn(await cgroup(container, name)),
    exec: (command, container = APP, name = VICTIM) =>
      execInContainer(cluster, { namespace, pod: name, container, command }),
    until,
  };
}

function statusesOf(pod: PodObject | undefined): readonly ContainerStatus[] {
  return [...(pod?.status?.containerStatuses ?? []), ...(pod?.status?.initContainerStatuses ?? [])];
}

export function kubepodsOf(cluster: Cluster): string {
  return join('/sys/fs/cgroup/memory', cluster.setting.cgroupRoot, 'kubepods');
}

/** Never outside of this cluster's own cgroups: both identifiers come from its API. */
function cgroupOf(cluster: Cluster, uid: string, id: string): string | undefined {
  if (!/^[\da-f-]{36}$/u.test(uid) || !/^[\da-f]{64}$/u.test(id)) return undefined;
  return ['', 'burstable', 'besteffort']
    .map((qos) => join(kubepodsOf(cluster), qos, `pod${uid}`, id))
    .find((path) => existsSync(path));
}

export function pidsIn(cgroup: string): readonly number[] {
  return readFileSync(join(cgroup, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
}

function oomKillsIn(cgroup: string): number {
  const text = readFileSync(join(cgroup, 'memory.oom_control'), 'utf8');
  return Number(/^oom_kill (\d+)$/mu.exec(text)?.[1] ?? 0);
}
