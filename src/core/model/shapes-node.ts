/** Shapes of what a node's kernel, journals and meters tell. */
import type {
  CgroupMemoryEvents,
  CgroupReading,
  CgroupRef,
  KernelOomKill,
  KilledProcess,
  MemoryStat,
  ProcessRow,
} from './kernel.ts';
import type { ContainerLogTail, LogCoverage, LoggedContainer, NodeLogRecord } from './node-log.ts';
import { flag, integer, list, number, oneOf, opt, record, type Shape, text, variant } from './shape.ts';
import {
  bytes,
  count,
  instant,
  int,
  limit,
  message,
  name,
  pid,
  reference,
  seconds,
  word,
} from './shapes-basic.ts';
import type { MemorySample, NodeSample } from './usage.ts';

const comm: Shape<string> = text(64);
const line: Shape<string> = text(2048);

const cgroup: Shape<CgroupRef> = record<CgroupRef>({
  path: reference,
  level: oneOf('container', 'pod', 'qos', 'kubepods', 'root', 'other'),
  podUid: opt(name),
  containerId: opt(name),
});

const killed: Shape<KilledProcess> = record<KilledProcess>({
  pid,
  comm,
  uid: opt(count),
  totalVmBytes: opt(bytes),
  anonRssBytes: opt(bytes),
  fileRssBytes: opt(bytes),
  shmemRssBytes: opt(bytes),
  pgtablesBytes: opt(bytes),
  oomScoreAdj: opt(int),
});

const processRow: Shape<ProcessRow> = record<ProcessRow>({
  pid,
  tgid: opt(pid),
  uid: opt(count),
  comm,
  totalVmPages: opt(count),
  rssPages: count,
  swapEntries: opt(count),
  oomScoreAdj: opt(int),
});

const stat: Shape<MemoryStat> = record<MemoryStat>({
  anonBytes: opt(bytes),
  fileBytes: opt(bytes),
  shmemBytes: opt(bytes),
  kernelBytes: opt(bytes),
  slabBytes: opt(bytes),
  slabUnreclaimableBytes: opt(bytes),
  sockBytes: opt(bytes),
  pageTablesBytes: opt(bytes),
  inactiveFileBytes: opt(bytes),
  activeFileBytes: opt(bytes),
  fileDirtyBytes: opt(bytes),
  fileWritebackBytes: opt(bytes),
});

const nodeMemory = record<NonNullable<KernelOomKill['nodeMemory']>>({
  totalBytes: opt(bytes),
  freeBytes: opt(bytes),
  activeAnonBytes: opt(bytes),
  inactiveAnonBytes: opt(bytes),
  slabUnreclaimableBytes: opt(bytes),
  swapTotalBytes: opt(bytes),
  swapFreeBytes: opt(bytes),
});

export const kernelKillShape: Shape<KernelOomKill> = record<KernelOomKill>({
  id: reference,
  source: reference,
  nodeName: opt(name),
  atMs: opt(instant),
  uptimeSeconds: opt(seconds),
  scope: oneOf('memcg', 'global', 'unknown'),
  constraint: opt(name),
  invoker: opt(
    record<NonNullable<KernelOomKill['invoker']>>({
      comm,
      gfpMask: opt(word),
      order: opt(int),
      oomScoreAdj: opt(int),
    }),
  ),
  oomCgroup: opt(cgroup),
  taskCgroup: opt(cgroup),
  cpuset: opt(reference),
  victim: opt(killed),
  killed: list(killed, 4096),
  groupKill: flag,
  usageBytes: opt(bytes),
  limitBytes: opt(limit),
  failCount: opt(count),
  swapUsageBytes: opt(bytes),
  swapLimitBytes: opt(limit),
  kmemUsageBytes: opt(bytes),
  stat: opt(stat),
  processes: list(processRow, 64),
  processCount: count,
  nodeMemory: opt(nodeMemory),
  pageSizeBytes: integer(1, 2 ** 30),
  kernelVersion: opt(name),
  byLimitWrite: opt(flag),
  outcome: oneOf('killed', 'no-killable', 'panic', 'already-exiting', 'unknown'),
  complete: flag,
  firstLine: opt(count),
  lastLine: opt(count),
  excerpt: list(line, 16),
});

const memoryEvents: Shape<CgroupMemoryEvents> = record<CgroupMemoryEvents>({
  low: opt(count),
  high: opt(count),
  max: opt(count),
  oom: opt(count),
  oomKill: opt(count),
  oomGroupKill: opt(count),
});

const percent = number(0, 100);

export const cgroupShape: Shape<CgroupReading> = record<CgroupReading>({
  id: reference,
  source: reference,
  atMs: opt(instant),
  namespace: opt(name),
  pod: opt(name),
  podUid: opt(name),
  container: opt(name),
  containerId: opt(name),
  version: oneOf(1, 2),
  events: opt(memoryEvents),
  eventsLocal: opt(memoryEvents),
  currentBytes: opt(bytes),
  peakBytes: opt(bytes),
  limitBytes: opt(limit),
  highBytes: opt(limit),
  oomGroup: opt(flag),
  stat: opt(stat),
  pressure: opt(
    record<NonNullable<CgroupReading['pressure']>>({
      someAvg60Percent: opt(percent),
      fullAvg60Percent: opt(percent),
      someTotalMicros: opt(count),
      fullTotalMicros: opt(count),
    }),
  ),
});

const logLine = {
  id: reference,
  source: reference,
  atMs: opt(instant),
  nodeName: opt(name),
  line,
} as const;

const logged = {
  containerId: opt(name),
  podUid: opt(name),
  namespace: opt(name),
  pod: opt(name),
  container: opt(name),
} as const satisfies { readonly [K in keyof LoggedContainer]-?: unknown };

const service = oneOf('kubelet', 'containerd', 'crio', 'docker');

export const nodeLogShape: Shape<NodeLogRecord> = variant<NodeLogRecord>({
  'task-oom': { ...logLine, ...logged },
  'scope-oom': { ...logLine, ...logged },
  'task-exit': { ...logLine, ...logged, exitCode: opt(int) },
  'stop-requested': { ...logLine, ...logged, timeoutSeconds: opt(seconds), signal: opt(name) },
  'sigkill-sent': { ...logLine, ...logged },
  'shim-lost': { ...logLine, ...logged },
  'shim-left': { ...logLine, ...logged },
  'shim-cleanup': { ...logLine, ...logged },
  'kubelet-kill': { ...logLine, ...logged, graceSeconds: opt(seconds) },
  'kubelet-decision': { ...logLine, ...logged, message },
  'probe-failed': { ...logLine, ...logged, probe: oneOf('liveness', 'readiness', 'startup') },
  'prestop-overrun': { ...logLine, ...logged },
  'poststart-failed': { ...logLine, ...logged },
  eviction: { ...logLine, ...logged, message },
  preemption: { ...logLine, ...logged, message },
  'delete-requested': { ...logLine, ...logged },
  'oomd-kill': { ...logLine, ...logged, cgroup: reference, reason: opt(message) },
  'earlyoom-kill': { ...logLine, pid, comm, signal: name },
  'system-oom': { ...logLine, comm: opt(comm), pid: opt(pid) },
  shutdown: { ...logLine },
  'service-started': { ...logLine, service },
  'service-stopped': { ...logLine, service, reason: opt(message) },
  boot: { ...logLine },
});

export const logCoverageShape: Shape<LogCoverage> = record<LogCoverage>({
  source: reference,
  log: oneOf('kernel', 'kubelet', 'runtime', 'system'),
  nodeName: opt(name),
  fromMs: opt(instant),
  toMs: opt(instant),
});

export const logTailShape: Shape<ContainerLogTail> = record<ContainerLogTail>({
  id: reference,
  source: reference,
  namespace: name,
  pod: name,
  podUid: opt(name),
  container: name,
  previous: flag,
  lines: list(text(4096), 10_000),
  truncated: flag,
});

export const sampleShape: Shape<MemorySample> = record<MemorySample>({
  id: reference,
  source: reference,
  namespace: name,
  pod: name,
  podUid: opt(name),
  container: name,
  atMs: opt(instant),
  workingSetBytes: opt(bytes),
  usageBytes: opt(bytes),
  rssBytes: opt(bytes),
  peakBytes: opt(bytes),
  oomEvents: opt(count),
  psiFullSeconds: opt(seconds),
});

export const nodeSampleShape: Shape<NodeSample> = record<NodeSample>({
  id: reference,
  source: reference,
  nodeName: name,
  atMs: opt(instant),
  availableBytes: opt(bytes),
  workingSetBytes: opt(bytes),
  usageBytes: opt(bytes),
  oomKills: opt(count),
});
