/** The deaths that are staged in bare cgroups, each with its label. Sizes in MiB; the machine has `MACHINE_MIB`. */
import type { CauseCode } from '../../../src/core/model/diagnosis.ts';

export const MACHINE_MIB = 512;

export interface StagedContainer {
  readonly name: string;
  /** Absent = the container itself has no limit. */
  readonly limitMib?: number;
  readonly requestMib?: number;
  readonly highMib?: number;
  /** What a kubelet sets on cgroup v2 unless `singleProcessOOMKill` is true. */
  readonly oomGroup: boolean;
  readonly oomScoreAdj: number;
  /** Steps of test/cluster/images/victim.c; the program is called by the container's name. */
  readonly steps: readonly string[];
  /** The stage is over when these have ended. */
  readonly ends: boolean;
}

export type Act =
  | { readonly kind: 'wait'; readonly ms: number }
  /** Another process in the container's cgroup that the container's first process did not start. */
  | {
      readonly kind: 'exec';
      readonly container: string;
      readonly program: string;
      readonly steps: readonly string[];
    }
  /** Lowers the limit of container and pod, as an in-place resize does. */
  | { readonly kind: 'resize'; readonly container: string; readonly limitMib: number }
  | { readonly kind: 'kill'; readonly container: string }
  /** A process of the node itself, in no pod. */
  | {
      readonly kind: 'daemon';
      readonly program: string;
      readonly oomScoreAdj: number;
      readonly steps: readonly string[];
    }
  | { readonly kind: 'earlyoom' };

export interface Stage {
  readonly name: string;
  /** One sentence on what happens. */
  readonly about: string;
  /** `memory.max` of the pod. Absent = none. */
  readonly podLimitMib?: number;
  /** The limit stands in the pod's own spec, not in its containers'. */
  readonly podLevelLimit?: boolean;
  /** A tmpfs, mounted at /volumes. */
  readonly memoryVolume?: boolean;
  readonly kubepodsLimitMib?: number;
  readonly containers: readonly StagedContainer[];
  readonly acts?: readonly Act[];
  /** No pod status is written: what a kubelet would say is not known from the staged spec. */
  readonly bare?: boolean;
  /** How long it may take at most, in tenths of a second. */
  readonly tenths?: number;
  readonly label: Label;
}

export interface Label {
  /** The cause as staged; `none` = nothing died. */
  readonly truth: CauseCode | 'none';
  /** Right too: whether a process was forked or exec'd is not recorded. */
  readonly allowed?: readonly CauseCode[];
  /** The container the answer must be about. */
  readonly container: string;
  /** The kernel's own words that must be found; absent = the kernel killed nothing. */
  readonly report?: {
    readonly scope: 'memcg' | 'global';
    /** Level of the cgroup whose limit was hit. */
    readonly level?: 'container' | 'pod' | 'kubepods';
    readonly victim: string;
    readonly groupKill: boolean;
    /** Processes killed in the first report. */
    readonly killed: number;
  };
  /**
   * `oom_kill` in `memory.events` of the container at the end: one per process, and with group kill one more, because
   * the kernel counts the first victim again when it kills the group (mm/oom_kill.c, oom_kill_memcg_member).
   */
  readonly oomKills: number;
}

const first = (
  name: string,
  steps: readonly string[],
  rest: Partial<StagedContainer> = {},
): StagedContainer => ({
  name,
  limitMib: 64,
  requestMib: 32,
  oomGroup: true,
  oomScoreAdj: 968,
  steps,
  ends: true,
  ...rest,
});

const GROWING = ['grow=200:1:5'];
/** A parent with one child that grows over any limit here; the parent stays. */
const CHILD_GROWS = ['fork', 'sleep=300', ...GROWING, 'join', 'wait'];

const CONTAINER_LIMIT: readonly Stage[] = [
  {
    name: 'ordinary-pod',
    about:
      'The only container of a pod grows over its limit; the pod has the same limit and also holds the pause process.',
    podLimitMib: 64,
    containers: [first('cart', GROWING)],
    label: {
      truth: 'K1',
      container: 'cart',
      report: { scope: 'memcg', level: 'pod', victim: 'cart', groupKill: true, killed: 1 },
      oomKills: 2,
    },
  },
  {
    name: 'below-pod-limit',
    about: 'One of two containers grows over its own limit, half of what the pod may use.',
    podLimitMib: 128,
    containers: [first('cart', GROWING), first('proxy', ['alloc=8', 'sleep'], { ends: false })],
    label: {
      truth: 'K1',
      container: 'cart',
      report: { scope: 'memcg', level: 'container', victim: 'cart', groupKill: true, killed: 1 },
      oomKills: 2,
    },
  },
  {
    name: 'child-group-kill',
    about: 'A child grows over the limit; memory.oom.group is 1, so parent and child die together.',
    podLimitMib: 64,
    containers: [first('web', CHILD_GROWS)],
    label: {
      truth: 'K1',
      container: 'web',
      report: { scope: 'memcg', level: 'pod', victim: 'web', groupKill: true, killed: 2 },
      oomKills: 3,
    },
  },
  {
    name: 'child-killed-parent-lives',
    about: 'A child grows over the limit; memory.oom.group is 0, so it dies alone and the container runs on.',
    podLimitMib: 64,
    containers: [first('web', [...CHILD_GROWS, 'sleep'], { oomGroup: false, ends: false })],
    acts: [{ kind: 'wait', ms: 6000 }],
    label: {
      truth: 'K2',
      container: 'web',
      report: { scope: 'memcg', level: 'pod', victim: 'web', groupKill: false, killed: 1 },
      oomKills: 1,
    },
  },
  {
    name: 'child-killed-parent-exits-0',
    about: 'A child grows over the limit and dies alone; its parent then ends with 0.',
    podLimitMib: 64,
    containers: [first('export', [...CHILD_GROWS, 'sleep=1500', 'exit=0'], { oomGroup: false })],
    label: {
      truth: 'K3',
      container: 'export',
      report: { scope: 'memcg', level: 'pod', victim: 'export', groupKill: false, killed: 1 },
      oomKills: 1,
    },
  },
  {
    name: 'child-killed-parent-relays-137',
    about: 'A child grows over the limit and dies alone; its parent exits 137 by itself, as a shell does.',
    podLimitMib: 64,
    containers: [first('export', ['fork', 'sleep=300', ...GROWING, 'join', 'mirror'], { oomGroup: false })],
    label: {
      truth: 'K3',
      container: 'export',
      report: { scope: 'memcg', level: 'pod', victim: 'export', groupKill: false, killed: 1 },
      oomKills: 1,
    },
  },
  {
    name: 'exec-group-kill',
    about:
      'A process started beside the first one, as kubectl exec does, grows over the limit; the whole container dies.',
    podLimitMib: 64,
    containers: [first('db', ['alloc=16', 'sleep'])],
    acts: [
      { kind: 'wait', ms: 500 },
      { kind: 'exec', container: 'db', program: 'dump', steps: GROWING },
    ],
    label: {
      truth: 'K9',
      allowed: ['K1'],
      container: 'db',
      report: { scope: 'memcg', level: 'pod', victim: 'dump', groupKill: true, killed: 2 },
      oomKills: 3,
    },
  },
  {
    name: 'exec-alone',
    about: 'A process started beside the first one grows over the limit and dies alone.',
    podLimitMib: 64,
    containers: [first('db', ['alloc=16', 'sleep'], { oomGroup: false, ends: false })],
    acts: [
      { kind: 'wait', ms: 500 },
      { kind: 'exec', container: 'db', program: 'dump', steps: GROWING },
      { kind: 'wait', ms: 5000 },
    ],
    label: {
      truth: 'K9',
      allowed: ['K2'],
      container: 'db',
      report: { scope: 'memcg', level: 'pod', victim: 'dump', groupKill: false, killed: 1 },
      oomKills: 1,
    },
  },
  {
    name: 'resized-below-usage',
    bare: true,
    about: 'Container and pod get a lower limit than the container uses.',
    podLimitMib: 128,
    containers: [first('cache', ['alloc=80', 'sleep'], { limitMib: 128 })],
    acts: [
      { kind: 'wait', ms: 1500 },
      { kind: 'resize', container: 'cache', limitMib: 48 },
    ],
    label: {
      truth: 'K8',
      container: 'cache',
      report: { scope: 'memcg', victim: 'cache', groupKill: true, killed: 1 },
      oomKills: 2,
    },
  },
  {
    name: 'many-children-killed',
    about: 'Children are killed one after the other, faster than the kernel lets itself report them in full.',
    podLimitMib: 64,
    containers: [
      first(
        'pool',
        [...Array.from({ length: 14 }, () => ['fork', 'alloc=80', 'exit=0', 'join', 'wait']).flat(), 'sleep'],
        { oomGroup: false, ends: false },
      ),
    ],
    acts: [{ kind: 'wait', ms: 9000 }],
    label: {
      truth: 'K2',
      container: 'pool',
      report: { scope: 'memcg', level: 'pod', victim: 'pool', groupKill: false, killed: 1 },
      oomKills: 14,
    },
  },
];

const SHARED: readonly Stage[] = [
  {
    name: 'pod-limit-tmpfs',
    about: 'A container fills a volume in memory until the pod, which has a limit of its own, is full.',
    podLimitMib: 96,
    podLevelLimit: true,
    memoryVolume: true,
    containers: [
      first('writer', ['alloc=8', 'file=/volumes/data:200', 'sleep'], { limitMib: 96, ends: false }),
      first('reader', ['alloc=12', 'sleep'], { limitMib: 96 }),
    ],
    label: {
      truth: 'K4',
      container: 'reader',
      report: { scope: 'memcg', level: 'pod', victim: 'reader', groupKill: true, killed: 1 },
      oomKills: 2,
    },
  },
  {
    name: 'pod-limit-two-containers',
    about:
      'One container holds most of the pod’s limit, the other one grows; neither has a limit of its own.',
    podLimitMib: 96,
    podLevelLimit: true,
    containers: [
      first('cache', ['alloc=60', 'sleep'], { limitMib: 96 }),
      first('sidecar', ['sleep=1000', 'grow=60:1:20', 'sleep'], { limitMib: 96, ends: false }),
    ],
    label: {
      truth: 'K4',
      container: 'cache',
      report: { scope: 'memcg', level: 'pod', victim: 'cache', groupKill: true, killed: 1 },
      oomKills: 2,
    },
  },
  {
    name: 'kubepods-limit',
    about: 'All pods together reach the limit of the node’s allocatable memory.',
    kubepodsLimitMib: 128,
    containers: [unlimited('batch', GROWING, 1000)],
    label: {
      truth: 'K5',
      container: 'batch',
      report: { scope: 'memcg', level: 'kubepods', victim: 'batch', groupKill: true, killed: 1 },
      oomKills: 2,
    },
  },
  {
    name: 'node-oom-no-limit',
    about: 'A container without a limit takes all memory of the node.',
    containers: [unlimited('batch', ['grow=700:4:2'], 1000)],
    label: {
      truth: 'K6',
      container: 'batch',
      report: { scope: 'global', victim: 'batch', groupKill: true, killed: 1 },
      oomKills: 2,
    },
  },
  {
    name: 'node-oom-with-limit',
    about: 'A container takes all memory of the node, whose memory is less than the container’s limit.',
    podLimitMib: 2048,
    containers: [first('batch', ['grow=700:4:2'], { limitMib: 2048, oomScoreAdj: 940 })],
    label: {
      truth: 'K6',
      container: 'batch',
      report: { scope: 'global', victim: 'batch', groupKill: true, killed: 1 },
      oomKills: 2,
    },
  },
  {
    name: 'node-oom-innocent-victim',
    about: 'A protected daemon takes all memory of the node; a container far from its limit dies for it.',
    podLimitMib: 256,
    containers: [
      first('report', ['fork', 'alloc=24', 'sleep', 'join', 'alloc=24', 'sleep'], {
        limitMib: 256,
        oomScoreAdj: 1000,
      }),
    ],
    acts: [
      { kind: 'wait', ms: 1500 },
      { kind: 'daemon', program: 'leaky', oomScoreAdj: -999, steps: ['grow=420:4:5', 'sleep=4000'] },
    ],
    label: {
      truth: 'K6',
      container: 'report',
      report: { scope: 'global', victim: 'report', groupKill: true, killed: 2 },
      oomKills: 3,
    },
  },
];

function unlimited(name: string, steps: readonly string[], oomScoreAdj: number): StagedContainer {
  return { name, oomGroup: true, oomScoreAdj, steps, ends: true };
}

const NO_KERNEL_KILL: readonly Stage[] = [
  {
    name: 'killed-from-outside',
    about: 'Somebody sends signal 9 to a container that is far from its limit.',
    podLimitMib: 64,
    containers: [first('api', ['alloc=16', 'sleep'])],
    acts: [
      { kind: 'wait', ms: 800 },
      { kind: 'kill', container: 'api' },
    ],
    label: { truth: 'X4', container: 'api', oomKills: 0 },
  },
  {
    name: 'throttled-at-memory-high',
    about: 'A container lives at memory.high: reclaimed and slowed down, not killed.',
    podLimitMib: 64,
    containers: [first('etl', ['grow=60:1:5', 'sleep'], { highMib: 48, ends: false })],
    acts: [{ kind: 'wait', ms: 12_000 }],
    label: { truth: 'none', container: 'etl', oomKills: 0 },
  },
  {
    name: 'earlyoom-escalates',
    about:
      'Debian’s earlyoom asks the container to end, which ignores SIGTERM as a first process without a handler does, and then kills it.',
    containers: [unlimited('batch', ['ignore=15', 'grow=480:4:150', 'sleep'], 1000)],
    acts: [{ kind: 'earlyoom' }],
    tenths: 400,
    label: { truth: 'X2', container: 'batch', oomKills: 0 },
  },
  {
    name: 'earlyoom',
    about: 'Debian’s earlyoom watches the node and kills the container before the kernel has to.',
    containers: [unlimited('batch', ['grow=480:4:150', 'sleep'], 1000)],
    acts: [{ kind: 'earlyoom' }],
    tenths: 400,
    label: { truth: 'X2', container: 'batch', oomKills: 0 },
  },
];

export const STAGES: readonly Stage[] = [...CONTAINER_LIMIT, ...SHARED, ...NO_KERNEL_KILL];
