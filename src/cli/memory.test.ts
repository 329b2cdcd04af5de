import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { CONTAINER_LIMIT, NOW_MS, reportOf } from '../../test/samples/diagnoses.ts';
import { calmHistory, LEAKING_POD, leakHistory } from '../../test/samples/histories.ts';
import type { KeptDeaths } from '../app/collect-ports.ts';
import type { HistoryRequest, HistorySource } from '../app/history-ports.ts';
import type { JudgeOptions } from '../app/judge.ts';
import type { CollectRequest } from '../app/ports.ts';
import { SourceError } from '../app/ports.ts';
import { analyseMemory } from '../core/memory/analyse.ts';
import type { BundlePart } from '../core/model/bundle.ts';
import type { Diagnosis } from '../core/model/diagnosis.ts';
import type { PodEvidence } from '../core/model/kubernetes.ts';
import type { ContainerHistory } from '../core/model/series.ts';
import { HOUR_MS, MIB, MINUTE_MS } from '../core/units.ts';
import type { Said, Surroundings } from './test-kit.ts';
import { PACKAGE_ROOT, runIn } from './test-kit.ts';
import type { Wiring } from './wiring.ts';

interface World extends Pick<Surroundings, 'env' | 'terminal'> {
  readonly histories?: readonly ContainerHistory[];
  /** Instead of histories. */
  readonly historyError?: SourceError;
  /** No source of history is named. */
  readonly noHistory?: true;
  readonly part?: BundlePart;
  readonly items?: readonly Diagnosis[];
  readonly clusterError?: SourceError;
  readonly noCluster?: true;
  readonly kept?: KeptDeaths;
}

interface Told extends Said {
  readonly wishes: readonly HistoryRequest[];
  readonly requests: readonly CollectRequest[];
  readonly searched: readonly boolean[];
  /** What `record` wrote. */
  readonly written: readonly string[];
}

async function exit137(commandLine: string, world: World = {}): Promise<Told> {
  const wishes: HistoryRequest[] = [];
  const requests: CollectRequest[] = [];
  const searched: boolean[] = [];
  const written: string[] = [];
  // The death of `CONTAINER_LIMIT`, after which the container started again 17 s later, 12 min 43 s ago.
  const died = /^(?:why|kills)/.test(commandLine);
  const standard = died ? leakHistory({}, { runningMs: 763_000 }) : leakHistory();
  const history: HistorySource = {
    name: 'Prometheus at prom:9090',
    async *read(request) {
      wishes.push(request);
      if (world.historyError !== undefined) throw world.historyError;
      yield { histories: world.histories ?? [standard], gaps: [] };
    },
  };
  const source = {
    name: 'the cluster',
    collect: async (request: CollectRequest) => {
      requests.push(request);
      if (world.clusterError !== undefined) throw world.clusterError;
      return world.part ?? { pods: [] };
    },
  };
  const wiring: Wiring = {
    files: async () => source,
    cluster: async () => source,
    hasCluster: async () => world.noCluster !== true,
    probe: () => Promise.reject(new SourceError('bad-config', 'no kubeconfig was found')),
    deathFeed: () => Promise.reject(new SourceError('bad-config', 'no kubeconfig was found')),
    collector: () => Promise.reject(new SourceError('bad-config', 'no kubeconfig was found')),
    sink: async (path) => ({
      write: async (_, text) => {
        written.push(text);
        return { path, bytes: text.length };
      },
    }),
    memorySources: async (_flags, { search }) => {
      searched.push(search);
      return {
        histories: world.noHistory === true ? [] : [history],
        ...(world.kept === undefined ? {} : { kept: world.kept }),
        close: () => {},
      };
    },
    analyse: async () => analyseMemory,
    judge: async () => (parts, options) =>
      judged(parts, options, world.items ?? (died ? [CONTAINER_LIMIT] : [])),
  };
  const said = await runIn(commandLine, wiring, world);
  return { ...said, wishes, requests, searched, written };
}

/** Gives each item its story, as the real judgement does. */
function judged(_parts: readonly BundlePart[], { stories }: JudgeOptions, items: readonly Diagnosis[]) {
  const told = items.map((item) => {
    const story = stories?.(item);
    if (story === undefined) return item;
    return {
      ...item,
      memory: story.analysis,
      ...(story.line === undefined ? {} : { memoryLine: story.line }),
    };
  });
  return reportOf(...told);
}

const schema = new Ajv2020({ strict: false }).compile(
  JSON.parse(readFileSync(join(PACKAGE_ROOT, 'docs/format/v1.schema.json'), 'utf8')) as object,
);

function followsSchema(text: string): { readonly items: readonly Record<string, unknown>[] } {
  const value = JSON.parse(text) as { items: readonly Record<string, unknown>[] };
  expect(schema(value), JSON.stringify(schema.errors?.slice(0, 3))).toBe(true);
  return value;
}

const ESCAPES = /[\u001b\u0080-\u009f\u202e\u200b]/;

function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}

/** Of the time axis. */
function drawing(text: string): number {
  return text.split('\n').find((line) => line.includes('└'))?.length ?? 0;
}

describe('history', () => {
  it('answers in one sentence, then draws, lists and foretells', async () => {
    const { status, stdout, stderr } = await exit137('history checkout-api -n shop');
    expect(status).toBe(0);
    expect(stderr).toBe('');
    // 30 MiB an hour from 212 to 512 MiB, five lives, the last at 332 MiB with six hours to go: by construction.
    expect(stdout).toMatch(/^Memory leak, (?:likely|certain)\. .*\+30(?:\.\d)? MiB\/h/);
    // The time before the first sample is not shown: 44 h 20 min of lives and 2 % of room before them.
    expect(stdout).toMatch(
      /^shop\/deploy\/checkout-api, container api, 1 pod: 1 d 21 h up to 03:20 UTC, [45] kills\. From prometheus\.$/m,
    );
    expect(stdout).toMatch(/━ limit 512 MiB ╌ request 384 MiB/);
    expect(stdout).toMatch(/^ {2}Lives {5}POD/m);
    expect(stdout).toMatch(/332 MiB +512 MiB +runs/);
  });

  it('is as wide as the terminal, 80 columns where there is none', async () => {
    expect(drawing((await exit137('history checkout-api')).stdout)).toBe(80);
    for (const columns of [80, 100, 140]) {
      const { stdout } = await exit137('history checkout-api', {
        terminal: { columns },
        env: { NO_COLOR: '1' },
      });
      expect(drawing(stdout)).toBe(columns);
      expect(widest(stdout)).toBeLessThanOrEqual(columns);
    }
  });

  it('speaks ASCII where the locale does, and colours only a terminal', async () => {
    const { stdout } = await exit137('history checkout-api', { env: { LC_ALL: 'C' } });
    // oxlint-disable-next-line no-control-regex
    expect(stdout).toMatch(/^[\u0000-\u007f]*$/);
    expect(stdout).toMatch(/= limit 512 MiB - request 384 MiB X killed at its limit/);
    const coloured = await exit137('history checkout-api', { terminal: { columns: 80 } });
    expect(coloured.stdout).toMatch(/\u001b\[34m/);
    const plain = await exit137('history checkout-api', {
      terminal: { columns: 80 },
      env: { NO_COLOR: '1' },
    });
    expect(plain.stdout).not.toMatch(/\u001b/);
  });

  it('asks for a week, or what --since says, of the pods that the evidence names', async () => {
    const part: BundlePart = { pods: [podWith({}, { name: LEAKING_POD })] };
    const { wishes } = await exit137('history checkout-api -n shop --since 24h -c api --traffic up', {
      part,
      items: [CONTAINER_LIMIT],
    });
    expect(wishes).toHaveLength(1);
    expect(wishes[0]).toMatchObject({
      namespace: 'shop',
      workload: { kind: 'Deployment', name: 'checkout-api' },
      pods: [LEAKING_POD],
      container: 'api',
      fromMs: NOW_MS - 24 * HOUR_MS,
      toMs: NOW_MS,
      depth: 'analysis',
      trafficQuery: 'up',
    });
  });

  it('needs no cluster where a history is named', async () => {
    const { status, requests, stdout } = await exit137('history checkout-api', { noCluster: true });
    expect([status, requests.length]).toEqual([0, 0]);
    expect(stdout).toMatch(/^Memory leak/);
  });

  it('survives a cluster that fails, and says so', async () => {
    const clusterError = new SourceError('unreachable', 'connection refused');
    const { status, stderr } = await exit137('history checkout-api', { clusterError });
    expect(status).toBe(0);
    expect(stderr).toMatch(/^Not read: the cluster: connection refused/m);
  });

  it.each<[string, string, World, readonly [status: number, stderr: RegExp]]>([
    [
      'no source at all',
      'history checkout-api',
      { noHistory: true },
      [
        4,
        /^exit137: No memory over time of "checkout-api": no history is at hand\.\nFix: name a Prometheus \(--prometheus URL\), keep a history \(exit137 collect --history FILE\), or read files with -f\.\n$/,
      ],
    ],
    [
      'a source that fails',
      'history checkout-api',
      { historyError: new SourceError('unreachable', 'connection refused') },
      [4, /: Prometheus at prom:9090 \(connection refused\)\.\nFix: Check the address/],
    ],
    [
      'a source that knows nothing of it',
      'history cart',
      { histories: [] },
      [4, /the history holds nothing of it/],
    ],
    [
      'a target that is not there',
      'history cart -n shop',
      { histories: [], clusterError: new SourceError('not-found', 'pod cart is not in namespace shop') },
      [3, /pod cart is not in namespace shop/],
    ],
    ['a form that it has not', 'history cart -o md', {}, [2, /history has no md form/]],
  ])('%s', async (_name, commandLine, world, [status, stderr]) => {
    const told = await exit137(commandLine, world);
    expect(told.status).toBe(status);
    expect(told.stdout).toBe('');
    expect(told.stderr).toMatch(stderr);
  });

  it('gives every sample as CSV', async () => {
    const { stdout } = await exit137('history checkout-api -o csv');
    const lines = stdout.trimEnd().split('\r\n');
    expect(lines[0]).toBe(
      'at,namespace,workload,pod,container,workingSetBytes,rssBytes,cacheBytes,shmemBytes,usageBytes,peakBytes,restarts,limitBytes,requestBytes,trafficPerSecond',
    );
    const samples = leakHistory().workingSet?.timesMs.length ?? 0;
    expect(lines).toHaveLength(samples + 1);
    // The last sample is four hours after the last start: 212 + 4 * 30 MiB; RSS is 10 MiB below.
    expect(lines.at(-1)).toBe(
      `2025-11-20T03:20:41Z,shop,Deployment/checkout-api,${LEAKING_POD},api,${332 * MIB},${322 * MIB},,,,,4,${512 * MIB},${384 * MIB},`,
    );
  });

  it('follows the schema as JSON', async () => {
    const { items } = followsSchema((await exit137('history checkout-api -o json')).stdout);
    expect(items[0]).toMatchObject({ namespace: 'shop', container: 'api', memory: { shape: 'leak' } });
  });

  it('cleans names that would move a cursor', async () => {
    const hostile = leakHistory({
      workload: { kind: 'Deployment', name: 'checkout-api' },
      source: 'prom\u001b[2Jetheus',
      container: 'api\u202e\u009b31m',
      notes: ['3 samples\u001b]0;owned\u0007 dropped'],
    });
    for (const output of ['text', 'wide', 'csv']) {
      const { stdout } = await exit137(`history checkout-api -o ${output}`, { histories: [hostile] });
      expect(stdout).not.toMatch(ESCAPES);
      expect(stdout.length).toBeGreaterThan(100);
    }
  });
});

function podWith(status: object, over: Partial<PodEvidence> = {}): PodEvidence {
  return {
    id: `pod/${over.name ?? 'p'}`,
    origin: 'api',
    source: 'pods',
    namespace: 'shop',
    name: 'calm-0',
    phase: 'Running',
    conditions: [],
    memoryVolumes: [],
    containers: [
      {
        name: 'api',
        role: 'main',
        environment: [],
        requests: { memoryBytes: 384 * MIB },
        limits: { memoryBytes: 512 * MIB },
        status: { restartCount: 26, ...status },
      },
    ],
    ...over,
  };
}

const TOP_PART: BundlePart = {
  pods: [
    podWith({}, { name: LEAKING_POD, nodeName: 'n1' }),
    podWith({}, { name: 'web-0' }),
    podWith(
      {},
      {
        name: 'free-0',
        containers: [{ name: 'api', role: 'main', environment: [], requests: {}, limits: {} }],
      },
    ),
    podWith({}, { name: 'blind-0' }),
    podWith({}, { name: 'done-0', phase: 'Succeeded' }),
  ],
  samples: [
    {
      id: '1',
      source: 'metrics',
      namespace: 'shop',
      pod: LEAKING_POD,
      container: 'api',
      atMs: NOW_MS - 9000,
      workingSetBytes: 256 * MIB,
    },
    {
      id: '2',
      source: 'metrics',
      namespace: 'shop',
      pod: 'web-0',
      container: 'api',
      atMs: NOW_MS,
      workingSetBytes: 480 * MIB,
    },
    {
      id: '3',
      source: 'metrics',
      namespace: 'shop',
      pod: 'free-0',
      container: 'api',
      atMs: NOW_MS,
      workingSetBytes: 900 * MIB,
    },
  ],
};

describe('top', () => {
  it('lists what uses most of its limit and what was killed, worst first', async () => {
    const { block } = await exit137('top -n shop', {
      part: TOP_PART,
      items: [CONTAINER_LIMIT],
      noHistory: true,
    });
    // 480 of 512 is 93.75 %, 256 of 512 is 50 %.
    expect(block).toBe(`\
0
4 containers in shop: 1 killed for memory, 1 at 90 % of its limit or above, 1 without a limit, 1 not
measured.
POD                           CONTAINER   USES  REQUEST  LIMIT  %LIMIT  PEAK  KILLS
checkout-api-6c9f7d5b8-x2kqp  api        256Mi    384Mi  512Mi     50%     -      1
web-0                         api        480Mi    384Mi  512Mi     94%     -      -
free-0                        api        900Mi        -      -       -     -      -
blind-0                       api            -    384Mi  512Mi       -     -      -
Over time: exit137 history shop/checkout-api-6c9f7d5b8-x2kqp.
--
`);
  });

  it('takes peak and kills from a history', async () => {
    const { stdout, wishes } = await exit137('top -n shop -o csv', { part: TOP_PART });
    expect(wishes[0]).toMatchObject({ namespace: 'shop', depth: 'memory', fromMs: NOW_MS - 24 * HOUR_MS });
    // The last sample before a kill is one step of five minutes, 2.5 MiB, below 512 MiB.
    expect(stdout).toContain(
      `${LEAKING_POD},api,n1,${256 * MIB},${384 * MIB},${512 * MIB},${Math.round(509.5 * MIB)},`,
    );
  });

  it('lives on a history alone', async () => {
    const { stdout, status } = await exit137('top', { noCluster: true });
    expect(status).toBe(0);
    expect(stdout).toMatch(/checkout-api-6c9f7d5b8-x2kqp +api +332Mi +384Mi +512Mi +65%/);
  });

  it.each([
    ['uses', ['free-0', 'web-0', LEAKING_POD, 'blind-0']],
    ['limit', ['web-0', LEAKING_POD, 'free-0', 'blind-0']],
    ['name', ['blind-0', LEAKING_POD, 'free-0', 'web-0']],
  ])('--sort %s', async (by, pods) => {
    const { stdout } = await exit137(`top -n shop --sort ${by} -o csv --no-headers`, {
      part: TOP_PART,
      noHistory: true,
    });
    expect(
      stdout
        .trimEnd()
        .split('\r\n')
        .map((line) => line.split(',')[2]),
    ).toEqual(pods);
  });

  it('narrows to a target and a container', async () => {
    const { stdout } = await exit137('top checkout-api -n shop -c api -o csv --no-headers', {
      part: TOP_PART,
      noHistory: true,
    });
    expect(stdout.trimEnd().split('\r\n')).toHaveLength(1);
    expect(
      (await exit137('top -n shop -c proxy -o csv --no-headers', { part: TOP_PART, noHistory: true })).stdout,
    ).toBe('');
  });

  it('does not search for a Prometheus by itself', async () => {
    expect((await exit137('top', { part: TOP_PART })).searched).toEqual([false]);
    expect((await exit137('history x', { part: TOP_PART, histories: [] })).searched).toEqual([true]);
  });

  it('follows the schema, and has a form for each output', async () => {
    followsSchema((await exit137('top -n shop -o json', { part: TOP_PART })).stdout);
    const wide = await exit137('top -n shop -o wide', { part: TOP_PART, noHistory: true });
    expect(wide.stdout).toMatch(/%REQUEST +LAST KILL +RESTARTS +WORKLOAD +NODE +MEASURED/);
    const md = await exit137('top -n shop -o md', { part: TOP_PART, noHistory: true });
    expect(md.stdout).toContain('| shop/web-0 | api | 480 MiB | 384 MiB | 512 MiB | 94% | - | 0 |');
  });

  it('fails as a question without an answer', async () => {
    const clusterError = new SourceError('unreachable', 'connection refused');
    const { status, stderr } = await exit137('top', { clusterError, noHistory: true });
    expect([status, stderr.split('\n')[0]]).toEqual([
      4,
      'exit137: Cannot read the cluster: connection refused.',
    ]);
  });
});

describe('forecast', () => {
  it('names what is killed next, and stays quiet about the healthy', async () => {
    const { status, stdout } = await exit137('forecast -n shop', {
      histories: [leakHistory(), calmHistory()],
    });
    expect(status).toBe(0);
    // Six hours to the limit at 30 MiB an hour: about 09:20, anywhere inside the day.
    expect(stdout).toMatch(/^1 kill forecast within 1 d: 2 containers looked at\. Times in UTC\.$/m);
    expect(stdout).toMatch(
      /^(?:0[4-9]|1\d|2[0-3]):\d\d .*shop\/checkout-api pod x2kqp +memory leak, 180 MiB left at \+30(?:\.\d)? MiB\/h$/m,
    );
    expect(stdout).not.toMatch(/calm/);
  });

  it('says that nothing is forecast, and what was looked at', async () => {
    const { stdout } = await exit137('forecast -n shop', { histories: [calmHistory()] });
    expect(stdout).toBe('No kill is forecast within 1 d: 1 container looked at.\n');
  });

  it('tells the next one beyond the time asked for', async () => {
    const { stdout } = await exit137('forecast -n shop --within 10m');
    expect(stdout).toMatch(
      /^No kill is forecast within 10 min: 1 container looked at\.\nNext after that: shop\/checkout-api pod x2kqp, \d\d:\d\d UTC\.\n$/,
    );
  });

  it('looks cheaply at all, closely at what grows', async () => {
    const { wishes } = await exit137('forecast -n shop', { histories: [leakHistory(), calmHistory()] });
    expect(wishes.map(({ depth }) => depth)).toEqual(['memory', 'analysis']);
    expect(wishes[1]).toMatchObject({ pods: [LEAKING_POD], container: 'api' });
  });

  it('looks again at a shorter distance where most is too young for a week', async () => {
    // Eight samples at five minutes; a judgement needs 30.
    const fromMs = NOW_MS - 40 * MINUTE_MS;
    const timesMs = Array.from({ length: 8 }, (_, index) => fromMs + index * 5 * MINUTE_MS);
    const { workingSet: _workingSet, rss: _rss, ...rest } = calmHistory();
    const young = { ...rest, fromMs, workingSet: { timesMs, values: timesMs.map(() => 100 * MIB) } };
    const { stdout, wishes } = await exit137('forecast -n shop', { histories: [young] });
    expect(wishes.map(({ stepMs }) => stepMs)).toEqual([5 * MINUTE_MS, 15_000]);
    // It has no more than that: the first answer stays.
    expect(stdout).toBe(
      'No kill is forecast within 1 d: 1 container looked at, 1 of them too young to say.\n',
    );
  });

  it('follows the schema, and gives CSV', async () => {
    const { items } = followsSchema((await exit137('forecast -n shop -o json')).stdout);
    expect(items[0]).toMatchObject({ kind: 'container', shape: 'leak', usedBytes: 332 * MIB });
    const { stdout } = await exit137('forecast -n shop -o csv');
    expect(stdout.split('\r\n')[0]).toBe(
      'at,earliestAt,latestAt,kind,namespace,workload,pod,container,node,shape,state,usedBytes,limitBytes,growthBytesPerHour,basis',
    );
  });

  it('cannot forecast from nothing', async () => {
    const { status, stderr } = await exit137('forecast', { noHistory: true });
    expect(status).toBe(4);
    expect(stderr).toMatch(/^exit137: No memory over time to forecast from: no history is at hand\./);
  });
});

describe('forecast of nodes', () => {
  const node = {
    id: 'n',
    source: 'nodes',
    name: 'ip-10-3-41-7',
    allocatableMemoryBytes: 600 * MIB,
    conditions: [],
    taints: [],
  };
  // Climbs by 40 MiB a day for a week to 380 MiB, without any limit of its own.
  const fills = calmHistory();
  const climbing: ContainerHistory = {
    ...fills,
    limit: [],
    workingSet: {
      timesMs: fills.workingSet?.timesMs ?? [],
      values: (fills.workingSet?.timesMs ?? []).map(
        (atMs, index) => 100 * MIB + ((atMs - fills.fromMs) / (24 * HOUR_MS)) * 40 * MIB + (index % 7) * 1024,
      ),
    },
  };

  it('holds all containers of a node against what it may give to pods', async () => {
    // 220 MiB are left at 40 MiB a day: five and a half days.
    const { stdout } = await exit137('forecast -A --within 30d', {
      part: { nodes: [node] },
      histories: [climbing],
    });
    expect(stdout).toMatch(/node ip-10-3-41-7 +\S.*220 MiB left at \+(?:1\.[67]|40(?:\.\d)?) MiB\/(?:h|day)/);
  });

  it('says nothing of nodes where one namespace was read', async () => {
    const { stdout } = await exit137('forecast -n shop --within 30d', {
      part: { nodes: [node] },
      histories: [climbing],
    });
    expect(stdout).not.toMatch(/ip-10-3-41-7/);
  });
});

describe('record', () => {
  it('keeps the history of the target beside the rest', async () => {
    const { status, stdout, written } = await exit137('record checkout-api -n shop --out death.json');
    expect(status).toBe(0);
    expect(stdout).toMatch(/1 memory histor/);
    const bundle = JSON.parse(written.join('')) as { histories: readonly ContainerHistory[] };
    expect(bundle.histories.map(({ pod }) => pod)).toEqual([LEAKING_POD]);
  });
});

describe('why with a history', () => {
  it('says how memory got there right below who killed', async () => {
    const { stdout } = await exit137('why checkout-api -n shop');
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^Container memory limit, certain: /);
    expect(stdout).toMatch(/\nMemory leak, (?:likely|certain)\. /);
    expect(stdout).toMatch(
      /^ {2}memory {4}[▁▂▃▄▅▆▇█✖ ]{32} {2}212 MiB to 510 MiB in 1 d 16 h, \+30(?:\.\d)? MiB\/h$/m,
    );
    expect(stdout).toMatch(/Next kill about/);
  });

  it('is as it was where no history is named', async () => {
    const without = await exit137('why checkout-api -n shop', { noHistory: true });
    expect(without.wishes).toEqual([]);
    expect(without.searched).toEqual([false]);
    expect(without.stdout).not.toMatch(/Memory leak|Ahead|Shape/);
  });

  it('keeps the verdict where the history fails', async () => {
    const historyError = new SourceError('timeout', 'no answer within 10 s');
    const failed = await exit137('why checkout-api -n shop', { historyError });
    const without = await exit137('why checkout-api -n shop', { noHistory: true });
    expect([failed.status, failed.stdout]).toEqual([0, without.stdout]);
    expect(failed.stderr).toMatch(
      /Not read: memory over time from Prometheus at prom:9090 \(no answer within 10 s\): A leak/,
    );
  });

  it('asks nothing for deaths that are not about memory', async () => {
    const probe: Diagnosis = {
      ...CONTAINER_LIMIT,
      verdict: { ...CONTAINER_LIMIT.verdict, code: 'L4', memory: 'none' },
    };
    expect((await exit137('why checkout-api', { items: [probe] })).wishes).toEqual([]);
  });

  it('carries the analysis in JSON', async () => {
    const { items } = followsSchema((await exit137('why checkout-api -o json')).stdout);
    expect(items[0]).toMatchObject({ memory: { shape: 'leak', forecast: { basis: expect.any(String) } } });
    expect(items[0]).not.toHaveProperty('memoryLine');
  });

  it('takes what a bundle carries', async () => {
    const part: BundlePart = { pods: [], histories: [leakHistory({}, { runningMs: 763_000 })] };
    const { stdout, wishes } = await exit137('why checkout-api -n shop -f bundle.json', {
      part,
      noHistory: true,
    });
    expect(wishes).toEqual([]);
    expect(stdout).toMatch(/^Memory leak/m);
  });

  it('lists causes and the next kill', async () => {
    const { stdout } = await exit137('kills -n shop');
    expect(stdout).toMatch(/KILLS +WORKLOAD +CAUSE +SURE +LAST +NEXT +FIX/);
    expect(stdout).toMatch(/1 +shop\/checkout-api +memory leak +certain +13m +\d\d:\d\d UTC/);
  });
});

function kept(error?: SourceError): KeptDeaths {
  return {
    async *deaths() {
      if (error !== undefined) throw error;
      const bundle = { kind: 'EvidenceBundle' } as never;
      yield { name: 'a', atMs: NOW_MS, namespace: 'shop', pod: LEAKING_POD, container: 'api', bundle };
      yield { name: 'b', atMs: NOW_MS, namespace: 'shop', pod: LEAKING_POD };
    },
  };
}

describe('deaths kept by a collector', () => {
  const old: Diagnosis = { ...CONTAINER_LIMIT, id: 'older', atMs: NOW_MS - 50 * HOUR_MS };
  it('are listed beside those the cluster still shows, each once', async () => {
    const { stdout, stderr } = await exit137('kills -n shop --list -o csv --no-headers', {
      items: [CONTAINER_LIMIT, old],
      kept: kept(),
      noHistory: true,
    });
    expect(stdout.trimEnd().split('\r\n')).toHaveLength(2);
    expect(stderr).toMatch(/1 deaths? kept in the history: what was kept of them cannot be read any more/);
  });

  it('answer where the cluster does not', async () => {
    const clusterError = new SourceError('unreachable', 'connection refused');
    const { status, stdout } = await exit137('why checkout-api -n shop', {
      clusterError,
      kept: kept(),
      noHistory: true,
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Container memory limit/);
  });

  it('cost nothing where they cannot be read', async () => {
    const broken = kept(new SourceError('unreadable', 'history.db is not a history of exit137'));
    const { status, stderr } = await exit137('kills -n shop', { kept: broken, noHistory: true });
    expect(status).toBe(0);
    expect(stderr).toMatch(/Not read: deaths kept in the history: .*history\.db is not a history/);
  });
});

describe('flags for a Prometheus', () => {
  it.each([
    ['a password in the address', 'why x --prometheus https://me:secret@prom', /holds a user or a password/],
    ['no address', 'why x --prometheus prom:9090', /--prometheus cannot be "prom:9090"/],
    [
      'a token on the command line',
      'history x --prometheus-header Authorization:Bearer',
      /must not carry Authorization/,
    ],
    ['a password without a scheme', 'why x --prometheus me:secret@prom:9090', /holds a user or a password/],
    ['a header without a value', 'top --prometheus-header X-Team', /--prometheus-header needs a name/],
    [
      'a header of two lines',
      'top --prometheus-header X-Team:a\rX-B:secret',
      /--prometheus-header needs a name/,
    ],
    ['a tenant that is no word', 'top --tenant a\u0000secret', /--tenant cannot be sent/],
    ['a password without a user', 'forecast --prometheus-password-file p', /needs --prometheus-user/],
  ])('%s', async (_name, commandLine, stderr) => {
    const told = await exit137(commandLine);
    expect(told.status).toBe(2);
    expect(told.stderr).toMatch(stderr);
    expect(told.stderr).not.toMatch(/secret/);
  });
});

describe('collect', () => {
  it.each([
    ['no file', 'collect', /collect needs --history/],
    ['a target', 'collect shop/cart --history h.db', /collect takes no TARGET/],
    ['files', 'collect --history h.db -f pods.json', /files do not change/],
    ['too often', 'collect --history h.db --every 1s', /--every cannot be shorter than 5s/],
    ['no size', 'collect --history h.db --max-size much', /Write it like 500Mi or 10Gi/],
    ['too little room', 'collect --history h.db --max-size 500', /At least 16Mi/],
    ['a form that it has not', 'collect --history h.db -o csv', /collect has no csv form/],
  ])('%s is a mistake', async (_name, commandLine, stderr) => {
    const told = await exit137(commandLine);
    expect([told.status, told.stdout]).toEqual([2, '']);
    expect(told.stderr).toMatch(stderr);
  });

  it('says why it cannot begin', async () => {
    const told = await exit137('collect --history h.db');
    expect(told.block).toBe(
      '4\n--\nexit137: Cannot collect: no kubeconfig was found\nFix: check --kubeconfig, KUBECONFIG and --context.\n',
    );
  });
});
