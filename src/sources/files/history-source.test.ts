import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { historySourceSuite, type HistoryWorld } from '../../app/history-source.suite.ts';
import type { HistoryPage, HistoryRequest } from '../../app/history-ports.ts';
import { HOUR_MS, MIB, MINUTE_MS } from '../../core/units.ts';
import { createFilesHistorySource, createFilesSource } from './index.ts';
import { sniff } from './sniff.ts';
import { bytesOf, request } from './test-kit.ts';

const TO_MS = Date.UTC(2026, 0, 10);
const FROM_MS = TO_MS - 6 * HOUR_MS;
const PODS = ['web-0', 'web-1'];

interface Line {
  readonly __name__: string;
  readonly namespace: string;
  readonly pod: string;
  readonly mib: number;
}

function valuesOf(mib: number): readonly unknown[] {
  return Array.from({ length: 73 }, (_, at) => [(FROM_MS + 5 * at * MINUTE_MS) / 1000, String(mib * MIB)]);
}

function answer(lines: readonly Line[]): string {
  const result = lines.map(({ mib, ...labels }) => ({
    metric: { ...labels, container: 'main' },
    values: valuesOf(mib),
  }));
  return JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } });
}

const WORKING_SET = answer([
  ...PODS.map((pod, at) => ({
    __name__: 'container_memory_working_set_bytes',
    namespace: 'shop',
    pod,
    mib: 50 + at,
  })),
  { __name__: 'container_memory_working_set_bytes', namespace: 'other', pod: 'lonely', mib: 5 },
]);
const RSS = answer(
  PODS.map((pod) => ({ __name__: 'container_memory_rss', namespace: 'shop', pod, mib: 40 })),
);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'exit137-history-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

function worldOf(files: Readonly<Record<string, string | Buffer>>): HistoryWorld {
  const folder = folderOf(files);
  const paths = Object.keys(files).map((name) => join(folder, name));
  return {
    source: createFilesHistorySource({ paths, nowMs: TO_MS }),
    fromMs: FROM_MS,
    toMs: TO_MS,
    stepMs: 5 * MINUTE_MS,
    replicas: {
      namespace: 'shop',
      workload: { kind: 'StatefulSet', name: 'web' },
      container: 'main',
      pods: PODS,
    },
    close: () => {},
  };
}

historySourceSuite('a folder of files', {
  healthy: () => worldOf({ 'ws.json': WORKING_SET, 'rss.json.gz': gzipSync(RSS) }),
  partial: () =>
    worldOf({ 'ws.json': WORKING_SET, 'rss.json': RSS.slice(0, -100), 'x.csv': 'time,value\n1,2\n' }),
  dead: () => worldOf({ 'login.html': '<html>login</html>' }),
});

async function readText(text: string, changes: Partial<HistoryRequest> = {}): Promise<HistoryPage> {
  const source = createFilesHistorySource({ paths: ['-'], stdin: bytesOf(text), nowMs: TO_MS });
  const asked: HistoryRequest = {
    fromMs: FROM_MS,
    toMs: TO_MS,
    stepMs: MINUTE_MS,
    depth: 'analysis',
    signal: new AbortController().signal,
    ...changes,
  };
  for await (const page of source.read(asked)) return page;
  throw new Error('no page');
}

describe('files of memory over time', () => {
  it('joins one query a file', async () => {
    const world = worldOf({ 'ws.json': WORKING_SET, 'rss.json': RSS });
    for await (const { histories } of world.source.read({
      fromMs: FROM_MS,
      toMs: TO_MS,
      stepMs: MINUTE_MS,
      depth: 'analysis',
      signal: new AbortController().signal,
    })) {
      const web = histories.find(({ pod }) => pod === 'web-1');
      expect(web).toMatchObject({ workingSet: { values: { length: 73 } }, rss: { values: { length: 73 } } });
      expect(web?.stepMs).toBe(5 * MINUTE_MS);
    }
  });

  it('takes the last days of a file that is old', async () => {
    const table = [
      'time,value',
      ...Array.from({ length: 20 }, (_, at) => `${1_400_000_000 + at * 3600},${MIB}`),
    ];
    const { histories } = await readText(table.join('\n'));
    // Six hours that end with the last row, both ends counted.
    expect(histories[0]?.workingSet?.timesMs).toHaveLength(7);
    expect(histories[0]?.toMs).toBe((1_400_000_000 + 19 * 3600) * 1000);
  });

  it('reads a page of the kubelet as one sample', async () => {
    const summary = {
      node: { nodeName: 'n1' },
      pods: [
        {
          podRef: { name: 'web-0', namespace: 'shop', uid: 'u' },
          containers: [
            { name: 'main', memory: { time: new Date(TO_MS - 1000).toISOString(), workingSetBytes: MIB } },
          ],
        },
      ],
    };
    const { histories } = await readText(JSON.stringify(summary));
    expect(histories).toMatchObject([
      { podUid: 'u', workingSet: { timesMs: [TO_MS - 1000], values: [MIB] } },
    ]);
  });

  it.each([
    ['a pod', '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}', 'no file holds memory over time'],
    ['a log', '[    0.000000] Linux version 5.15\n', 'it holds no memory over time'],
    ['percent', 'timestamp,mem_util_percent\n2011-05-01 14:49:30,84\n', 'is a share'],
    ['an error', '{"status":"error","error":"boom","data":{"resultType":"matrix","result":[]}}', 'boom'],
  ])('says why it takes nothing from %s', async (_, text, words) => {
    await expect(readText(text)).rejects.toThrow(words);
  });

  it('is known and passed over where evidence of a death is read', async () => {
    const folder = folderOf({ 'ws.json': WORKING_SET });
    const source = createFilesSource({ paths: [join(folder, 'ws.json')], nowMs: TO_MS });
    const part = await source.collect(request());
    expect(part.gaps).toEqual([]);
    expect(part.sources).toMatchObject([{ state: 'read' }]);
  });
});

describe('sniff', () => {
  it.each([
    ['a range answer', WORKING_SET, 'prometheus'],
    [
      'one in the envelope of a tool',
      '{\n "status": "success",\n "data": {\n  "resultType": "matrix"',
      'prometheus',
    ],
    ['what promtool prints', '[{"metric":{"pod":"a"},"values":[[1,"2"]]}]', 'prometheus'],
    ['a pod that quotes an answer', '{"apiVersion":"v1","x":"{\\"resultType\\":\\"matrix\\"}"}', 'json'],
    ['a table', 'timestamp,value\n1700000000,5\n', 'table'],
    ['a table of shares', 'timestamp,mem_util_percent\n2011-05-01 14:49:30,84\n', 'table'],
    ['a table of something else', 'time,reason,message\n2026-01-01 00:00:00,OOMKilling,x\n', 'log'],
    ['docker stats', 'CONTAINER ID   NAME   CPU %   MEM USAGE / LIMIT   MEM %   NET I/O\n', 'docker-stats'],
    [
      'docker stats after a date',
      '2026-01-01\nCONTAINER ID   NAME   CPU %   MEM USAGE / LIMIT   MEM %\n',
      'docker-stats',
    ],
    ['docker stats as JSON', '{"BlockIO":"0B","MemUsage":"1MiB / 2GiB","Name":"a"}\n', 'docker-stats'],
    ['docker ps', 'CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n', 'unknown'],
  ])('knows %s', (_, text, kind) => {
    expect(sniff(Buffer.from(text))).toEqual({ kind: 'text', text: kind });
  });
});
