import { afterEach, describe, expect, it } from 'vitest';
import { historySourceSuite, type HistoryWorld } from '../../app/history-source.suite.ts';
import type { HistoryPage, HistoryRequest } from '../../app/history-ports.ts';
import type { ContainerHistory } from '../../core/model/series.ts';
import { HOUR_MS, MIB, MINUTE_MS } from '../../core/units.ts';
import { createPrometheusSource, type PrometheusOptions } from './index.ts';
import { startPrometheus, type FakeOptions, type FakePrometheus, type FakeSeries } from './test-kit.ts';

const TO_MS = Date.UTC(2026, 0, 10);
const FROM_MS = TO_MS - 24 * HOUR_MS;
const STEP_MS = 5 * MINUTE_MS;
const WEB = ['web-7d4b9c6f5x-bbbbb', 'web-7d4b9c6f5x-ccccc', 'web-7d4b9c6f5x-ddddd'];

type Labels = Readonly<Record<string, string>>;

function every(
  labels: Labels,
  value: (ms: number) => number,
  span: { readonly fromMs?: number; readonly toMs?: number; readonly stepMs?: number } = {},
): FakeSeries {
  const samples: [number, number][] = [];
  for (let ms = span.fromMs ?? FROM_MS; ms <= (span.toMs ?? TO_MS); ms += span.stepMs ?? MINUTE_MS)
    samples.push([ms, value(ms)]);
  return { labels, samples };
}

/** A MiB a minute. */
function climb(ms: number): number {
  return ((ms - FROM_MS) / MINUTE_MS + 1) * MIB;
}

function cadvisor(name: string, pod: string, changes: Labels = {}): Labels {
  return {
    __name__: name,
    namespace: 'shop',
    pod,
    container: 'main',
    id: `/kubepods/${pod}/1`,
    image: 'registry.example/web:1',
    node: 'n1',
    ...changes,
  };
}

function state(name: string, pod: string, changes: Labels = {}): Labels {
  return { __name__: name, namespace: 'shop', pod, container: 'main', ...changes };
}

/** A Deployment of three, and a pod of nobody in another namespace. */
function cluster(): FakeSeries[] {
  const series = WEB.flatMap((pod, at) => [
    every(cadvisor('container_memory_working_set_bytes', pod), () => (100 + at) * MIB),
    every(cadvisor('container_memory_rss', pod), () => (90 + at) * MIB),
    every(cadvisor('container_start_time_seconds', pod), () => FROM_MS / 1000 - 60),
    every(
      state('kube_pod_container_resource_limits', pod, { resource: 'memory', unit: 'byte' }),
      () => 256 * MIB,
    ),
    every(state('kube_pod_container_resource_limits', pod, { resource: 'cpu', unit: 'core' }), () => 1),
    every(state('kube_pod_container_status_restarts_total', pod), () => 0),
    every(
      {
        __name__: 'kube_pod_info',
        namespace: 'shop',
        pod,
        uid: `uid-${at}`,
        node: 'n1',
        created_by_kind: 'ReplicaSet',
        created_by_name: 'web-7d4b9c6f5x',
      },
      () => 1,
    ),
  ]);
  return [
    ...series,
    every(cadvisor('container_memory_working_set_bytes', 'lonely', { namespace: 'other' }), () => 10 * MIB),
  ];
}

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Read {
  readonly pages: readonly HistoryPage[];
  readonly histories: readonly ContainerHistory[];
  readonly said: readonly string[];
  readonly server: FakePrometheus;
}

async function readFrom(
  options: Partial<FakeOptions> & { readonly source?: Partial<PrometheusOptions> },
  changes: Partial<HistoryRequest> = {},
): Promise<Read> {
  const server = await startPrometheus({ series: cluster(), nowMs: TO_MS, ...options });
  const source = await createPrometheusSource({ ...HOW, url: server.url, ...options.source });
  closers.push(
    () => source.close(),
    () => server.close(),
  );
  const pages: HistoryPage[] = [];
  for await (const page of source.read({ ...REQUEST, ...changes })) pages.push(page);
  return {
    pages,
    histories: pages.flatMap(({ histories }) => histories),
    said: pages.flatMap(({ gaps }) => gaps.map(({ what }) => what)),
    server,
  };
}

const HOW = { env: {}, version: '1.2.3', now: () => TO_MS, timeoutMs: 2000 } as const;
const REQUEST: HistoryRequest = {
  fromMs: FROM_MS,
  toMs: TO_MS,
  stepMs: STEP_MS,
  depth: 'analysis',
  signal: new AbortController().signal,
};

async function worldOf(options: Partial<FakeOptions> = {}): Promise<HistoryWorld> {
  const server = await startPrometheus({ series: cluster(), nowMs: TO_MS, ...options });
  const source = await createPrometheusSource({ ...HOW, url: server.url });
  return {
    source,
    fromMs: FROM_MS,
    toMs: TO_MS,
    stepMs: STEP_MS,
    replicas: {
      namespace: 'shop',
      workload: { kind: 'Deployment', name: 'web' },
      container: 'main',
      pods: WEB,
    },
    close: async () => {
      source.close();
      await server.close();
    },
  };
}

historySourceSuite('a Prometheus', {
  healthy: () => worldOf(),
  partial: () =>
    worldOf({
      misbehave: ({ metric, what }, response) => {
        if (metric !== 'container_memory_rss' || what !== 'query_range') return false;
        response.writeHead(400).end('{"status":"error","errorType":"bad_data","error":"no"}');
        return true;
      },
    }),
  dead: () =>
    worldOf({
      misbehave: (_, response) => {
        response.writeHead(401).end('no');
        return true;
      },
    }),
});

function only(histories: readonly ContainerHistory[], pod: string): ContainerHistory {
  const found = histories.filter((history) => history.pod === pod);
  expect(found).toHaveLength(1);
  return found[0] as ContainerHistory;
}

describe('what is read', () => {
  it('is the container as the cluster saw it', async () => {
    const { histories, said } = await readFrom({});
    const history = only(histories, WEB[1] ?? '');
    expect(history).toMatchObject({
      namespace: 'shop',
      podUid: 'uid-1',
      container: 'main',
      nodeName: 'n1',
      workload: { kind: 'Deployment', name: 'web' },
      source: 'prometheus',
      stepMs: STEP_MS,
      limit: [{ fromMs: FROM_MS, value: 256 * MIB }],
      version: [{ fromMs: FROM_MS, value: 'registry.example/web:1' }],
    });
    // A day of 5-minute steps, both ends counted.
    expect(history.workingSet?.timesMs).toHaveLength(289);
    expect(new Set(history.workingSet?.values)).toEqual(new Set([101 * MIB]));
    expect(history.rss?.values[0]).toBe(91 * MIB);
    expect(history.startedAt?.values[0]).toBe(FROM_MS - 60_000);
    expect(history.notes).toBeUndefined();
    expect(said).toEqual([]);
  });

  it('is asked for with the headers and credentials that were given', async () => {
    const { server } = await readFrom({
      source: { headers: { 'X-Scope-OrgID': 'tenant' }, basic: { username: 'u', password: 'p' } },
    });
    for (const { headers } of server.asked) {
      expect(headers['x-scope-orgid']).toBe('tenant');
      // base64 of `u:p`.
      expect(headers.authorization).toBe('Basic dTpw');
    }
  });

  it('keeps the path before the API', async () => {
    const server = await startPrometheus({ series: cluster(), nowMs: TO_MS });
    closers.push(() => server.close());
    const url = `${server.url}/prometheus/api/v1/query?x=1`;
    const source = await createPrometheusSource({ ...HOW, url });
    closers.push(() => source.close());
    for await (const page of source.read(REQUEST)) expect(page).toBeDefined();
    expect(server.asked[0]?.path).toBe('/prometheus/api/v1/label/__name__/values');
  });

  it.each([
    'http://',
    'not an address',
    'https://me:hunter2@prom',
    'me:hunter2@prom:9090',
    'https://hunter2@prom',
    'https://me:hunter2@not a host',
  ])('refuses the address %s, and does not repeat it', async (url) => {
    const refused = expect(createPrometheusSource({ ...HOW, url })).rejects;
    await refused.toMatchObject({ code: 'bad-config', message: expect.not.stringMatching(/hunter2/) });
  });

  it('asks memory only for working set, limit and restarts', async () => {
    const { server } = await readFrom({}, { depth: 'memory' });
    const metrics = new Set(
      server.asked.filter(({ what }) => what === 'query_range').map(({ metric }) => metric),
    );
    expect([...metrics].toSorted()).toEqual([
      'container_memory_working_set_bytes',
      'kube_pod_container_resource_limits',
      'kube_pod_container_status_restarts_total',
    ]);
  });

  it('never asks for more than 11,000 points a series', async () => {
    const { server, histories } = await readFrom(
      { series: cluster().filter(({ labels }) => labels['pod'] === WEB[0]) },
      { stepMs: 5000, fromMs: TO_MS - 23 * HOUR_MS },
    );
    for (const { what, query } of server.asked) {
      if (what !== 'query_range') continue;
      const points = (Number(query.get('end')) - Number(query.get('start'))) / Number(query.get('step')) + 1;
      expect(points).toBeLessThanOrEqual(11_000);
    }
    // Samples are a minute apart: a finer step would only repeat them.
    expect(histories[0]?.stepMs).toBe(MINUTE_MS);
  });
});

describe('samples that are not as they should be', () => {
  const [pod = ''] = WEB;
  const set = cadvisor('container_memory_working_set_bytes', pod);

  it('leaves gaps as gaps, and NaN and infinities out', async () => {
    const gapFrom = FROM_MS + 6 * HOUR_MS;
    const gapTo = FROM_MS + 8 * HOUR_MS;
    const series = every(set, (ms) => (ms === TO_MS ? Number.NaN : 50 * MIB));
    const holed = { ...series, samples: series.samples.filter(([ms]) => ms < gapFrom || ms > gapTo) };
    const { histories } = await readFrom({ series: [holed] });
    const times = histories[0]?.workingSet?.timesMs ?? [];
    // The server's lookback of 5 minutes reaches into the hole, no further.
    expect(times.filter((ms) => ms > gapFrom + 5 * MINUTE_MS && ms <= gapTo)).toEqual([]);
    expect(times).not.toContain(TO_MS);
    expect(times).toContain(gapTo + STEP_MS);
  });

  it('keeps the newer start where the old series runs on beside it (cAdvisor issue 2844)', async () => {
    const restartMs = FROM_MS + 12 * HOUR_MS;
    const old = every(set, () => 200 * MIB, { toMs: restartMs + 30 * MINUTE_MS });
    const fresh = every(
      { ...set, id: `/kubepods/${pod}/2`, image: 'registry.example/web:2' },
      () => 50 * MIB,
      {
        fromMs: restartMs,
      },
    );
    const { histories } = await readFrom({ series: [old, fresh] });
    const history = only(histories, pod);
    const at = (ms: number): number | undefined =>
      history.workingSet?.values[history.workingSet.timesMs.indexOf(ms)];
    expect(at(restartMs - STEP_MS)).toBe(200 * MIB);
    expect(at(restartMs)).toBe(50 * MIB);
    expect(at(restartMs + 15 * MINUTE_MS)).toBe(50 * MIB);
    expect(history.workingSet?.timesMs).toHaveLength(289);
    expect(history.notes?.join()).toContain('of an earlier start removed');
    expect(history.version).toEqual([
      { fromMs: FROM_MS, value: 'registry.example/web:1' },
      { fromMs: restartMs, value: 'registry.example/web:2' },
    ]);
  });

  it('joins two scrapers of one container at the server', async () => {
    const twice = [every({ ...set, job: 'a' }, () => 50 * MIB), every({ ...set, job: 'b' }, () => 50 * MIB)];
    const { histories, server } = await readFrom({ series: twice });
    expect(only(histories, pod).workingSet?.timesMs).toHaveLength(289);
    const ranges = server.asked.filter(({ what }) => what === 'query_range');
    expect(ranges.every(({ query }) => query.get('query')?.startsWith('max by ('))).toBe(true);
  });

  it('does not take percent for bytes', async () => {
    const rss = cadvisor('container_memory_rss', pod);
    const { histories } = await readFrom({ series: [every(set, () => 50 * MIB), every(rss, () => 93.5)] });
    const history = only(histories, pod);
    expect(history.rss).toBeUndefined();
    expect(history.notes).toEqual(['rss: values up to 93.5 cannot be bytes (a percentage?); not used']);
  });

  it('follows a limit that changed in place, and a restart, to the step', async () => {
    const changeMs = FROM_MS + 10 * HOUR_MS + 25 * MINUTE_MS;
    const limit = state('kube_pod_container_resource_limits', pod, { resource: 'memory' });
    const restarts = state('kube_pod_container_status_restarts_total', pod);
    const { histories } = await readFrom({
      series: [
        every(set, () => 50 * MIB),
        every(limit, (ms) => (ms < changeMs ? 256 : 512) * MIB),
        every(restarts, (ms) => (ms < changeMs ? 3 : 4)),
      ],
    });
    const history = only(histories, pod);
    expect(history.limit).toEqual([
      { fromMs: FROM_MS, value: 256 * MIB },
      { fromMs: changeMs, value: 512 * MIB },
    ]);
    const { timesMs = [], values = [] } = history.restarts ?? {};
    expect(timesMs[values.indexOf(4)]).toBe(changeMs);
  });

  it('tells the distance of samples of what is only minutes old', async () => {
    // Ten samples in the last ten minutes: a minute apart, not six.
    const young = every(cadvisor('container_memory_working_set_bytes', pod), () => MIB, {
      fromMs: TO_MS - 9 * MINUTE_MS,
    });
    const { histories } = await readFrom({ series: [young] }, { stepMs: 15_000, fromMs: TO_MS - HOUR_MS });
    expect(only(histories, pod).stepMs).toBe(MINUTE_MS);
  });

  it('does not hold a level that the server only repeated of a container that had ended', async () => {
    // Climbs a MiB a minute and dies; the next start comes ten minutes later. Servers repeat the last sample for five.
    const name = 'container_memory_working_set_bytes';
    const diedMs = TO_MS - 30 * MINUTE_MS;
    const { histories } = await readFrom({
      series: [
        every(cadvisor(name, pod), climb, { toMs: diedMs }),
        every(cadvisor(name, pod, { id: `/kubepods/${pod}/2` }), climb, { fromMs: diedMs + 10 * MINUTE_MS }),
      ],
    });
    const { timesMs = [] } = only(histories, pod).workingSet ?? {};
    expect(timesMs.filter((ms) => ms > diedMs && ms < diedMs + 10 * MINUTE_MS)).toEqual([]);
    expect(timesMs).toContain(diedMs);
    expect(timesMs).toContain(TO_MS);
  });

  it('says nothing of missing limits and restarts where there is no history', async () => {
    const { histories, said } = await readFrom({}, { pods: ['nobody-0'] });
    expect(histories).toEqual([]);
    expect(said).toEqual([]);
  });

  it('takes the cgroup for the limit where kube-state-metrics is not there, 0 being none', async () => {
    const spec = cadvisor('container_spec_memory_limit_bytes', pod);
    const { histories, said } = await readFrom({
      series: [every(set, () => 50 * MIB), every(spec, () => 0)],
    });
    expect(only(histories, pod).limit).toEqual([{ fromMs: FROM_MS, value: 'unlimited' }]);
    expect(said).toEqual(['restart counts over time (no kube-state-metrics)']);
  });

  it('reads labels that a scrape renamed', async () => {
    const exported = (name: string, more: Labels = {}): Labels => ({
      __name__: name,
      namespace: 'monitoring',
      pod: 'ksm',
      container: 'ksm',
      exported_namespace: 'shop',
      exported_pod: pod,
      exported_container: 'main',
      ...more,
    });
    const { histories } = await readFrom({
      series: [
        every(set, () => 50 * MIB),
        every(exported('kube_pod_container_resource_limits', { resource: 'memory' }), () => 99 * MIB),
        every(exported('kube_pod_info', { created_by_kind: 'StatefulSet', created_by_name: 'db' }), () => 1),
      ],
    });
    const history = only(histories, pod);
    expect(history.limit?.[0]?.value).toBe(99 * MIB);
    expect(history.workload).toEqual({ kind: 'StatefulSet', name: 'db' });
  });

  it('sees peaks between long steps without moving the samples', async () => {
    const spikeMs = FROM_MS + 10 * HOUR_MS + 31 * MINUTE_MS;
    const series = every(set, (ms) => (ms === spikeMs ? 400 : 50) * MIB);
    const { histories } = await readFrom({ series: [series] }, { stepMs: HOUR_MS });
    const { timesMs = [], values = [] } = only(histories, pod).workingSet ?? {};
    expect(Math.max(...values)).toBe(400 * MIB);
    // Within the step that ends at 11:00, half a step before its end; 25 plain samples and the one.
    expect(timesMs[values.indexOf(400 * MIB)]).toBe(FROM_MS + 10.5 * HOUR_MS);
    expect(timesMs).toHaveLength(26);
  });

  it('says that the clock of the server is off', async () => {
    const { said } = await readFrom({ nowMs: TO_MS + 3 * HOUR_MS });
    expect(said.join()).toContain("180 minutes ahead of this machine's");
  });
});

function answer(
  status: number,
  body: string,
  headers: Record<string, string> = {},
): NonNullable<FakeOptions['misbehave']> {
  return (_, response) => {
    response.writeHead(status, headers).end(body);
    return true;
  };
}

describe('a server that does not do well', () => {
  it('is asked again after 429, when it said', async () => {
    let refused = 0;
    const { histories } = await readFrom({
      misbehave: ({ what }, response) => {
        if (what !== 'query_range' || refused >= 2) return false;
        refused += 1;
        response.writeHead(429, { 'retry-after': '0' }).end('slow down');
        return true;
      },
    });
    expect(refused).toBe(2);
    expect(histories).toHaveLength(4);
  });

  it('is asked for less where a query was too much for it', async () => {
    const { histories, server } = await readFrom({
      misbehave: ({ what, query }, response) => {
        const expression = query.get('query') ?? '';
        const isWhole = expression.includes('="shop"') && !/pod=~?"/.test(expression);
        if (what !== 'query_range' || !isWhole) return false;
        response
          .writeHead(422)
          .end(
            '{"status":"error","errorType":"execution","error":"query processing would load too many samples"}',
          );
        return true;
      },
    });
    expect(histories).toHaveLength(4);
    expect(only(histories, WEB[2] ?? '').workingSet?.timesMs).toHaveLength(289);
    expect(server.asked.some(({ query }) => query.get('query')?.includes('pod=~"') === true)).toBe(true);
  });

  it('is asked for shorter times where one pod alone is too much', async () => {
    const { histories } = await readFrom(
      {
        misbehave: ({ what, query }, response) => {
          const span = Number(query.get('end')) - Number(query.get('start'));
          if (what !== 'query_range' || span < 7 * 3600) return false;
          response.writeHead(422).end('{"status":"error","errorType":"execution","error":"too much"}');
          return true;
        },
      },
      { namespace: 'other' },
    );
    expect(only(histories, 'lonely').workingSet?.timesMs).toHaveLength(289);
  });

  it('is not asked again for what it had no time for', async () => {
    const seen = new Map<string, number>();
    const { said } = await readFrom({
      misbehave: ({ what, query, metric }, response) => {
        if (what !== 'query_range' || metric !== 'container_memory_rss') return false;
        const key = query.toString();
        seen.set(key, (seen.get(key) ?? 0) + 1);
        response.writeHead(503).end('{"status":"error","errorType":"timeout","error":"query timed out"}');
        return true;
      },
    });
    expect(Math.max(...seen.values())).toBe(1);
    expect(said.join()).toContain('query timed out');
  });

  it.each([
    ['a login page', answer(200, '<!DOCTYPE html><html>login</html>'), 'a web page came'],
    ['another JSON', answer(200, '{"kind":"Status"}'), 'not an answer of the Prometheus API'],
    [
      'a cut answer',
      answer(200, '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{'),
      'ended early',
    ],
    [
      'an error in a 200',
      answer(200, '{"status":"error","errorType":"internal","error":"boom"}'),
      'internal: boom',
    ],
    ['a redirect to a login', answer(302, '', { location: '/login' }), 'HTTP 302'],
    ['403', answer(403, 'no'), 'HTTP 403'],
  ])('gives nothing but the reason: %s', async (_, misbehave, words) => {
    await expect(readFrom({ misbehave })).rejects.toThrow(words);
  });

  it('calls a server that never answers late, and not wrong', async () => {
    const silent = readFrom({ source: { timeoutMs: 300 }, misbehave: () => true });
    await expect(silent).rejects.toMatchObject({ code: 'timeout' });
  });

  it('says of a server without containers what is missing', async () => {
    await expect(readFrom({ series: [] })).rejects.toThrow('/metrics/cadvisor');
  });

  it('does not swallow an endless answer', async () => {
    const { said, histories } = await readFrom({
      source: { maxAnswerBytes: 200_000 },
      misbehave: ({ what, metric }, response) => {
        if (what !== 'query_range' || metric !== 'container_memory_rss') return false;
        response.writeHead(200);
        response.write('{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[');
        const timer = setInterval(() => response.write('[1,"1"],'.repeat(2000)), 1);
        response.on('close', () => clearInterval(timer));
        return true;
      },
    });
    expect(said.join()).toMatch(/rss of namespace shop \((?:the answer is larger|it holds more samples)/);
    expect(histories).toHaveLength(4);
  });

  it('waits for a slow answer, and not for one that never comes', async () => {
    const { said, histories } = await readFrom(
      {
        source: { timeoutMs: 300 },
        misbehave: ({ what, metric }) => what === 'query_range' && metric === 'container_memory_rss',
      },
      { namespace: 'other' },
    );
    expect(histories).toHaveLength(1);
    expect(said.join()).toContain('rss of namespace other');
  });

  it('stops at the bound of all answers together', async () => {
    const { pages, histories } = await readFrom({ source: { maxTotalBytes: 40_000 } });
    expect(histories.length).toBeLessThan(4);
    expect(
      pages
        .flatMap(({ gaps }) => gaps)
        .map(({ what }) => what)
        .join(),
    ).toContain('more is not asked for');
  });

  it('says once that answers are partial', async () => {
    const { said } = await readFrom({
      misbehave: ({ what }, response) => {
        if (what !== 'query_range') return false;
        response.end(
          '{"status":"success","warnings":["store-2 is away"],"data":{"resultType":"matrix","result":[]}}',
        );
        return true;
      },
    });
    expect(said.filter((what) => what.includes('store-2 is away'))).toHaveLength(1);
  });

  it('keeps at most four queries in flight', async () => {
    let open = 0;
    let most = 0;
    await readFrom({
      misbehave: (_, response) => {
        open += 1;
        most = Math.max(most, open);
        response.on('close', () => {
          open -= 1;
        });
        return false;
      },
    });
    expect(most).toBeLessThanOrEqual(4);
  });
});
