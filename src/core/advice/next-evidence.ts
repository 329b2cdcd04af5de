/** What to fetch to decide or strengthen a verdict: only what was not read, the most deciding first. */
import type { DeathFacts } from '../facts/types.ts';
import type { NextEvidence, Verdict } from '../model/diagnosis.ts';
import { formatInstant } from '../text/amounts.ts';
import { HOUR_MS } from '../units.ts';
import { exit137, kubectl, kubectlOnContainer, nodeLogCommand } from './commands.ts';
import { readLog } from './exits.ts';
import { commandLine, isSafeName } from '../text/shell.ts';

/** Default of the API server's `--event-ttl`. */
const EVENT_TTL_MS = HOUR_MS;
/** More than this nobody fetches at 3 am. */
const MAX_ITEMS = 5;

type Question = (facts: DeathFacts, verdict: Verdict) => NextEvidence | undefined;

/** In the order of their power to decide; each answers only where its evidence is missing and would matter. */
const QUESTIONS: readonly Question[] = [
  kernelLog,
  events,
  nodeJournal,
  previousLog,
  counters,
  kubeletConfig,
  history,
  auditLog,
];

/** Empty where the verdict rests on records that nothing else could strengthen. */
export function nextEvidence(verdict: Verdict, facts: DeathFacts): readonly NextEvidence[] {
  if (facts.subject.kind === 'kernel') return [podOfKernelReport(facts)];
  return QUESTIONS.flatMap((question) => question(facts, verdict) ?? []).slice(0, MAX_ITEMS);
}

function isUndecided(verdict: Verdict): boolean {
  return verdict.kind === 'ambiguous' || verdict.kind === 'insufficient-evidence';
}

/** Kernel deaths, and those that only look like none. */
function kernelCouldTell(facts: DeathFacts, verdict: Verdict): boolean {
  if (facts.subject.kind === 'pod' || verdict.kind === 'nothing-died') return false;
  if (isUndecided(verdict)) return true;
  if (['K7', 'K8', 'K10', 'W1', 'X5'].includes(verdict.code)) return false;
  const kernel = verdict.code.startsWith('K');
  const doubtful = verdict.confidence !== 'certain' && facts.termination?.exitCode === 137;
  return kernel || verdict.code === 'X4' || doubtful;
}

function kernelLog(facts: DeathFacts, verdict: Verdict): NextEvidence | undefined {
  if (facts.kernelLogCovers || facts.kernelKills.length > 0) return undefined;
  if (facts.pod?.os === 'windows' || !kernelCouldTell(facts, verdict)) return undefined;
  const command = nodeLogCommand(facts);
  const where = facts.nodeName === undefined ? 'the node' : `node ${facts.nodeName}`;
  const how =
    command === undefined
      ? 'On the node: journalctl -o short-iso, or dmesg --time-format iso; feed it with -f.'
      : 'Without ssh: docs/guide/evidence-by-hand.md.';
  return {
    text: `The kernel log of ${where} from 2 min before the death to 2 min after it. ${how}`,
    ...(command === undefined ? {} : { command }),
    decides:
      'An oom-kill line with this container as task_memcg proves the kernel, and its oom_memcg tells whose limit: the container, its pod, all pods (kubepods); global_oom means the node. No such line in that span: the kernel killed nothing here.',
  };
}

function events(facts: DeathFacts, verdict: Verdict): NextEvidence | undefined {
  const died = facts.diedAtMs;
  const pod = facts.pod;
  if (facts.eventsCoverWindow === 'yes' || pod === undefined || died === undefined) return undefined;
  if (facts.podEvents.length > 0 && !isUndecided(verdict)) return undefined;
  const ageMs = facts.nowMs - died;
  if (verdict.confidence === 'certain' || ageMs > EVENT_TTL_MS || pod.origin === 'docker') return undefined;
  if (!isSafeName(pod.name)) return undefined;
  const selector = `--field-selector=involvedObject.name=${pod.name}`;
  const command = kubectl(facts, ['get', 'events', selector, '-o', 'json']);
  return {
    text: `The events of the pod, soon: they are kept for about an hour, and the death was at ${formatInstant(died)}.`,
    ...(command === undefined ? {} : { command }),
    decides:
      'A Killing event before the death: the kubelet, and its message says why (probe, hook, deletion). None, with other events of that time still there: the kernel or somebody outside.',
  };
}

const JOURNAL_CODES: ReadonlySet<string> = new Set([
  'L7',
  'L8',
  'L14',
  'L15',
  'X1',
  'X2',
  'X3',
  'X4',
  'X5',
  'P5',
]);

function nodeJournal(facts: DeathFacts, verdict: Verdict): NextEvidence | undefined {
  if (facts.runtimeLogCovers || facts.subject.kind === 'pod' || verdict.kind === 'nothing-died')
    return undefined;
  const wanted =
    isUndecided(verdict) || (JOURNAL_CODES.has(verdict.code) && verdict.confidence !== 'certain');
  if (!wanted || facts.pod?.origin === 'docker') return undefined;
  const command = facts.subject.kind === 'trace' ? undefined : exit137(facts, 'why', ['--node-access']);
  return {
    text: 'The journals of kubelet and container runtime on the node. --node-access reads them through nodes/proxy, which is not a read-only permission and needs enableSystemLogQuery on the kubelet; without it: journalctl -u kubelet -u containerd -u crio on the node, fed with -f.',
    ...(command === undefined ? {} : { command }),
    decides:
      'TaskOOM: the kernel killed a process of it. StopContainer, then Kill container: it was stopped and overran its grace. "failed to get task exit status" or a service start: the code is synthetic. systemd-oomd or earlyoom: they did it. None of these: somebody outside.',
  };
}

/** A program's own words say nothing of a node's shortage, an eviction or a planned stop that is proven already. */
function logCouldTell(verdict: Verdict): boolean {
  const { code } = verdict;
  const own =
    ['K1', 'K2', 'K3', 'K4', 'K9', 'L4', 'L5', 'L6', 'H1'].includes(code) || code.startsWith('exit-');
  return own || verdict.confidence !== 'certain';
}

function previousLog(facts: DeathFacts, verdict: Verdict): NextEvidence | undefined {
  if (!logCouldTell(verdict)) return undefined;
  if (facts.logTail !== undefined || facts.subject.kind !== 'container') return undefined;
  if (facts.pod?.deletionAtMs !== undefined || verdict.kind === 'nothing-died') return undefined;
  const { command } = readLog(facts);
  if (command === undefined) return undefined;
  return {
    text: 'The last lines of the dead container. Only the last dead one is kept, so the next restart takes them away.',
    command,
    decides:
      "A runtime's own out-of-memory message: its heap limit, not the kernel. A master that reports a child killed by signal 9: a killed worker. Shutdown messages: it was asked to stop. An abrupt end: SIGKILL, by whomever.",
  };
}

function counters(facts: DeathFacts, verdict: Verdict): NextEvidence | undefined {
  if (facts.cgroups.some((reading) => reading.events !== undefined)) return undefined;
  const runs = facts.container?.status?.state?.kind === 'running';
  const about = ['K1', 'K2', 'K3', 'K4', 'K10', 'none'].includes(verdict.code) || isUndecided(verdict);
  if (!runs || !about || facts.pod?.os === 'windows') return undefined;
  const command = kubectlOnContainer(
    facts,
    ['exec'],
    ['--', 'cat', '/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory.peak'],
  );
  return {
    text: 'The counters of the container that runs now (cgroup v2). They began at 0 with it and say nothing of the dead one.',
    ...(command === undefined ? {} : { command }),
    decides:
      'oom_kill above 0 while it runs: processes in it are being killed unseen. max rising with oom_kill 0: it lives at its limit. high rising: it is throttled. All 0: quiet so far.',
  };
}

function kubeletConfig(facts: DeathFacts, verdict: Verdict): NextEvidence | undefined {
  if (facts.node?.kubeletConfig !== undefined || !['K2', 'K3'].includes(verdict.code)) return undefined;
  const node = facts.nodeName;
  if (node === undefined || !isSafeName(node) || node.includes('/') || facts.pod?.origin === 'docker')
    return undefined;
  const command = commandLine([
    'kubectl',
    'get',
    '--raw',
    `/api/v1/nodes/${encodeURIComponent(node)}/proxy/configz`,
  ]);
  return {
    text: 'The configuration of the kubelet (needs nodes/proxy, which is not a read-only permission).',
    ...(command === undefined ? {} : { command }),
    decides:
      'singleProcessOOMKill true: the kernel kills one process and the container lives on. false: it kills the whole container.',
  };
}

function history(facts: DeathFacts, verdict: Verdict): NextEvidence | undefined {
  const wanted = ['K1', 'K2', 'K3', 'K4', 'K9'].includes(verdict.code);
  const { pod, container } = facts;
  if (!wanted || pod === undefined || container === undefined || pod.namespace === '') return undefined;
  const labels = [
    `namespace=${JSON.stringify(pod.namespace)}`,
    `pod=${JSON.stringify(pod.name)}`,
    `container=${JSON.stringify(container.name)}`,
  ];
  return {
    text: `The memory of the last lives from your metrics: container_memory_working_set_bytes{${labels.join(', ')}}.`,
    decides:
      'A line that climbs and never falls back: a leak. Jumps that follow requests or batches: a spike. Flat near the limit from the start: the limit is below the need. A kill between two samples can be missing from it.',
  };
}

function auditLog(facts: DeathFacts, verdict: Verdict): NextEvidence | undefined {
  if (verdict.code !== 'P1' || facts.ownerEvents.length > 0 || facts.pod === undefined) return undefined;
  return {
    text: `The audit log of the API server: delete requests for pod ${facts.pod.name}${facts.pod.namespace === '' ? '' : ` in namespace ${facts.pod.namespace}`}.`,
    decides: 'The user agent and account of the request name the person or controller that deleted it.',
  };
}

function podOfKernelReport(facts: DeathFacts): NextEvidence {
  const report = facts.kernelKills[0] ?? facts.podKernelKills[0] ?? facts.nodeKernelKills[0];
  const uid = report?.taskCgroup?.podUid ?? report?.oomCgroup?.podUid;
  const which = uid === undefined ? 'the pods of that node' : `the pod with UID ${uid}`;
  return {
    text: `The pods of that time: kubectl get pods -A -o json, fed with -f beside this log, finds ${which} if it still exists.`,
    decides:
      'A container ID or pod UID that matches the cgroup gives the kernel report its pod; none: the pod is gone, or the process ran outside Kubernetes.',
  };
}
