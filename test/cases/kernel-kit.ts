/** Writes kernel OOM reports in the form of Linux 6.8, or 4.19 for cgroup v1. */
import type { CgroupLevel, CgroupRef, KernelOomKill, KilledProcess } from '../../src/core/model/kernel.ts';
import type { PodEvidence } from '../../src/core/model/kubernetes.ts';
import { NODE, mib, t } from './kit.ts';

interface KillInput {
  readonly pod: PodEvidence;
  readonly container: string;
  /** Which life the victim's cgroup is of: the one that ended last (default), or the running one. */
  readonly life?: 'last' | 'now';
  readonly at: string;
  /** The cgroup whose limit was hit; `global` = the node ran out. */
  readonly level: 'container' | 'pod' | 'kubepods' | 'global';
  readonly comm: string;
  readonly pid?: number;
  readonly anonMiB?: number;
  readonly shmemMiB?: number;
  /** Usage and limit of the cgroup that was hit. */
  readonly limitMiB?: number;
  readonly invoker?: string;
  /** The invoker's cgroup leaf where it is not the victim's. */
  readonly cpuset?: string;
  /** Names and rss of the process table, victim included. */
  readonly tasks?: readonly (readonly [comm: string, rssMiB: number])[];
  /** Processes of the container that are older than the victim, its first one among them. */
  readonly older?: readonly (readonly [comm: string, rssMiB: number])[];
  /** More processes killed together with the victim (`memory.oom.group`). */
  readonly group?: readonly (readonly [comm: string, rssMiB: number])[];
  readonly runtime?: 'containerd' | 'crio';
  readonly cgroupfs?: boolean;
  /** The report was cut: no kill line, no table. */
  readonly cut?: boolean;
  readonly oomScoreAdj?: number;
}

function tree(pod: PodEvidence, cgroupfs: boolean): { readonly root: string; readonly pod: string } {
  const id = pod.configHash ?? pod.uid ?? '';
  const qos = pod.qosClass === 'Guaranteed' ? '' : (pod.qosClass ?? 'Burstable').toLowerCase();
  if (cgroupfs)
    return { root: '/kubepods', pod: ['/kubepods', qos, `pod${id}`].filter((part) => part !== '').join('/') };
  const middle = qos === '' ? '' : `/kubepods-${qos}.slice`;
  const name = qos === '' ? 'kubepods' : `kubepods-${qos}`;
  return {
    root: '/kubepods.slice',
    pod: `/kubepods.slice${middle}/${name}-pod${id.replaceAll('-', '_')}.slice`,
  };
}

type Task = readonly [comm: string, rssMiB: number];

/** The victim is the first of `rows`; what is older than it has lower pids. */
function numbered(rows: readonly Task[], older: readonly Task[], victimPid: number) {
  return [
    ...rows.map(([comm, rss], index) => [comm, rss, index === 0 ? victimPid : victimPid + 10 + index] as const),
    ...older.map(([comm, rss], index) => [comm, rss, victimPid - 20 + index] as const),
  ];
}

function leafOf(containerId: string, input: KillInput): string {
  const crio = input.runtime === 'crio';
  if (input.cgroupfs === true) return crio ? `crio-${containerId}` : containerId;
  return `${crio ? 'crio' : 'cri-containerd'}-${containerId}.scope`;
}

/** The container id of the chosen life, as the pod's status shows it. */
export function idOf(pod: PodEvidence, name: string, life: 'last' | 'now' = 'last'): string {
  const status = pod.containers.find((one) => one.name === name)?.status;
  const ended =
    life === 'now' ? undefined : status?.state?.kind === 'terminated' ? status.state : status?.lastState;
  const id = ended?.kind === 'terminated' ? ended.termination.containerId : status?.containerId;
  if (id === undefined) throw new Error(`${pod.name}/${name} shows no container id`);
  return id;
}

function victims(input: KillInput): readonly KilledProcess[] {
  const first = {
    pid: input.pid ?? 22_609,
    comm: input.comm,
    anon: input.anonMiB ?? 240,
    shmem: input.shmemMiB ?? 0,
  };
  const rest = (input.group ?? []).map(([comm, rss], index) => ({
    pid: first.pid + 11 + index,
    comm,
    anon: rss,
    shmem: 0,
  }));
  return [first, ...rest].map(({ pid, comm, anon, shmem }) => ({
    pid,
    comm,
    uid: 1000,
    totalVmBytes: mib(anon * 3 + 180),
    anonRssBytes: mib(anon),
    fileRssBytes: mib(8),
    shmemRssBytes: mib(shmem),
    pgtablesBytes: mib(1),
    oomScoreAdj: input.oomScoreAdj ?? 984,
  }));
}

function kb(bytes = 0): string {
  return `${bytes / 1024}kB`;
}

function killLine(global: boolean, one: KilledProcess): string {
  const prefix = global ? 'Out of memory' : 'Memory cgroup out of memory';
  const rss = `anon-rss:${kb(one.anonRssBytes)}, file-rss:${kb(one.fileRssBytes)}, shmem-rss:${kb(one.shmemRssBytes)}`;
  return `${prefix}: Killed process ${one.pid} (${one.comm}) total-vm:${kb(one.totalVmBytes)}, ${rss}, UID:1000 pgtables:${kb(one.pgtablesBytes)} oom_score_adj:${one.oomScoreAdj ?? 0}`;
}

function hitCgroup(input: KillInput, task: CgroupRef): CgroupRef | undefined {
  const paths = tree(input.pod, input.cgroupfs === true);
  const level: CgroupLevel | 'global' = input.level;
  if (level === 'global') return undefined;
  if (level === 'kubepods') return { path: paths.root, level };
  if (level === 'pod')
    return { path: paths.pod, level, ...(task.podUid === undefined ? {} : { podUid: task.podUid }) };
  return task;
}

/** One episode: summary, kill lines, and for a group kill its notice. */
export function kernelKill(input: KillInput): KernelOomKill {
  const containerId = idOf(input.pod, input.container, input.life);
  const paths = tree(input.pod, input.cgroupfs === true);
  const leaf = leafOf(containerId, input);
  const podUid = input.pod.configHash ?? input.pod.uid;
  const task: CgroupRef = {
    path: `${paths.pod}/${leaf}`,
    level: 'container',
    ...(podUid === undefined ? {} : { podUid }),
    containerId,
  };
  const hit = hitCgroup(input, task);
  const global = hit === undefined;
  const killed = input.cut === true ? [] : victims(input);
  const chosen: KilledProcess = killed[0] ?? { pid: input.pid ?? 22_609, comm: input.comm };
  const cpuset = input.cpuset ?? leaf;
  const where = global ? 'global_oom' : `oom_memcg=${hit.path}`;
  const constraint = global ? 'CONSTRAINT_NONE' : 'CONSTRAINT_MEMCG';
  const usage =
    !global && input.limitMiB !== undefined
      ? { usageBytes: mib(input.limitMiB), limitBytes: mib(input.limitMiB), failCount: 1842 }
      : {};
  const rows =
    input.cut === true
      ? []
      : (input.tasks ?? [[input.comm, (input.anonMiB ?? 240) + (input.shmemMiB ?? 0) + 8]]);
  return {
    id: `kernel/${input.pod.name}/${input.container}/${input.at}`,
    source: `kernel-${NODE}.log`,
    nodeName: input.pod.nodeName ?? NODE,
    atMs: t(input.at),
    scope: global ? 'global' : 'memcg',
    constraint,
    invoker: {
      comm: input.invoker ?? input.comm,
      gfpMask: '0xcc0(GFP_KERNEL)',
      order: 0,
      oomScoreAdj: input.oomScoreAdj ?? 984,
    },
    ...(hit === undefined ? {} : { oomCgroup: hit }),
    taskCgroup: task,
    cpuset,
    victim: chosen,
    killed,
    groupKill: input.group !== undefined,
    ...usage,
    processes: numbered(rows, input.older ?? [], chosen.pid).map(([comm, rss, pid]) => ({
      pid,
      tgid: pid,
      uid: 1000,
      comm,
      rssPages: rss * 256,
      oomScoreAdj: input.oomScoreAdj ?? 984,
    })),
    processCount: rows.length + (input.older?.length ?? 0),
    pageSizeBytes: 4096,
    kernelVersion: '6.8.0-51-generic',
    outcome: 'killed',
    complete: input.cut !== true,
    excerpt: [
      `${input.invoker ?? input.comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=${input.oomScoreAdj ?? 984}`,
      ...(usage.usageBytes === undefined
        ? []
        : [`memory: usage ${usage.usageBytes / 1024}kB, limit ${usage.limitBytes / 1024}kB, failcnt 1842`]),
      `oom-kill:constraint=${constraint},nodemask=(null),cpuset=${cpuset},mems_allowed=0,${where},task_memcg=${task.path},task=${chosen.comm},pid=${chosen.pid},uid=1000`,
      ...killed.slice(0, 1).map((one) => killLine(global, one)),
      ...(input.group === undefined
        ? []
        : [`Tasks in ${task.path} are going to be killed due to memory.oom.group set`]),
      ...killed.slice(1).map((one) => killLine(global, one)),
    ].map((line) => line.slice(0, 400)),
  };
}
