/** The last lines of dead containers, bounded and redacted before anything else sees them. */
import { SourceError } from '../../app/ports.ts';
import type { PodEvidence } from '../../core/model/kubernetes.ts';
import type { ContainerLogTail } from '../../core/model/node-log.ts';
import { cleanText, redactText } from '../../core/parse/redact.ts';
import { endedContainers, type EndedContainer } from './deaths.ts';
import { readOptions, type Run } from './reader.ts';
import { pathOf, POD_LOGS, PODS } from './resources.ts';

const TAIL_BYTES = 256 * 1024;
/** `limitBytes` cuts the end off, and the end is what tells: lines this long are asked for again, fewer of them. */
const FEW_LINES = 5;
const TEXT_CHARS = 65_536;
const LINE_CHARS = 2000;
const CONTAINERS = 8;

/** Never rejects: a log that is gone or refused is a gap. */
export async function collectLogs(run: Run, pods: readonly PodEvidence[]): Promise<void> {
  if (run.request.logLines <= 0) return;
  const dead = pods
    .flatMap((pod) => newestPerContainer(pod).map((ended) => ({ pod, ended })))
    .slice(0, CONTAINERS);
  await Promise.all(dead.map(({ pod, ended }) => collectOne(run, pod, ended)));
}

/** Of a container that died twice the running instance's log is the newer death's. */
function newestPerContainer(pod: PodEvidence): readonly EndedContainer[] {
  const ended = endedContainers(pod);
  return ended.filter(
    (one) =>
      one.which === 'current' ||
      !ended.some((other) => other.container === one.container && other.which === 'current'),
  );
}

async function collectOne(run: Run, pod: PodEvidence, ended: EndedContainer): Promise<void> {
  const previous = ended.which === 'previous';
  const step = {
    source: 'logs',
    what: `last lines of container ${ended.container} of pod ${pod.name}`,
    cost: 'What the runtime or a supervisor said about the end is missing: a killed child process or a full heap shows there.',
    kind: 'container-log',
    verb: 'get',
    resource: POD_LOGS.rbac,
    namespace: pod.namespace,
    pod: pod.name,
  } as const;
  const tail = await run.collector.attempt(step, () =>
    readTail(run, { pod, container: ended.container, previous }),
  );
  if (tail !== undefined) run.collector.add({ logTails: [tail] });
}

interface TailRequest {
  readonly pod: PodEvidence;
  readonly container: string;
  readonly previous: boolean;
}

async function readTail(run: Run, request: TailRequest): Promise<ContainerLogTail> {
  const asked = run.request.logLines;
  const first = await readLines(run, request, asked);
  const answer = first.cut && asked > FEW_LINES ? await readLines(run, request, FEW_LINES) : first;
  // The kubelet answers 200 with this sentence where the runtime has removed the dead container.
  if (/^(unable to retrieve container logs for|failed to try resolving symlinks)/.test(answer.text)) {
    throw new SourceError('not-found', 'the container was removed, and its log with it');
  }
  const { pod, container, previous } = request;
  const all = redactText(answer.text.slice(-TEXT_CHARS)).split('\n');
  if (all.at(-1) === '') all.pop();
  const lines = all.slice(-asked).map((line) => cleanText(line, LINE_CHARS));
  return {
    id: `log:${pod.uid ?? `${pod.namespace}/${pod.name}`}/${container}/${previous ? 'previous' : 'current'}`,
    source: 'logs',
    namespace: pod.namespace,
    pod: pod.name,
    ...(pod.uid === undefined ? {} : { podUid: pod.uid }),
    container,
    previous,
    lines,
    truncated: first.cut || lines.length >= asked,
  };
}

async function readLines(
  run: Run,
  request: TailRequest,
  tailLines: number,
): Promise<{ readonly text: string; readonly cut: boolean }> {
  const path = `${pathOf(PODS, { namespace: request.pod.namespace, name: request.pod.name })}/log`;
  const query = {
    container: request.container,
    previous: request.previous || undefined,
    tailLines,
    limitBytes: TAIL_BYTES,
  };
  const { text, bytes } = await run.client.text(path, {
    ...readOptions(run, query),
    limitBytes: TAIL_BYTES,
    retries: 1,
  });
  return { text, cut: bytes >= TAIL_BYTES };
}
