import * as fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createResourceMetricsReader,
  readPodMetrics,
  readSummary,
  type NodeReadings,
} from './node-readings.ts';

function read(lines: readonly string[]): NodeReadings {
  const reader = createResourceMetricsReader();
  for (const line of lines) reader.push(line);
  return reader.end();
}

const LABELS = '{container="app",namespace="shop",pod="web-1"}';

describe('/metrics/resource', () => {
  it('reads working set and start of each container, whatever the order, and nothing else', () => {
    const page = [
      '# HELP container_memory_working_set_bytes [STABLE] Current working set of the container in bytes',
      '# TYPE container_memory_working_set_bytes gauge',
      `container_memory_working_set_bytes${LABELS} 1.2345344e+07 1700000000123`,
      `container_start_time_seconds${LABELS} 1.69999e+09`,
      `container_cpu_usage_seconds_total${LABELS} 4.2 1700000000123`,
      'node_memory_working_set_bytes 9e+09 1700000000123',
      'pod_memory_working_set_bytes{namespace="shop",pod="web-1"} 2e+07 1700000000123',
      'resource_scrape_error 0',
    ];
    expect(read(page)).toEqual({
      readings: [
        {
          namespace: 'shop',
          pod: 'web-1',
          container: 'app',
          workingSetBytes: 12_345_344,
          startedAtMs: 1_699_990_000_000,
        },
      ],
      newestAtMs: 1_700_000_000_123,
      dropped: 0,
    });
  });

  it.each([
    ['no labels', 'container_memory_working_set_bytes 5'],
    ['no end of the labels', 'container_memory_working_set_bytes{container="app" 5'],
    ['no number', `container_memory_working_set_bytes${LABELS}`],
    ['NaN', `container_memory_working_set_bytes${LABELS} NaN`],
    ['infinite', `container_memory_working_set_bytes${LABELS} +Inf`],
    ['negative', `container_memory_working_set_bytes${LABELS} -1`],
    ['no pod', 'container_memory_working_set_bytes{container="app",namespace="shop"} 5'],
    ['a line without end', `container_memory_working_set_bytes{container="${'x'.repeat(9000)}"} 5`],
  ])('passes over a line with %s', (_name, line) => {
    const answer = read([line, `container_memory_working_set_bytes{container="b",namespace="s",pod="p"} 7`]);
    expect(answer.readings).toEqual([{ namespace: 's', pod: 'p', container: 'b', workingSetBytes: 7 }]);
  });

  it('understands escapes, braces and commas in label values', () => {
    const line = String.raw`container_memory_working_set_bytes{container="a\"b}",namespace="s,x=\"1\"",pod="p\\"} 7`;
    expect(read([line]).readings).toEqual([
      { namespace: 's,x="1"', pod: 'p\\', container: 'a"b}', workingSetBytes: 7 },
    ]);
  });

  it('leaves out what is long older than the rest, by the clock of the node alone', () => {
    const at = 5_000_000_000_000;
    const of = (pod: string, ageMs: number): string =>
      `container_memory_working_set_bytes{container="c",namespace="s",pod="${pod}"} 1 ${at - ageMs}`;
    const answer = read([of('new', 0), of('cached', 30_000), of('ended', 121_000)]);
    expect(answer.readings.map(({ pod }) => pod)).toEqual(['new', 'cached']);
    expect(answer).toMatchObject({ newestAtMs: at, dropped: 1 });
  });

  it('bounds the number of containers', () => {
    const lines = Array.from(
      { length: 10_050 },
      (_, index) => `container_memory_working_set_bytes{container="c",namespace="s",pod="p${index}"} 1`,
    );
    const answer = read(lines);
    expect(answer.readings).toHaveLength(10_000);
    expect(answer.dropped).toBe(50);
  });

  it('is total over any lines', () => {
    const piece = fc.constantFrom(
      'container_memory_working_set_bytes',
      'container_start_time_seconds',
      '{',
      '}',
      'pod="p"',
      ',',
      'container="c',
      '"',
      '\\',
      ' ',
      '1e400',
      '7',
      '1700000000000',
    );
    const line = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        for (const { workingSetBytes, startedAtMs } of read(lines).readings) {
          expect(workingSetBytes ?? 0).toBeGreaterThanOrEqual(0);
          expect(Number.isSafeInteger(startedAtMs ?? 0)).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('Summary', () => {
  it('reads resident size, start and what the pod received', () => {
    const summary = {
      node: { nodeName: 'n1' },
      pods: [
        {
          podRef: { name: 'web-1', namespace: 'shop', uid: 'u' },
          network: { time: '2026-03-01T12:00:00Z', rxBytes: 1234 },
          containers: [
            {
              name: 'app',
              startTime: '2026-03-01T11:00:00Z',
              memory: { time: '2026-03-01T12:00:00Z', workingSetBytes: 500, rssBytes: 300 },
            },
            { name: 'just-made', memory: {} },
          ],
        },
        { podRef: {}, containers: [{ name: 'x' }] },
      ],
    };
    expect(readSummary(summary)).toEqual({
      readings: [
        {
          namespace: 'shop',
          pod: 'web-1',
          container: 'app',
          workingSetBytes: 500,
          rssBytes: 300,
          startedAtMs: Date.UTC(2026, 2, 1, 11),
          networkBytes: 1234,
        },
      ],
      newestAtMs: Date.UTC(2026, 2, 1, 12),
      dropped: 0,
    });
  });

  it('is total over any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const raw of [
          value,
          { pods: value },
          { pods: [value] },
          { pods: [{ podRef: { name: 'p' }, containers: value }] },
        ])
          expect(Array.isArray(readSummary(raw).readings)).toBe(true);
      }),
    );
  });
});

it('reads PodMetrics', () => {
  const raw = {
    metadata: { name: 'web-1', namespace: 'shop' },
    containers: [{ name: 'app', usage: { cpu: '1m', memory: '2Mi' } }],
  };
  expect(readPodMetrics(raw)).toEqual([
    { namespace: 'shop', pod: 'web-1', container: 'app', workingSetBytes: 2_097_152 },
  ]);
  expect(readPodMetrics(7)).toEqual([]);
});

const SUMMARY = resolve(
  import.meta.dirname,
  '../../../../shared/data/metrics/kubernetes-1.33/kubelet-stats-summary.json',
);

describe.skipIf(!existsSync(SUMMARY))('a real kubelet', () => {
  it('gives every container of its Summary', () => {
    const raw = JSON.parse(readFileSync(SUMMARY, 'utf8')) as {
      pods: { containers: { memory?: { workingSetBytes?: number } }[] }[];
    };
    const measured = raw.pods
      .flatMap(({ containers }) => containers)
      .filter(({ memory }) => memory?.workingSetBytes !== undefined);
    const { readings } = readSummary(raw);
    expect(readings).toHaveLength(measured.length);
    expect(
      readings.every(({ startedAtMs, rssBytes }) => startedAtMs !== undefined && rssBytes !== undefined),
    ).toBe(true);
  });
});
