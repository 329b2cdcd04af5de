/** The same suite against Debian's `prometheus`, on a block that was written for it. Skipped where it is not installed. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlockWriter } from '../../../bench/prometheus-block.ts';
import { isPrometheusInstalled, startPrometheus } from '../../../bench/prometheus-server.ts';
import { historySourceSuite, type HistoryWorld } from '../../app/history-source.suite.ts';
import type { ContainerHistory } from '../../core/model/series.ts';
import { HOUR_MS, MIB, MINUTE_MS } from '../../core/units.ts';
import { createPrometheusSource } from './index.ts';

const TO_MS = Date.UTC(2026, 0, 10);
const FROM_MS = TO_MS - 24 * HOUR_MS;
const PODS = ['web-7d4b9c6f5x-bbbbb', 'web-7d4b9c6f5x-ccccc'];
/** MiB. What is cache and on neither of the file lists is tmpfs: 15. */
const FILE_MEMORY = {
  container_memory_cache: 30,
  container_memory_total_active_file_bytes: 5,
  container_memory_total_inactive_file_bytes: 10,
};
const RESTART_MS = FROM_MS + 12 * HOUR_MS;

type Labels = readonly (readonly [string, string])[];

function add(
  writer: BlockWriter,
  labels: Readonly<Record<string, string>>,
  samples: { readonly value: (ms: number) => number; readonly fromMs?: number; readonly toMs?: number },
): void {
  const { value, fromMs = FROM_MS, toMs = TO_MS } = samples;
  const timesMs = Float64Array.from(
    { length: Math.floor((toMs - fromMs) / MINUTE_MS) + 1 },
    (_, at) => fromMs + at * MINUTE_MS,
  );
  const sorted: Labels = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  writer.add({ labels: sorted, timesMs, values: timesMs.map(value) });
}

function writeCluster(folder: string): void {
  const writer = new BlockWriter(folder, '01HZZZZZZZZZZZZZZZZZZZZZZZ');
  for (const [namespace, pods] of [
    ['shop', PODS],
    ['other', ['lonely']],
  ] as const) {
    for (const pod of pods) {
      const own = { namespace, pod, container: 'main', image: 'i', id: `/kubepods/${pod}/1` };
      const memory = { __name__: 'container_memory_working_set_bytes', ...own };
      add(writer, memory, { value: () => 200 * MIB, toMs: RESTART_MS + 10 * MINUTE_MS });
      add(writer, { ...memory, id: `/kubepods/${pod}/2` }, { value: () => 50 * MIB, fromMs: RESTART_MS });
      add(
        writer,
        { __name__: 'kube_pod_container_status_restarts_total', namespace, pod, container: 'main' },
        { value: (ms) => (ms < RESTART_MS ? 3 : 4) },
      );
      for (const [name, mib] of Object.entries(FILE_MEMORY))
        add(writer, { __name__: name, ...own }, { value: () => mib * MIB });
      add(
        writer,
        { __name__: 'container_pressure_memory_stalled_seconds_total', ...own },
        { value: (ms) => (ms - FROM_MS) / 1e6 },
      );
      // 12 requests a second; the counter begins anew with the container.
      add(
        writer,
        { __name__: 'http_requests_total', namespace, pod, code: '200' },
        { value: (ms) => 12 * ((ms - (ms < RESTART_MS ? FROM_MS : RESTART_MS)) / 1000) },
      );
    }
  }
  writer.close();
}

describe.skipIf(!isPrometheusInstalled())('Debian prometheus', () => {
  let server: ChildProcess | undefined;
  let url = '';
  const folder = mkdtempSync(join(tmpdir(), 'exit137-real-prometheus-'));

  beforeAll(async () => {
    writeCluster(folder);
    const config = join(folder, 'prometheus.yml');
    writeFileSync(config, 'global: {}\n');
    ({ url, process: server } = await startPrometheus({ config, data: folder }));
  }, 40_000);

  afterAll(async () => {
    const ended = new Promise((resolve) => server?.once('exit', resolve));
    server?.kill();
    if (server !== undefined) await ended;
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(): Promise<HistoryWorld> {
    const source = await createPrometheusSource({ url, env: {}, version: '1', now: () => Date.now() });
    return {
      source,
      fromMs: FROM_MS,
      toMs: TO_MS,
      stepMs: 5 * MINUTE_MS,
      replicas: {
        namespace: 'shop',
        workload: { kind: 'Deployment', name: 'web' },
        container: 'main',
        pods: PODS,
      },
      close: () => source.close(),
    };
  }

  historySourceSuite('it', { healthy: open });

  it('gives what was written', async () => {
    const world = await open();
    const histories: ContainerHistory[] = [];
    const signal = new AbortController().signal;
    const asked = { fromMs: FROM_MS, toMs: TO_MS, stepMs: 5 * MINUTE_MS, depth: 'analysis', signal } as const;
    for await (const page of world.source.read(asked)) histories.push(...page.histories);
    await world.close();
    expect(histories).toHaveLength(3);
    for (const { workingSet, restarts, traffic, cache, shmem, stalledSeconds } of histories) {
      expect(new Set(cache?.values)).toEqual(new Set([30 * MIB]));
      expect(new Set(shmem?.values)).toEqual(new Set([15 * MIB]));
      // A day is 86.4 millions of milliseconds.
      expect(stalledSeconds?.values.at(-1)).toBeCloseTo(86.4, 6);
      const at = (ms: number): number | undefined => workingSet?.values[workingSet.timesMs.indexOf(ms)];
      expect([at(FROM_MS), at(RESTART_MS - 5 * MINUTE_MS), at(RESTART_MS), at(TO_MS)]).toEqual(
        [200, 200, 50, 50].map((mib) => mib * MIB),
      );
      expect(restarts?.timesMs[restarts.values.indexOf(4)]).toBe(RESTART_MS);
      // The reset is survived: no rate is below zero or beyond what was counted.
      expect(traffic?.metric).toBe('http_requests_total');
      expect(Math.min(...(traffic?.perSecond.values ?? []))).toBeGreaterThan(8);
      expect(Math.max(...(traffic?.perSecond.values ?? []))).toBeLessThan(12.1);
    }
  });
});
