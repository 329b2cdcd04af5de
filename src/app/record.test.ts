import { describe, expect, it } from 'vitest';
import type { BundlePart } from '../core/model/bundle.ts';
import type { PodEvidence } from '../core/model/kubernetes.ts';
import type { CollectRequest, EvidenceSource } from './ports.ts';
import { SourceError } from './ports.ts';
import {
  deathName,
  podsOfTarget,
  record,
  recordDeaths,
  type BundleSink,
  type DeathFeed,
  type DeathNotice,
} from './record.ts';

function pod(name: string, over: Partial<PodEvidence> = {}): PodEvidence {
  return {
    id: `pod:${name}`,
    origin: 'api',
    source: 'pods',
    namespace: 'shop',
    name,
    uid: `uid-${name}-long`,
    conditions: [],
    memoryVolumes: [],
    containers: [],
    ...over,
  };
}

function request(signal = new AbortController().signal): CollectRequest {
  return {
    target: { kind: 'newest' },
    scope: { allNamespaces: false },
    depth: 'why',
    nodeAccess: false,
    logLines: 5,
    signal,
  };
}

function source(name: string, answer: () => Promise<BundlePart>): EvidenceSource {
  return { name, collect: answer };
}

function memorySink(): BundleSink & { readonly written: { name: string; text: string }[] } {
  const written: { name: string; text: string }[] = [];
  return {
    written,
    write: (name, text) => {
      written.push({ name, text });
      return Promise.resolve({ path: `/out/${name}`, bytes: text.length });
    },
  };
}

describe('record', () => {
  it('writes one bundle of all sources and says what it holds', async () => {
    const sink = memorySink();
    const tail = {
      id: 'l',
      source: 'logs',
      namespace: 'shop',
      pod: 'a',
      container: 'app',
      previous: true,
      lines: ['x', 'token=[redacted]'],
      truncated: false,
    };
    const sources = [
      source('cluster', () => Promise.resolve({ collectedAtMs: 500, pods: [pod('a')], logTails: [tail] })),
      source('file', () => Promise.reject(new SourceError('unreadable', 'no such file'))),
    ];
    const { recorded, failures } = await record({
      sources,
      request: request(),
      sink,
      name: 'death',
      now: () => 900,
    });
    expect(failures).toHaveLength(1);
    expect(recorded?.summary).toMatchObject({
      redactions: 1,
      logLines: 2,
      bytes: sink.written[0]?.text.length,
    });
    expect(recorded?.summary.counts).toEqual([
      { what: 'pods', count: 1 },
      { what: 'container logs', count: 1 },
      { what: 'gaps', count: 1 },
    ]);
    const bundle = JSON.parse(sink.written[0]?.text ?? '') as Record<string, unknown>;
    expect(bundle).toMatchObject({
      apiVersion: 'exit137/v1',
      kind: 'EvidenceBundle',
      bundleVersion: 1,
      collectedAtMs: 500,
    });
  });

  it('writes nothing when there is nothing', async () => {
    const sink = memorySink();
    const sources = [source('cluster', () => Promise.reject(new SourceError('unreachable', 'down')))];
    const { recorded, failures } = await record({
      sources,
      request: request(),
      sink,
      name: 'death',
      now: () => 0,
    });
    expect(recorded).toBeUndefined();
    expect(failures[0]?.error.code).toBe('unreachable');
    expect(sink.written).toEqual([]);
  });
});

describe('podsOfTarget', () => {
  const rs = pod('web-6f-x', {
    owner: { kind: 'ReplicaSet', name: 'web-6f' },
    labels: { 'pod-template-hash': '6f' },
  });
  const sts = pod('db-0', { owner: { kind: 'StatefulSet', name: 'db' } });
  const job = pod('nightly-29000000-x', { owner: { kind: 'Job', name: 'nightly-29000000' } });
  it.each([
    { target: 'web', kind: 'Deployment', want: ['web-6f-x'] },
    { target: 'web-6f', kind: 'ReplicaSet', want: ['web-6f-x'] },
    { target: 'db', kind: 'StatefulSet', want: ['db-0'] },
    { target: 'nightly', kind: 'CronJob', want: ['nightly-29000000-x'] },
    { target: 'night', kind: 'CronJob', want: [] },
    { target: 'db-0', kind: 'Pod', want: ['db-0'] },
    { target: 'web', kind: undefined, want: ['web-6f-x'] },
    { target: 'db-0', kind: undefined, want: ['db-0'] },
    { target: 'we', kind: undefined, want: [] },
  ])('$kind $target', ({ target, kind, want }) => {
    const wanted = podsOfTarget({
      kind: 'object',
      name: target,
      ...(kind === undefined ? {} : { objectKind: kind }),
    });
    expect([rs, sts, job].filter((p) => wanted?.(p)).map(({ name }) => name)).toEqual(want);
  });

  it('is nothing for all', () => {
    expect(podsOfTarget({ kind: 'all' })).toBeUndefined();
  });
});

function notice(name: string): DeathNotice {
  return { pod: pod(name), container: 'app', atMs: Date.parse('2026-03-01T12:00:00Z'), deleted: false };
}

function failFirst({ pod }: DeathNotice): Promise<BundlePart> {
  return pod.name === 'p0' ? Promise.reject(new SourceError('unreachable', 'down')) : Promise.resolve({});
}

function feed(deaths: number, collect: DeathFeed['collect']): DeathFeed {
  return {
    name: 'fake',
    collect,
    watch: ({ onDeath }) => {
      for (let i = 0; i < deaths; i += 1) onDeath(notice(`p${i}`));
      return Promise.resolve();
    },
  };
}

describe('recordDeaths', () => {
  it('has four collections under way at most, and drops what is beyond the queue', async () => {
    let open = 0;
    let most = 0;
    const sink = memorySink();
    const collect = async (): Promise<BundlePart> => {
      open += 1;
      most = Math.max(most, open);
      await Promise.resolve();
      open -= 1;
      return {};
    };
    // Four start at once, 24 wait to settle, 500 are queued, 8 of 536 find no room.
    const result = await recordDeaths({
      feed: feed(536, collect),
      request: request(),
      sink,
      now: () => 0,
      settleMs: 0,
    });
    expect(result).toEqual({ recorded: 528, failed: 0, dropped: 8 });
    expect(most).toBe(4);
  });

  it('looks at the next deaths while the first ones settle', async () => {
    const begun: string[] = [];
    const ten = Promise.withResolvers<void>();
    const collect = ({ pod: { name } }: DeathNotice): Promise<BundlePart> => {
      begun.push(name);
      if (begun.length === 10) ten.resolve();
      return Promise.resolve({});
    };
    const abort = new AbortController();
    const ended = recordDeaths({
      feed: feed(10, collect),
      request: request(abort.signal),
      sink: memorySink(),
      now: () => 0,
      settleMs: 60_000,
    });
    await ten.promise;
    expect(new Set(begun).size).toBe(10);
    // Ended by hand, what waits is still written.
    abort.abort();
    expect(await ended).toEqual({ recorded: 10, failed: 0, dropped: 0 });
  });

  it('keeps what was seen last even if nothing more can be read, and goes on after a failure', async () => {
    const sink = memorySink();
    const troubles: string[] = [];
    const result = await recordDeaths({
      feed: feed(2, failFirst),
      request: request(),
      sink,
      now: () => 0,
      settleMs: 0,
      onTrouble: (message) => troubles.push(message),
    });
    expect(result).toEqual({ recorded: 2, failed: 0, dropped: 0 });
    expect(sink.written.map(({ name }) => name)).toEqual([
      '2026-03-01T120000Z_shop_p0_app_uid-p0-l',
      '2026-03-01T120000Z_shop_p1_app_uid-p1-l',
    ]);
    expect(sink.written[0]?.text).toContain('"name":"p0"');
    expect(troubles).toEqual(['shop/p0: down', 'shop/p0: down']);
  });

  it('counts bundles that could not be written', async () => {
    const sink: BundleSink = { write: () => Promise.reject(new SourceError('unreadable', 'disk full')) };
    const result = await recordDeaths({
      feed: feed(1, () => Promise.resolve({})),
      request: request(),
      sink,
      now: () => 0,
      settleMs: 0,
    });
    expect(result).toEqual({ recorded: 0, failed: 1, dropped: 0 });
  });

  it('names by time, place and kind', () => {
    expect(deathName({ pod: pod('a'), deleted: true }, Date.parse('2026-03-01T12:00:00Z'))).toBe(
      '2026-03-01T120000Z_shop_a_deleted_uid-a-lo',
    );
  });
});
