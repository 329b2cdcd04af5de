/** A Prometheus on loopback that knows as much PromQL as this room asks, and every way to misbehave. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Ascending; NaN is sent as such. */
  readonly samples: readonly (readonly [ms: number, value: number])[];
}

export interface FakeOptions {
  readonly series: readonly FakeSeries[];
  /** True = it has answered. Called before anything else. */
  readonly misbehave?: (request: Asked, response: ServerResponse) => boolean;
  readonly nowMs?: number;
}

export interface Asked {
  /** `query_range`, `label/pod/values`, … */
  readonly what: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly path: string;
  /** Of the expression or the match; empty for `time()`. */
  readonly metric: string;
}

export interface FakePrometheus {
  readonly url: string;
  readonly asked: Asked[];
  close(): Promise<void>;
}

const LOOKBACK_MS = 300_000;

export async function startPrometheus(options: FakeOptions): Promise<FakePrometheus> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const what = url.pathname.split('/api/v1/').at(-1) ?? '';
    const expression = url.searchParams.get('query') ?? url.searchParams.get('match[]') ?? '';
    const one: Asked = {
      what,
      query: url.searchParams,
      headers: request.headers,
      path: url.pathname,
      metric: selectorOf(expression).metric,
    };
    asked.push(one);
    if (options.misbehave?.(one, response) === true) return;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: 'success', data: dataOf(one, options) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

interface Selector {
  readonly metric: string;
  readonly wants: (labels: FakeSeries['labels']) => boolean;
}

function selectorOf(expression: string): Selector {
  const found = /([a-zA-Z_:][\w:]*)?\{((?:[^"{}]|"(?:\\.|[^"\\])*")*)\}/.exec(expression);
  const metric =
    found === null ? (/\b((?:container|kube|http|istio)_\w+)/.exec(expression)?.[1] ?? '') : (found[1] ?? '');
  const terms = [...(found?.[2] ?? '').matchAll(/(\w+)(=~|!=|=)"((?:\\.|[^"\\])*)"/g)].map(
    ([, name = '', operator = '', raw = '']) => {
      const value = raw.replace(/\\(.)/g, '$1');
      const pattern = operator === '=~' ? new RegExp(`^(?:${value})$`) : undefined;
      return (labels: FakeSeries['labels']): boolean => {
        const own = labels[name] ?? '';
        if (pattern !== undefined) return pattern.test(own);
        return operator === '=' ? own === value : own !== value;
      };
    },
  );
  return {
    metric,
    wants: (labels) =>
      (metric === '' || labels['__name__'] === metric) && terms.every((term) => term(labels)),
  };
}

function dataOf({ what, query }: Asked, options: FakeOptions): unknown {
  const expression = query.get('query') ?? query.get('match[]') ?? '';
  const selected = options.series.filter(({ labels }) => selectorOf(expression).wants(labels));
  const label = /^label\/(\w+)\/values$/.exec(what)?.[1];
  if (label !== undefined) {
    return [...new Set(selected.map(({ labels }) => labels[label]).filter((value) => value !== undefined))];
  }
  if (what === 'series') return selected.map(({ labels }) => labels);
  if (what === 'query') return instant(expression, query, { selected, nowMs: options.nowMs ?? Date.now() });
  const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(query.get(name)) * 1000);
  const result = selected.map((series) => ({
    metric: series.labels,
    values: [...instantsOf(start ?? 0, end ?? 0, step ?? 1)].flatMap((ms) => {
      const value = valueAt(expression, series, ms);
      return value === undefined ? [] : [[ms / 1000, goText(value)]];
    }),
  }));
  return { resultType: 'matrix', result: result.filter(({ values }) => values.length > 0) };
}

function* instantsOf(start: number, end: number, step: number): Generator<number> {
  for (let ms = start; ms <= end; ms += step) yield ms;
}

function instant(
  expression: string,
  query: URLSearchParams,
  about: { readonly selected: readonly FakeSeries[]; readonly nowMs: number },
): unknown {
  const ms = query.get('time') === null ? about.nowMs : Number(query.get('time')) * 1000;
  if (expression === 'time()') return { resultType: 'scalar', result: [ms / 1000, String(ms / 1000)] };
  const alive = about.selected.filter((series) => newest(series, ms, LOOKBACK_MS) !== undefined);
  const vector = (entries: readonly (readonly [FakeSeries['labels'], number])[]): unknown => ({
    resultType: 'vector',
    result: entries.map(([metric, value]) => ({ metric, value: [ms / 1000, String(value)] })),
  });
  if (expression.includes('count_over_time')) {
    const minutes = Number(/\[(\d+)m\]/.exec(expression)?.[1]);
    const counts = about.selected.map((series) => inWindow(series, ms, minutes * 60_000).length);
    return vector(counts.length === 0 ? [] : [[{}, Math.max(...counts)]]);
  }
  const by = /count by \(([\w, ]+)\)/.exec(expression)?.[1]?.split(/, ?/);
  if (by === undefined) return vector(alive.length === 0 ? [] : [[{}, alive.length]]);
  const groups = Map.groupBy(alive, ({ labels }) => by.map((name) => labels[name] ?? '').join('/'));
  const counted = [...groups.values()].map(
    (group) =>
      [Object.fromEntries(by.map((name) => [name, group[0]?.labels[name] ?? ''])), group.length] as const,
  );
  if (!expression.startsWith('max(')) return vector(counted);
  return vector(counted.length === 0 ? [] : [[{}, Math.max(...counted.map(([, count]) => count))]]);
}

function valueAt(expression: string, series: FakeSeries, ms: number): number | undefined {
  const windowMs = Number(/\[(\d+)s\]/.exec(expression)?.[1] ?? 0) * 1000;
  if (expression.includes('rate(')) {
    const within = inWindow(series, ms, windowMs);
    const [first] = within;
    const last = within.at(-1);
    if (first === undefined || last === undefined || first === last) return undefined;
    return (last[1] - first[1]) / ((last[0] - first[0]) / 1000);
  }
  if (expression.includes('max_over_time(')) {
    const within = inWindow(series, ms, windowMs).map(([, value]) => value);
    return within.length === 0 ? undefined : Math.max(...within);
  }
  return newest(series, ms, expression.includes('last_over_time(') ? windowMs : LOOKBACK_MS);
}

function inWindow(series: FakeSeries, ms: number, windowMs: number): FakeSeries['samples'] {
  return series.samples.slice(firstAfter(series.samples, ms - windowMs), firstAfter(series.samples, ms));
}

function firstAfter(samples: FakeSeries['samples'], ms: number): number {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((samples[middle]?.[0] ?? 0) <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

function newest(series: FakeSeries, ms: number, windowMs: number): number | undefined {
  return inWindow(series, ms, windowMs).at(-1)?.[1];
}

function goText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}
