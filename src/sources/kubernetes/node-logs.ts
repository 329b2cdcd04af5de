/** The node's logs through the kubelet: the kernel's, and those of kubelet and container runtime. */
import { SourceError } from '../../app/ports.ts';
import type { BundlePart } from '../../core/model/bundle.ts';
import type { LogCoverage } from '../../core/model/node-log.ts';
import type { PodEvidence } from '../../core/model/kubernetes.ts';
import { MINUTE_MS, type EpochMs } from '../../core/units.ts';
import { bounded } from './bounded.ts';
import type { Step } from './collector.ts';
import { newestDeathMs } from './deaths.ts';
import { readOptions, type Run } from './reader.ts';
import { NODE_PROXY, NODES, pathOf } from './resources.ts';

/** Logs begin this long before the oldest death that is looked at. */
const BEFORE_MS = 10 * MINUTE_MS;
/** A log whose last line is younger than this is still being written, and has said all there was to say. */
const ALIVE_MS = 15 * MINUTE_MS;

interface NodeLogs {
  readonly nodeName: string;
  readonly pods: readonly PodEvidence[];
}

interface NodeLog {
  readonly kind: 'kernel-log' | 'node-log';
  readonly what: string;
  readonly cost: string;
  /** Each group is read until a group has an answer; the pages of one group belong together. */
  readonly groups: readonly (readonly string[])[];
}

/**
 * NodeLogQuery (1.30 beta, needs `enableSystemLogQuery`) first; plain files of /var/log need only nodes/proxy. `query=`
 * reads units or /var/log/NAME[.log], so the kernel's log is `kern` where syslog writes it; `kernel` is none. For a
 * file the query takes no `sinceTime` ("options present and query resolved to log files", 1.34), so the file itself is
 * read then.
 */
const KERNEL_LOG: NodeLog = {
  kind: 'kernel-log',
  what: 'kernel log',
  cost: 'Whether the kernel killed it, and at whose limit (container, pod or node), rests on weaker signs.',
  groups: [['logs/?query=kern&'], ['logs/kern.log'], ['logs/messages'], ['logs/syslog']],
};

/** Without journald each program may have a file of its own. */
const SERVICE_LOG: NodeLog = {
  kind: 'node-log',
  what: 'kubelet and runtime logs',
  cost: 'Who asked for a stop, and whether the grace period ran out, is known from events alone.',
  groups: [
    // At most four services in one query (maxServices of pkg/kubelet/kubelet_server_journal.go, 1.34), or it is refused.
    ['logs/?query=kubelet&query=containerd&query=crio&', 'logs/?query=systemd-oomd&query=earlyoom&'],
    ['logs/?query=kubelet&'],
    [
      'logs/kubelet.log',
      'logs/containerd.log',
      'logs/crio.log',
      'logs/systemd-oomd.log',
      'logs/earlyoom.log',
    ],
  ],
};

export async function collectNodeLogs(run: Run, target: NodeLogs): Promise<void> {
  await Promise.all([KERNEL_LOG, SERVICE_LOG].map((log) => collectNodeLog(run, target, log)));
}

async function collectNodeLog(run: Run, target: NodeLogs, log: NodeLog): Promise<void> {
  const step: Step = {
    source: 'node-logs',
    what: `${log.what} of node ${target.nodeName}`,
    cost: log.cost,
    kind: log.kind,
    verb: 'get',
    resource: NODE_PROXY.rbac,
    nodeName: target.nodeName,
  };
  const parts = await run.collector.attempt(step, () => firstReadable(run, target, log));
  for (const part of parts ?? []) run.collector.add(part);
}

async function firstReadable(run: Run, target: NodeLogs, log: NodeLog): Promise<readonly BundlePart[]> {
  let last: SourceError | undefined;
  for (const pages of log.groups) {
    const answers = await Promise.all(pages.map((page) => readOrRefusal(run, target, page)));
    const parts = answers.flatMap((answer) => (answer instanceof SourceError ? [] : [answer]));
    if (parts.length > 0) return parts;
    last = answers.find((answer) => answer instanceof SourceError);
  }
  throw last ?? new SourceError('not-found', `no ${log.what} on node ${target.nodeName}`);
}

/** A refusal that another page may not meet. */
async function readOrRefusal(run: Run, target: NodeLogs, page: string): Promise<BundlePart | SourceError> {
  try {
    return await readPage(run, target, page);
  } catch (error) {
    if (!(error instanceof SourceError) || error.code === 'aborted' || error.code === 'forbidden')
      throw error;
    return error;
  }
}

/** `untilTime` is not sent: the kubelet formats `sinceTime` in its place (pkg/kubelet/kubelet_server_journal_linux.go). */
async function readPage(run: Run, target: NodeLogs, page: string): Promise<BundlePart> {
  const { nodeName } = target;
  const isQuery = page.endsWith('&');
  const path = `${pathOf(NODES, { name: nodeName })}/proxy/${page}${isQuery ? sinceQuery(sinceMsOf(run, target)) : ''}`;
  const { readTextLog } = await import('../kernel-log/index.ts');
  const chunks = bounded(run.client.stream(path, readOptions(run)));
  const part = await readTextLog(chunks, {
    // A file is known by its name: its lines need not say which program wrote them.
    source: `node-logs/${nodeName}${isQuery ? '' : `/${page.replace('logs/', '')}`}`,
    nodeName,
    nowMs: run.now(),
    signal: run.request.signal,
  });
  // An answer without one line of a log is a message of the kubelet, such as that the query is not enabled.
  if ((part.logCoverage?.length ?? 0) + (part.kernelKills?.length ?? 0) + (part.nodeLog?.length ?? 0) === 0) {
    throw new SourceError('not-found', `${page} of node ${nodeName} holds no log lines`);
  }
  const recent = isQuery ? part : sincePart(part, sinceMsOf(run, target));
  return {
    ...recent,
    logCoverage: (recent.logCoverage ?? []).map((coverage) => untilRead(coverage, run.now())),
  };
}

function sinceMsOf(run: Run, target: NodeLogs): EpochMs {
  const deaths = target.pods.map(newestDeathMs).filter((atMs) => atMs !== undefined);
  return deaths.length === 0 ? run.now() - 6 * BEFORE_MS : Math.min(...deaths) - BEFORE_MS;
}

function sinceQuery(sinceMs: EpochMs): string {
  return `sinceTime=${new Date(sinceMs).toISOString().replace(/\.\d+Z$/, 'Z')}`;
}

/** A file is read from its beginning, which may be weeks ago: what a query would have left out is left out here. */
function sincePart(part: BundlePart, sinceMs: EpochMs): BundlePart {
  const isRecent = ({ atMs }: { readonly atMs?: EpochMs }): boolean => atMs === undefined || atMs >= sinceMs;
  return {
    ...part,
    kernelKills: (part.kernelKills ?? []).filter(isRecent),
    nodeLog: (part.nodeLog ?? []).filter(isRecent),
    logCoverage: (part.logCoverage ?? [])
      .filter(({ toMs }) => toMs === undefined || toMs >= sinceMs)
      .map((coverage) =>
        coverage.fromMs === undefined
          ? coverage
          : { ...coverage, fromMs: Math.max(coverage.fromMs, sinceMs) },
      ),
  };
}

/**
 * A log that is read where it is written covers the time up to the reading, not only up to its last line: nobody
 * writes a line to say that nothing happened. One that fell silent long ago may have been rotated or given up.
 */
function untilRead(coverage: LogCoverage, readAtMs: EpochMs): LogCoverage {
  const { toMs } = coverage;
  const alive = toMs !== undefined && toMs < readAtMs && readAtMs - toMs <= ALIVE_MS;
  return alive ? { ...coverage, toMs: readAtMs } : coverage;
}
