/** The kubelet's cAdvisor page (`/metrics/cadvisor`, Prometheus text): memory figures per container instance. */
import type { MemorySample } from '../model/usage.ts';
import { parseCgroupPath } from './cgroup-path.ts';
import { readLabels, readNumber } from './exposition.ts';
import { cleanText } from './redact.ts';
import { defined, MAX_NAME_CHARS, type ParseContext } from './fields.ts';

type Figure = 'workingSetBytes' | 'usageBytes' | 'rssBytes' | 'peakBytes' | 'oomEvents' | 'psiFullSeconds';

/** cAdvisor metrics/prometheus.go. `stalled` is PSI's `full`, `waiting` its `some` (Kubernetes 1.33 and later). */
const FIGURES: ReadonlyMap<string, Figure> = new Map([
  ['container_memory_working_set_bytes', 'workingSetBytes'],
  ['container_memory_usage_bytes', 'usageBytes'],
  ['container_memory_rss', 'rssBytes'],
  ['container_memory_max_usage_bytes', 'peakBytes'],
  ['container_oom_events_total', 'oomEvents'],
  ['container_pressure_memory_stalled_seconds_total', 'psiFullSeconds'],
]);

const LINE_CHARS = 8192;
/** A node runs hundreds of containers, not this many. */
const SAMPLE_LIMIT = 10_000;

export interface CadvisorReader {
  /** One line of the page, without its line break. */
  push(line: string): void;
  end(): readonly MemorySample[];
}

/** Keeps the containers that `wants` names. Lines that are not understood are passed over. */
export function createCadvisorReader(
  context: ParseContext,
  wants: (namespace: string, pod: string) => boolean,
): CadvisorReader {
  const samples = new Map<string, { -readonly [K in keyof MemorySample]: MemorySample[K] }>();
  return {
    push(line) {
      const metric = parseLine(line);
      if (metric === undefined) return;
      const { labels, figure, value, atMs } = metric;
      const namespace = cleanText(labels.get('namespace') ?? '', MAX_NAME_CHARS);
      const pod = cleanText(labels.get('pod') ?? '', MAX_NAME_CHARS);
      const container = cleanText(labels.get('container') ?? '', MAX_NAME_CHARS);
      // Without a container it is the pod's sum; `POD` is the sandbox.
      if (pod === '' || container === '' || container === 'POD' || !wants(namespace, pod)) return;
      const cgroup = parseCgroupPath(cleanText(labels.get('id') ?? '', LINE_CHARS));
      const id = `sample:cadvisor/${namespace}/${pod}/${container}/${cgroup.containerId ?? ''}`;
      const known = samples.get(id);
      if (known === undefined && samples.size >= SAMPLE_LIMIT) return;
      const sample =
        known ?? defined({ id, source: context.source, namespace, pod, podUid: cgroup.podUid, container });
      samples.set(id, { ...sample, [figure]: value, ...(atMs === undefined ? {} : { atMs }) });
    },
    end: () => [...samples.values()],
  };
}

interface Metric {
  readonly figure: Figure;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
  readonly atMs: number | undefined;
}

/** `name{label="value",…} number [milliseconds]`. */
function parseLine(line: string): Metric | undefined {
  const open = line.indexOf('{');
  if (open < 0 || line.length > LINE_CHARS) return undefined;
  const figure = FIGURES.get(line.slice(0, open));
  if (figure === undefined) return undefined;
  const labels = new Map<string, string>();
  const close = readLabels(line, open + 1, labels);
  if (close === undefined) return undefined;
  const number = readNumber(line.slice(close + 1));
  if (number === undefined || number.value < 0 || number.value > Number.MAX_SAFE_INTEGER) return undefined;
  const { value, atMs } = number;
  return { figure, labels, value: figure === 'psiFullSeconds' ? value : Math.round(value), atMs };
}
