/**
 * An API server with 10,000 pods of three containers on 270 nodes, and their kubelets behind nodes/proxy: pages as large
 * as real ones, whose figures are 15 s further at each request. The same pages stand at `/plain/N` for Prometheus.
 * Runs until its standard input ends; prints its address as the first line.
 */
import { startApiServer } from '../src/sim/api-server.ts';
import { ObjectStore } from '../src/sim/object-store.ts';
import { simulatedPod } from '../src/sim/pods.ts';
import { seededRandom } from '../src/sim/random.ts';
import { createValues, type Values } from './kubelet-values.ts';

const TICK_MS = 15_000;
const [podCount = 10_000, nodeCount = 270, t0 = Date.now()] = process.argv.slice(2).map(Number);

interface Container {
  readonly index: number;
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly name: string;
  readonly startedAtMs: number;
}

const random = seededRandom(137);
const store = new ObjectStore();
const nodes = new Map<string, Container[]>();
let containerCount = 0;
for (let index = 0; index < podCount; index += 1) {
  const pod = simulatedPod(random, { index, namespaces: 40, nodes: nodeCount, nowMs: t0, deathRatio: 0 });
  const { namespace = '', name, uid = '' } = pod.metadata;
  store.putText({ group: '', plural: 'pods', namespace, name, json: JSON.stringify(pod) });
  const node = `node-${index % nodeCount}`;
  const containers = nodes.get(node) ?? [];
  nodes.set(node, containers);
  for (const container of ['app', 'envoy', 'log-shipper']) {
    const startedAtMs = t0 - 86_400_000 - index;
    containers.push({ index: containerCount++, namespace, pod: name, uid, name: container, startedAtMs });
  }
}

/** One consumer's view: each of its requests for a node's page is one tick further. */
class Kubelets {
  readonly #values: Values = createValues(containerCount, 4);
  readonly #ticks = new Map<string, number>();

  page(node: string): string | undefined {
    const containers = nodes.get(node);
    if (containers === undefined) return undefined;
    return resourcePage(containers, this.#figures(node, containers));
  }

  summary(node: string): string | undefined {
    const containers = nodes.get(node);
    if (containers === undefined) return undefined;
    return summaryPage(node, containers, this.#figures(node, containers));
  }

  #figures(node: string, containers: readonly Container[]): Figures {
    const tick = this.#ticks.get(node) ?? 0;
    this.#ticks.set(node, tick + 1);
    const pages = containers.map(({ index }) => this.#values.next(index, tick));
    return { tick, atMs: t0 + tick * TICK_MS, pages };
  }
}

interface Figures {
  readonly tick: number;
  readonly atMs: number;
  readonly pages: readonly number[];
}

/** As pkg/kubelet/metrics/collectors/resource_metrics.go writes it. */
function resourcePage(containers: readonly Container[], { tick, atMs, pages }: Figures): string {
  const lines = [
    '# HELP container_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the container in core-seconds',
    '# TYPE container_cpu_usage_seconds_total counter',
  ];
  const pods = new Map<string, number>();
  for (const [at, { namespace, pod, name, startedAtMs }] of containers.entries()) {
    const labels = `{container="${name}",namespace="${namespace}",pod="${pod}"}`;
    const bytes = (pages[at] ?? 0) * 4096;
    lines.push(
      `container_cpu_usage_seconds_total${labels} ${(tick * 1.37 + at).toFixed(6)} ${atMs}`,
      `container_memory_working_set_bytes${labels} ${bytes.toExponential()} ${atMs}`,
      `container_start_time_seconds${labels} ${(startedAtMs / 1000).toExponential()}`,
      `container_swap_usage_bytes${labels} 0 ${atMs}`,
    );
    pods.set(
      `{namespace="${namespace}",pod="${pod}"}`,
      bytes + (pods.get(`{namespace="${namespace}",pod="${pod}"}`) ?? 0),
    );
  }
  for (const [labels, bytes] of pods) {
    lines.push(
      `pod_cpu_usage_seconds_total${labels} ${(tick * 2.5).toFixed(6)} ${atMs}`,
      `pod_memory_working_set_bytes${labels} ${bytes.toExponential()} ${atMs}`,
      `pod_swap_usage_bytes${labels} 0 ${atMs}`,
    );
  }
  lines.push('# TYPE resource_scrape_error gauge', 'resource_scrape_error 0', '');
  return lines.join('\n');
}

/** Every part that a real Summary has of each container and pod. */
function summaryPage(
  nodeName: string,
  containers: readonly Container[],
  { tick, atMs, pages }: Figures,
): string {
  const time = new Date(atMs).toISOString();
  const disk = {
    time,
    availableBytes: 87_361_036_288,
    capacityBytes: 101_430_960_128,
    usedBytes: 45_056,
    inodesFree: 6_100_123,
    inodes: 6_291_456,
    inodesUsed: 17,
  };
  const memory = (bytes: number) => ({
    time,
    availableBytes: 1_234_567_168,
    usageBytes: bytes + 8_192_000,
    workingSetBytes: bytes,
    rssBytes: Math.round(bytes * 0.8),
    pageFaults: 812_345,
    majorPageFaults: 12,
  });
  const cpu = { time, usageNanoCores: 4_212_345, usageCoreNanoSeconds: 81_234_567_890 };
  const pods = Map.groupBy(containers, ({ pod }) => pod);
  return JSON.stringify({
    node: { nodeName, startTime: time, cpu, memory: memory(9e9), fs: disk },
    pods: [...pods].map(([name, members]) => ({
      podRef: { name, namespace: members[0]?.namespace, uid: members[0]?.uid },
      startTime: time,
      containers: members.map((container) => ({
        name: container.name,
        startTime: new Date(container.startedAtMs).toISOString(),
        cpu,
        memory: memory((pages[containers.indexOf(container)] ?? 0) * 4096),
        rootfs: disk,
        logs: disk,
        swap: { time, swapUsageBytes: 0 },
      })),
      cpu,
      memory: memory(3e8),
      network: {
        time,
        name: 'eth0',
        rxBytes: 1e9 + tick * 12_345,
        rxErrors: 0,
        txBytes: 2e9,
        txErrors: 0,
        interfaces: [{ name: 'eth0', rxBytes: 1e9 + tick * 12_345, rxErrors: 0, txBytes: 2e9, txErrors: 0 }],
      },
      volume: [
        { ...disk, name: 'kube-api-access-x7x2z' },
        { ...disk, name: 'config' },
      ],
      'ephemeral-storage': disk,
      process_stats: { process_count: 0 },
      swap: { time, swapUsageBytes: 0 },
    })),
  });
}

class Pages extends Map<string, string> {
  readonly #proxied = new Kubelets();
  readonly #plain = new Kubelets();

  override get(path: string): string | undefined {
    const [, node = '', page] = /^\/api\/v1\/nodes\/([^/]+)\/proxy\/(.+)$/.exec(path) ?? [];
    if (page === 'metrics/resource') return this.#proxied.page(node);
    if (page === 'stats/summary') return this.#proxied.summary(node);
    const plain = /^\/plain\/([^/]+)$/.exec(path)?.[1];
    return plain === undefined ? undefined : this.#plain.page(plain);
  }
}

const server = await startApiServer({ store, pages: new Pages() });
console.log(JSON.stringify({ url: server.url, containers: containerCount }));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
