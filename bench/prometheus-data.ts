/**
 * A seeded cluster as one TSDB block: containers with 14 days at 5 minutes of working set, rss, limit, restarts, start
 * time and requests. `node bench/prometheus-data.ts FOLDER [--containers N] [--days N]`
 */
import { parseArgs } from 'node:util';
import { BlockWriter } from './prometheus-block.ts';

export interface DataOptions {
  readonly folder: string;
  readonly containers: number;
  readonly days: number;
  readonly endMs: number;
}

const STEP_MS = 300_000;
const MIB = 1024 * 1024;
const PAGE = 4096;
const REPLICAS = 5;
const WORKLOADS_A_NAMESPACE = 20;

/** xorshift32: the same data on every machine. */
function randomOf(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

function letters(random: () => number, count: number): string {
  return Array.from({ length: count }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join('');
}

/** Of ten containers one leaks and is killed and restarted at its limit; the others follow the day. */
export function writeData(options: DataOptions): { readonly samples: number; readonly series: number } {
  const writer = new BlockWriter(options.folder, '01HZZZZZZZZZZZZZZZZZZZZZZZ');
  const points = Math.floor((options.days * 86_400_000) / STEP_MS);
  const timesMs = Float64Array.from(
    { length: points },
    (_, at) => options.endMs - (points - 1 - at) * STEP_MS,
  );
  const workloads = Math.ceil(options.containers / REPLICAS);
  let hash = '';
  for (let index = 0; index < options.containers; index += 1) {
    const random = randomOf(index + 1);
    const workload = Math.floor(index / REPLICAS);
    if (index % REPLICAS === 0) hash = letters(random, 10);
    addContainer(writer, {
      namespace: `team-${String(Math.floor(workload / WORKLOADS_A_NAMESPACE)).padStart(3, '0')}`,
      pod: `service-${workload % workloads}-${hash}-${letters(random, 5)}`,
      leaks: workload % 10 === 0,
      random,
      timesMs,
    });
  }
  return writer.close();
}

interface Container {
  readonly namespace: string;
  readonly pod: string;
  readonly leaks: boolean;
  readonly random: () => number;
  readonly timesMs: Float64Array;
}

function addContainer(writer: BlockWriter, container: Container): void {
  const { namespace, pod, random, timesMs } = container;
  const points = timesMs.length;
  const limit = 512 * MIB;
  const base = (80 + 200 * random()) * MIB;
  const perDay = container.leaks ? (60 + 120 * random()) * MIB : 0;
  const phase = random() * 288;
  const fill = (): Float64Array => new Float64Array(points);
  const [rss, restarts, started, requests] = [fill(), fill(), fill(), fill()];
  let restartCount = 0;
  let startedAt = 0;
  let noise = 0;
  let counter = 0;
  const lives: { readonly from: number; readonly working: number[] }[] = [{ from: 0, working: [] }];
  for (let at = 0; at < points; at += 1) {
    noise = 0.9 * noise + (random() - 0.5) * 4 * MIB;
    const day = 1 + 0.4 * Math.sin(((at + phase) / 288) * 2 * Math.PI);
    const age = at - startedAt;
    const anonymous = base + 20 * MIB * day + noise + (perDay * age) / 288;
    if (anonymous > limit * 0.96) {
      restartCount += 1;
      startedAt = at + 1;
      lives.push({ from: at + 1, working: [] });
    }
    const pages = Math.max(1, Math.round(anonymous / PAGE)) * PAGE;
    rss[at] = pages;
    (lives.at(-1) as { working: number[] }).working.push(pages + Math.round((6 * MIB * day) / PAGE) * PAGE);
    restarts[at] = restartCount;
    started[at] = Math.round((timesMs[startedAt] ?? 0) / 1000) - 7;
    counter += Math.round(300 * 20 * day * (0.9 + 0.2 * random()));
    requests[at] = counter;
  }
  const own: [string, string][] = [
    ['namespace', namespace],
    ['node', `node-${pod.length % 40}`],
    ['pod', pod],
  ];
  const add = (name: string, labels: readonly [string, string][], values: Float64Array, from = 0): void => {
    const all: [string, string][] = [['__name__', name], ...own, ...labels];
    writer.add({
      labels: all.toSorted(([a], [b]) => (a < b ? -1 : 1)),
      timesMs: timesMs.subarray(from, from + values.length),
      values,
    });
  };
  const cgroup = (start: number): [string, string][] => [
    ['container', 'main'],
    ['id', `/kubepods.slice/kubepods-burstable.slice/${pod}/${start}`],
    ['image', `registry.example/${namespace}/main:v1`],
    ['instance', '10.0.0.1:10250'],
    ['job', 'kubelet'],
  ];
  const state: [string, string][] = [
    ['container', 'main'],
    ['instance', '10.0.0.2:8080'],
    ['job', 'kube-state-metrics'],
  ];
  for (const { from, working } of lives) {
    if (working.length === 0) continue;
    const to = from + working.length;
    add('container_memory_working_set_bytes', cgroup(from), Float64Array.from(working), from);
    add('container_memory_rss', cgroup(from), rss.subarray(from, to), from);
    add('container_start_time_seconds', cgroup(from), started.subarray(from, to), from);
  }
  add(
    'kube_pod_container_resource_limits',
    [...state, ['resource', 'memory'], ['unit', 'byte']],
    fill().fill(limit),
  );
  add('kube_pod_container_status_restarts_total', state, restarts);
  add(
    'http_requests_total',
    [
      ['instance', `${pod}:8080`],
      ['job', 'apps'],
    ],
    requests,
  );
  if (timesMs.length > 0) {
    const info: [string, string][] = [
      ['created_by_kind', 'ReplicaSet'],
      ['created_by_name', pod.slice(0, -6)],
      ['uid', `uid-${pod}`],
    ];
    add('kube_pod_info', info, fill().fill(1));
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { containers: { type: 'string', default: '100' }, days: { type: 'string', default: '14' } },
  });
  const endMs = Math.floor(Date.now() / STEP_MS) * STEP_MS;
  const started = performance.now();
  const { samples, series } = writeData({
    folder: positionals[0] ?? '.',
    containers: Number(values.containers),
    days: Number(values.days),
    endMs,
  });
  console.log(`${series} series, ${samples} samples, ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
