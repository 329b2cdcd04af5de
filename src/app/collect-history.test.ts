import { describe, expect, it } from 'vitest';
import { MINUTE_MS, type EpochMs } from '../core/units.ts';
import type { PodEvidence } from '../core/model/kubernetes.ts';
import { startCollector, type CollectorOptions, type CollectorStatus } from './collect-history.ts';
import type { ContainerIdentity, HistoryStore, NodeAnswer, SampleSource, Tick } from './collect-ports.ts';
import { SourceError } from './ports.ts';
import type { DeathFeed, DeathFeedOptions, DeathNotice } from './record.ts';

const INTERVAL_MS = 20;

function pod(name: string, over: Partial<PodEvidence> = {}): PodEvidence {
  return {
    id: `pod:${name}`,
    origin: 'api',
    source: 'pods',
    namespace: 'shop',
    name,
    uid: `uid-${name}`,
    nodeName: 'n1',
    phase: 'Running',
    labels: { 'pod-template-hash': 'abc' },
    owner: { kind: 'ReplicaSet', name: 'web-abc' },
    conditions: [],
    memoryVolumes: [],
    containers: [
      {
        name: 'app',
        role: 'main',
        image: 'web:1',
        environment: [],
        requests: { memoryBytes: 100 },
        limits: { memoryBytes: 200 },
        status: { restartCount: 3, state: { kind: 'running', startedAtMs: 5000 } },
      },
    ],
    ...over,
  };
}

interface MemoryStore extends HistoryStore {
  readonly ticks: Tick[];
  readonly identities: ContainerIdentity[];
  readonly kept: string[];
}

function memoryStore(over: Partial<HistoryStore> = {}): MemoryStore {
  const ticks: Tick[] = [];
  const identities: ContainerIdentity[] = [];
  const kept: string[] = [];
  const places = new Map<string, number>();
  return {
    ticks,
    identities,
    kept,
    placesOf: (containers) =>
      containers.map((identity) => {
        const key = JSON.stringify(identity);
        if (!places.has(key)) {
          places.set(key, places.size + 1);
          identities.push(identity);
        }
        return places.get(key) ?? 0;
      }),
    write: (tick) => void ticks.push(tick),
    maintain: () => Promise.resolve(),
    deaths: {
      has: (name) => kept.includes(name),
      write: (name) => {
        kept.push(name);
        return Promise.resolve({ path: name, bytes: 1 });
      },
    },
    status: () => ({ path: 'memory', bytes: 0, containers: places.size, incidents: kept.length }),
    close: () => undefined,
    ...over,
  };
}

function feedOf(
  pods: readonly PodEvidence[],
  during: (options: DeathFeedOptions) => void = () => undefined,
): DeathFeed {
  return {
    name: 'feed',
    watch: async (options) => {
      for (const one of pods) options.onPod?.(one, false);
      options.onReady?.(pods.length);
      during(options);
      await new Promise<void>((resolve) => {
        if (options.signal.aborted) resolve();
        options.signal.addEventListener('abort', () => resolve());
      });
    },
    collect: () => Promise.resolve({}),
  };
}

type Read = SampleSource['read'];

function kubelets(read: Read): SampleSource {
  return { name: 'kubelets', reach: 'nodes', read };
}

function answer(readings: NodeAnswer['readings']): NodeAnswer {
  return { readings, dropped: 0 };
}

const READING = { namespace: 'shop', pod: 'web-1', container: 'app' };

interface Ran {
  readonly last: CollectorStatus;
  readonly statuses: CollectorStatus[];
  readonly troubles: string[];
}

async function run(
  over: Partial<CollectorOptions> & Pick<CollectorOptions, 'source' | 'store' | 'feed'>,
  ticks: number,
): Promise<Ran> {
  const abort = new AbortController();
  const statuses: CollectorStatus[] = [];
  const troubles: string[] = [];
  const last = await startCollector({
    intervalMs: INTERVAL_MS,
    retention: { maxAgeMs: 1e9, maxBytes: 1e9 },
    signal: abort.signal,
    now: Date.now,
    random: () => 0,
    nodeAccess: true,
    logLines: 0,
    onTrouble: (message) => troubles.push(message),
    ...over,
    onStatus: (status) => {
      statuses.push(status);
      if (statuses.length >= ticks) abort.abort();
    },
  });
  return { last, statuses, troubles };
}

/** Moves on by itself only, so that a busy machine misses no tick. */
function steadyClock(): () => EpochMs {
  let atMs = Date.UTC(2026, 0);
  return () => (atMs += 1);
}

describe('collector', () => {
  it('keeps each reading under its container, with owner, limits and starts', async () => {
    const store = memoryStore();
    const source = kubelets(() =>
      Promise.resolve(
        answer([
          { ...READING, workingSetBytes: 42, startedAtMs: 6000 },
          { ...READING, pod: 'not-watched', workingSetBytes: 1 },
        ]),
      ),
    );
    const { last } = await run({ source, store, feed: feedOf([pod('web-1')]) }, 2);
    expect(store.identities).toEqual([
      {
        namespace: 'shop',
        pod: 'web-1',
        podUid: 'uid-web-1',
        container: 'app',
        nodeName: 'n1',
        workload: { kind: 'Deployment', name: 'web' },
      },
    ]);
    expect(store.ticks[0]?.samples).toEqual([
      {
        place: 1,
        workingSetBytes: 42,
        state: { limitBytes: 200, requestBytes: 100, restarts: 3, startedAtMs: 6000, version: 'web:1' },
      },
    ]);
    expect(last).toMatchObject({
      ticks: 2,
      samples: 1,
      samplesTotal: 2,
      unknownContainers: 1,
      nodes: 1,
      pods: 1,
    });
  });

  it('says how many containers there are as pods come, change and go', async () => {
    const counts: number[] = [];
    const feed = feedOf([pod('web-1'), pod('web-2')], ({ onPod }) => {
      onPod?.(pod('web-1'), false);
      onPod?.(pod('web-1'), true);
      // The end of an older pod of that name is told late: it counts for nothing.
      onPod?.(pod('web-2', { uid: 'older' }), true);
      onPod?.(pod('web-3', { containers: [...pod('a').containers, ...pod('b').containers] }), false);
      onPod?.(pod('web-2', { phase: 'Succeeded' }), false);
    });
    const source = kubelets(() => Promise.resolve(answer([])));
    const store = memoryStore();
    await run({ source, store, feed, onContainers: (count) => counts.push(count) }, 1);
    // web-3's two containers have one name here, and so count once.
    expect(counts).toEqual([1, 2, 2, 2, 1]);
  });

  it('asks each node thoroughly once in five minutes, and tells received bytes as a rate', async () => {
    const store = memoryStore();
    const depths: string[] = [];
    // 8 ticks of 75 s: every fourth one is thorough. The clock of the test is the tick.
    let received = 1000;
    const source = kubelets(({ depth }) => {
      depths.push(depth);
      received += 300;
      return Promise.resolve(
        answer([{ ...READING, workingSetBytes: 1, ...(depth === 'full' ? { networkBytes: received } : {}) }]),
      );
    });
    let clock = 20 * 75_000;
    const now = (): EpochMs => clock;
    const abort = new AbortController();
    await startCollector({
      source: { ...source, read: (ask) => source.read(ask).finally(() => (clock += 75_000)) },
      store: {
        ...store,
        write: (tick) => {
          store.ticks.push(tick);
          if (store.ticks.length === 8) abort.abort();
        },
      },
      feed: feedOf([pod('web-1')]),
      intervalMs: 75_000,
      retention: { maxAgeMs: 1, maxBytes: 1 },
      signal: abort.signal,
      now,
      random: () => 0,
      nodeAccess: true,
      logLines: 0,
    });
    expect(depths).toEqual(['full', 'quick', 'quick', 'quick', 'full', 'quick', 'quick', 'quick']);
    const rates = store.ticks.map(({ samples }) => samples[0]?.networkBytesPerSecond);
    // 4 readings of 300 bytes each in 4 x 75 s = 4 bytes a second; the first counter has nothing before it.
    expect(rates).toEqual([undefined, undefined, undefined, undefined, 4, undefined, undefined, undefined]);
  });

  it('goes on without the nodes that fail, asks them ever less often, and says so', async () => {
    const store = memoryStore();
    const asked = new Map<string, number>();
    const source = kubelets(({ node = '' }) => {
      asked.set(node, (asked.get(node) ?? 0) + 1);
      if (node === 'n2') return Promise.reject(new SourceError('timeout', 'no answer in time'));
      return Promise.resolve(answer([{ ...READING, workingSetBytes: 1 }]));
    });
    const feed = feedOf([pod('web-1'), pod('web-2', { nodeName: 'n2' })]);
    const { last, troubles } = await run({ source, store, feed }, 10);
    expect(asked.get('n1')).toBe(10);
    // Asked at ticks 0, 1, 3 and 7: pauses of 0, 1, 3, 7 ticks.
    expect(asked.get('n2')).toBe(4);
    expect(last.failedNodes).toMatchObject([{ node: 'n2', why: 'no answer in time' }]);
    expect(troubles).toEqual(['n2: no answer in time']);
    expect(last.samples).toBe(1);
  });

  it('does not wait for a node longer than a tick', async () => {
    const store = memoryStore();
    const source = kubelets(({ node, signal }) =>
      node === 'n1'
        ? Promise.resolve(answer([{ ...READING, workingSetBytes: 1 }]))
        : new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(new SourceError('aborted', 'interrupted')));
          }),
    );
    const feed = feedOf([pod('web-1'), pod('web-2', { nodeName: 'n2' })]);
    const { last } = await run({ source, store, feed }, 3);
    expect(last.ticks).toBe(3);
    expect(last.failedNodes).toMatchObject([{ node: 'n2', why: 'no answer before the next tick' }]);
  });

  it('says which clocks are off, and uses its own', async () => {
    const store = memoryStore();
    const source = kubelets(() =>
      Promise.resolve({ ...answer([{ ...READING, workingSetBytes: 1 }]), clockAheadMs: -2 * MINUTE_MS }),
    );
    const before = Date.now();
    const { last } = await run({ source, store, feed: feedOf([pod('web-1')]) }, 1);
    expect(last.skewedNodes).toEqual([{ node: 'n1', aheadMs: -2 * MINUTE_MS }]);
    expect(store.ticks[0]?.atMs).toBeGreaterThanOrEqual(before);
  });

  it('loses a tick, not itself, where the disk is full', async () => {
    const ticks: Tick[] = [];
    let writes = 0;
    const store = memoryStore({
      write: (tick) => {
        writes += 1;
        if (writes === 2) throw new SourceError('unreadable', 'cannot use h.db: no space left');
        ticks.push(tick);
      },
    });
    const source = kubelets(() => Promise.resolve(answer([{ ...READING, workingSetBytes: 1 }])));
    const how = { source, store, feed: feedOf([pod('web-1')]), now: steadyClock() };
    const { last, troubles } = await run(how, 3);
    expect(ticks).toHaveLength(2);
    expect(last).toMatchObject({ ticks: 2, lostTicks: 1 });
    expect(troubles).toEqual(['cannot use h.db: no space left']);
  });

  it('keeps nothing while the clock is behind the history, and says so', async () => {
    const status = { path: 'm', bytes: 0, containers: 0, incidents: 0, newestAtMs: Date.UTC(2100, 0) };
    const store = memoryStore({ status: () => status });
    const source = kubelets(() => Promise.resolve(answer([{ ...READING, workingSetBytes: 1 }])));
    const how = { source, store, feed: feedOf([pod('web-1')]), now: steadyClock() };
    const { last, troubles } = await run(how, 2);
    expect(store.ticks).toEqual([]);
    expect(last.lostTicks).toBe(2);
    expect(troubles[0]).toContain('2100-01-01');
  });

  it('gives up where nothing may be read at all', async () => {
    const refused = new SourceError('forbidden', 'nodes/proxy is refused');
    const source = kubelets(() => Promise.reject(refused));
    const ran = run({ source, store: memoryStore(), feed: feedOf([pod('web-1')]) }, 1);
    await expect(ran).rejects.toBe(refused);
  });

  it('gives up where pods may not be watched', async () => {
    const refused = new SourceError('forbidden', 'pods are refused');
    const feed: DeathFeed = { ...feedOf([]), watch: () => Promise.reject(refused) };
    const source = kubelets(() => Promise.resolve(answer([])));
    await expect(run({ source, store: memoryStore(), feed }, 1)).rejects.toBe(refused);
  });

  it('keeps deaths as they happen, and those of the last hour that nobody kept', async () => {
    const died = (name: string, finishedAtMs: EpochMs): PodEvidence => {
      const plain = pod(name);
      const [app] = plain.containers;
      const lastState = { kind: 'terminated', termination: { exitCode: 137, finishedAtMs } } as const;
      return {
        ...plain,
        containers: app === undefined ? [] : [{ ...app, status: { restartCount: 1, lastState } }],
      };
    };
    const nowMs = Date.now();
    const fresh: DeathNotice = { pod: pod('web-9'), container: 'app', atMs: nowMs, deleted: false };
    const feed = feedOf(
      [
        died('recent', nowMs - 5 * MINUTE_MS),
        died('old', nowMs - 61 * MINUTE_MS),
        died('kept', nowMs - 6 * MINUTE_MS),
      ],
      (options) => options.onDeath(fresh),
    );
    const store = memoryStore();
    const at = new Date(nowMs - 6 * MINUTE_MS).toISOString().slice(0, 19).replaceAll(':', '');
    store.kept.push(`${at}Z_shop_kept_app_uid-kept`);
    const source = kubelets(() => Promise.resolve(answer([])));
    await run({ source, store, feed }, 3);
    const names = store.kept.slice(1).map((name) => name.split('_')[2]);
    expect(names.toSorted((one, other) => String(one).localeCompare(String(other)))).toEqual([
      'recent',
      'web-9',
    ]);
  });

  it('forgets pods that end, and the node with the last of them', async () => {
    const store = memoryStore();
    const feed = feedOf([pod('web-1')], (options) =>
      options.onPod?.(pod('web-1', { phase: 'Failed' }), false),
    );
    const source = kubelets(() => Promise.resolve(answer([{ ...READING, workingSetBytes: 1 }])));
    const { last } = await run({ source, store, feed }, 1);
    expect(last).toMatchObject({ pods: 0, nodes: 0, samples: 0 });
  });
});
