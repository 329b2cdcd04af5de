/** A whole one-node cluster: started, found again while it runs, and ended. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { apiOf, type Api } from './api.ts';
import { makeCertificates, NODE_NAME, USERS, writeKubeconfig, type User } from './certificates.ts';
import { cleanUp, hierarchies } from './cleanup.ts';
import {
  commandOf,
  CONTAINERD_SOCKET,
  writeConfigs,
  writeKubeletConfig,
  type ComponentName,
  type KubeletConfiguration,
  type Setting,
} from './components.ts';
import {
  addressOf,
  DEFAULT_NAME,
  folderOf,
  readState,
  writeState,
  type Folder,
  type NodeAddress,
  type State,
} from './folder.ts';
import { writeImages } from './image.ts';
import { furnish, processesOf, runInside, startDaemon, startMachine, type Machine } from './machine.ts';
import { announceMetrics } from './metrics-api.ts';
import { grantPermissions } from './permissions.ts';
import { buildPrograms, obstacles, type Programs } from './programs.ts';
import { grantPrometheus, prometheusReady, prometheusUrlOf, writePrometheusConfig } from './prometheus.ts';
import { isSameProcess, startTicksOf, tryRun, until } from './run.ts';

export interface Cluster {
  readonly folder: Folder;
  readonly address: NodeAddress;
  readonly nodeName: string;
  readonly machine: Machine;
  readonly setting: Setting;
  /** With the admin's rights. */
  readonly api: Api;
  /** Paths by user: `admin`, `reader` (the guide's minimal role), `node-reader` (and nodes/proxy). */
  readonly kubeconfigs: Readonly<Record<'admin' | 'reader' | 'node-reader', string>>;
  /** Where Prometheus answers, when the cluster was started with it. */
  readonly prometheusUrl?: string;
}

export interface StartOptions {
  readonly name?: string;
  /** Changes to the kubelet's configuration. */
  readonly kubelet?: KubeletConfiguration;
  /** Also keeps the kubelet's metrics in a Prometheus; needs Debian's package of that name. */
  readonly prometheus?: boolean;
  readonly say?: (line: string) => void;
}

/** The cluster ends with the calling process, however that ends; what it leaves then is removed by the next start or stop. */
export async function startCluster(options: StartOptions = {}): Promise<Cluster> {
  const say = options.say ?? (() => {});
  const name = options.name ?? DEFAULT_NAME;
  const { prometheus = false } = options;
  const hindered = obstacles({ prometheus });
  if (hindered.length > 0) throw new Error(`no cluster can run here: ${hindered.join('; ')}`);
  const programs = await buildPrograms(say);
  const folder = folderOf(name);
  if (isRunning(readState(folder))) throw new Error(`cluster ${name} is running`);
  await cleanUp(folder, readState(folder));
  const begin = performance.now();
  let state = await claim(name, programs, prometheus);
  try {
    const machine = await startMachine(folder, programs);
    state = { ...state, initPid: machine.initPid, initStartTicks: machine.initStartTicks };
    writeState(folder, state);
    const cluster = await bringUp(state, machine, options.kubelet ?? {});
    if (prometheus) await addPrometheus(cluster);
    say(`ready after ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    return cluster;
  } catch (error) {
    // The logs of what failed go away with the folder; the end of each is what one needs to see.
    for (const line of await lastLogLines(folder)) say(line);
    await cleanUp(folder, state);
    throw error;
  }
}

/** A cluster that another process started. */
export function connectCluster(name = DEFAULT_NAME): Cluster {
  const folder = folderOf(name);
  const state = readState(folder);
  if (state === undefined || !isRunning(state)) throw new Error(`cluster ${name} is not running`);
  const machine = { folder, initPid: state.initPid ?? 0, initStartTicks: state.initStartTicks ?? 0 };
  return clusterOf(state, machine);
}

export async function stopCluster(name = DEFAULT_NAME): Promise<void> {
  const folder = folderOf(name);
  const state = readState(folder);
  if (state !== undefined && isSameProcess(state.supervisorPid, state.supervisorStartTicks)) {
    const pid = state.supervisorPid ?? 0;
    if (pid !== process.pid) {
      process.kill(pid, 'SIGTERM');
      await until('end of the supervisor', 30_000, () =>
        isSameProcess(pid, state.supervisorStartTicks) ? undefined : true,
      );
    }
  }
  await cleanUp(folder, state);
}

export function isRunning(state: State | undefined): boolean {
  return isSameProcess(state?.initPid, state?.initStartTicks);
}

/** Records what will have to be removed, before it is there. */
async function claim(name: string, programs: Programs, prometheus: boolean): Promise<State> {
  // Another kubelet of this machine has /kubepods; ours then lives one level deeper.
  const taken = hierarchies().some((path) => existsSync(join(path, 'kubepods')));
  const own = `/exit137-${name}`;
  const state: State = {
    name,
    supervisorPid: process.pid,
    supervisorStartTicks: startTicksOf(process.pid) ?? 0,
    cgroups: [taken ? own : '/kubepods'],
    cgroupRoot: taken ? own : '/',
    prometheus,
    address: addressOf(name),
    programs,
  };
  writeState(folderOf(name), state);
  if (taken) for (const path of hierarchies()) mkdirSync(join(path, own), { recursive: true });
  return state;
}

function settingOf(state: State): Setting {
  const { programs, address, cgroupRoot } = state;
  return { folder: folderOf(state.name), programs, address, cgroupRoot };
}

function clusterOf(state: State, machine: Machine): Cluster {
  const setting = settingOf(state);
  const { folder, address } = setting;
  const kubeconfig = (user: User): string => join(folder.kubeconfigs, `${user}.yaml`);
  return {
    folder,
    address,
    setting,
    machine,
    nodeName: NODE_NAME,
    api: apiOf(folder, address),
    kubeconfigs: {
      admin: kubeconfig('admin'),
      reader: kubeconfig('reader'),
      'node-reader': kubeconfig('node-reader'),
    },
    ...(state.prometheus === true ? { prometheusUrl: prometheusUrlOf(address) } : {}),
  };
}

async function bringUp(state: State, machine: Machine, kubelet: KubeletConfiguration): Promise<Cluster> {
  const setting = settingOf(state);
  const { folder, address } = setting;
  mkdirSync(folder.config, { recursive: true });
  await Promise.all([furnish(machine, NODE_NAME, address), makeCertificates(folder, address)]);
  for (const user of Object.keys(USERS) as User[]) writeKubeconfig(folder, user, address);
  writeConfigs(setting);
  writeKubeletConfig(setting, kubelet);
  const cluster = clusterOf(state, machine);
  const start = (name: ComponentName): void => startComponent(cluster, name);
  for (const name of ['kernel-log', 'etcd', 'containerd', 'kube-apiserver'] as const) start(name);
  const ready = until('API server', 80_000, async () => {
    const { status } = await cluster.api.ask('GET', '/readyz');
    return status === 200 ? true : undefined;
  });
  await Promise.all([importImages(cluster), ready]);
  for (const name of ['kube-controller-manager', 'kube-scheduler', 'kubelet', 'metrics-server'] as const)
    start(name);
  await Promise.all([
    grantPermissions(cluster.api),
    announceMetrics(cluster.api, folder, address),
    nodeReady(cluster),
    namespaceReady(cluster, 'default'),
  ]);
  return cluster;
}

async function addPrometheus(cluster: Cluster): Promise<void> {
  writePrometheusConfig(cluster.setting);
  await grantPrometheus(cluster.api);
  startComponent(cluster, 'prometheus');
  await prometheusReady(cluster.address);
}

async function importImages(cluster: Cluster): Promise<void> {
  const { machine } = cluster;
  const ctr = ['ctr', '--address', CONTAINERD_SOCKET, '--namespace', 'k8s.io'];
  await until('containerd', 30_000, async () => {
    await runInside(machine, [...ctr, 'version'], { timeoutMs: 5000 });
    return true;
  });
  for (const path of writeImages(cluster.folder, cluster.setting.programs)) {
    await runInside(machine, [...ctr, 'images', 'import', path]);
  }
}

interface WithConditions {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  readonly spec?: { readonly taints?: readonly unknown[] };
}

export async function nodeReady(cluster: Cluster): Promise<void> {
  await until('node Ready', 80_000, async () => {
    const node = (await cluster.api.get(`/api/v1/nodes/${NODE_NAME}`)) as WithConditions;
    const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
    return ready && (node.spec?.taints ?? []).length === 0 ? true : undefined;
  });
}

/** Pods of a namespace are refused until it has its service account, and wait for the authority's certificate. */
export async function namespaceReady(cluster: Cluster, namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}`;
  await until(`namespace ${namespace}`, 60_000, async () => {
    await cluster.api.get(`${path}/serviceaccounts/default`);
    await cluster.api.get(`${path}/configmaps/kube-root-ca.crt`);
    return true;
  });
}

/** Host PIDs of a component; normally one. */
export function pidsOf(cluster: Cluster, name: ComponentName): readonly number[] {
  const wanted = commandOf(name, cluster.setting);
  // The first two words tell the components of the common binary apart, and containerd from its shims.
  const same = (command: readonly string[]): boolean =>
    wanted.slice(0, 2).every((word, at) => command[at] === word);
  return processesOf(cluster.machine)
    .filter(({ command }) => same(command))
    .map(({ pid }) => pid);
}

export async function stopComponent(
  cluster: Cluster,
  name: ComponentName,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<void> {
  const pids = pidsOf(cluster, name);
  for (const pid of pids) process.kill(pid, signal);
  await until(`end of ${name}`, 30_000, () =>
    pids.every((pid) => startTicksOf(pid) === undefined) ? true : undefined,
  );
}

/** Of /var/log on the node, where a program's own name is not what people look for. */
const LOG_NAMES: Partial<Record<ComponentName, string>> = { 'kernel-log': 'kern' };

export function startComponent(cluster: Cluster, name: ComponentName): void {
  startDaemon(cluster.machine, LOG_NAMES[name] ?? name, commandOf(name, cluster.setting));
}

/** With the given changes only: those of an earlier restart are gone. */
export async function restartKubelet(cluster: Cluster, changes: KubeletConfiguration = {}): Promise<void> {
  await stopComponent(cluster, 'kubelet');
  writeKubeletConfig(cluster.setting, changes);
  startComponent(cluster, 'kubelet');
  await nodeReady(cluster);
}

async function lastLogLines(folder: Folder): Promise<readonly string[]> {
  if (!existsSync(folder.log)) return [];
  const { stdout } = await tryRun(['sh', '-c', `tail -n 12 ${folder.log}/*.log`]);
  return stdout.split('\n');
}
