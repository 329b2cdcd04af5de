import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BundlePart } from './bundle.ts';
import type { KernelOomKill } from './kernel.ts';
import type { ContainerEvidence, EventEvidence, PodEvidence } from './kubernetes.ts';
import { mergeParts } from './merge.ts';

const base = { collectedAtMs: 1_000_000 };

function container(fields: Partial<ContainerEvidence> = {}): ContainerEvidence {
  return { name: 'app', role: 'main', environment: [], requests: {}, limits: {}, ...fields };
}

function pod(fields: Partial<PodEvidence> = {}): PodEvidence {
  return {
    id: 'pod:1',
    origin: 'api',
    source: 'pods.json',
    namespace: 'shop',
    name: 'web-0',
    conditions: [],
    memoryVolumes: [],
    containers: [],
    ...fields,
  };
}

function event(fields: Partial<EventEvidence> = {}): EventEvidence {
  return {
    id: 'event:1',
    source: 'events.json',
    namespace: 'shop',
    reason: 'Killing',
    message: 'Stopping container app',
    regarding: { kind: 'Pod', name: 'web-0', namespace: 'shop' },
    count: 1,
    ...fields,
  };
}

function kill(fields: Partial<KernelOomKill> = {}): KernelOomKill {
  return {
    id: 'kernel:1',
    source: 'dmesg',
    scope: 'memcg',
    victim: { pid: 42, comm: 'java' },
    killed: [{ pid: 42, comm: 'java' }],
    taskCgroup: { path: '/kubepods/pod1/abc', level: 'container', containerId: 'abc' },
    groupKill: false,
    processes: [],
    processCount: 0,
    pageSizeBytes: 4096,
    outcome: 'killed',
    complete: true,
    excerpt: [],
    ...fields,
  };
}

const events = (...list: readonly EventEvidence[]) => mergeParts([{ events: list }], base).events;
const kills = (...list: readonly KernelOomKill[]) => mergeParts([{ kernelKills: list }], base).kernelKills;
const pods = (...list: readonly PodEvidence[]) => mergeParts([{ pods: list }], base).pods;

describe('mergeParts on pods', () => {
  it('takes one UID for one pod and fills in what is missing', () => {
    const merged = pods(pod({ uid: 'u' }), pod({ uid: 'u', nodeName: 'n1', source: 'other.json' }));
    expect(merged).toEqual([pod({ uid: 'u', nodeName: 'n1' })]);
  });

  it('prefers the later moment of one pod', () => {
    const early = pod({ uid: 'u', containers: [container({ status: { restartCount: 1 } })] });
    const late = pod({ uid: 'u', containers: [container({ status: { restartCount: 2 } })] });
    expect(pods(late, early)).toEqual([late]);
    expect(pods(early, late)).toEqual([late]);
  });

  it('never mixes two moments in one status', () => {
    const late = pod({ uid: 'u', containers: [container({ status: { restartCount: 2 } })] });
    const early = pod({
      uid: 'u',
      containers: [container({ image: 'a:1', status: { restartCount: 1, containerId: 'old' } })],
    });
    expect(pods(late, early)[0]?.containers).toEqual([
      container({ image: 'a:1', status: { restartCount: 2 } }),
    ]);
  });

  it('prefers the API to describe, whichever comes first', () => {
    const api = pod({ uid: 'u', phase: 'Failed' });
    const text = pod({ id: 'pod:d', origin: 'describe', phase: 'Running', qosClass: 'Burstable' });
    const expected = [pod({ uid: 'u', phase: 'Failed', qosClass: 'Burstable' })];
    expect(pods(api, text)).toEqual(expected);
    expect(pods(text, api)).toEqual(expected);
  });

  it.each([
    ['other UIDs', pod({ uid: 'a' }), pod({ id: 'pod:2', uid: 'b' }), 2],
    ['other namespaces', pod(), pod({ id: 'pod:2', namespace: 'y' }), 2],
    ['another start', pod({ uid: 'a', startedAtMs: 1000 }), pod({ id: 'pod:2', startedAtMs: 60_000 }), 2],
    ['the same start', pod({ uid: 'a', startedAtMs: 1000 }), pod({ id: 'pod:2', startedAtMs: 1999 }), 1],
    ['no names', pod({ name: '', origin: 'describe' }), pod({ name: '', origin: 'describe' }), 2],
  ])('of %s', (_name, a, b, count) => {
    expect(pods(a, b)).toHaveLength(count);
  });

  it('knows an incarnation by its container', () => {
    const old = pod({
      id: 'a',
      uid: 'a',
      containers: [container({ status: { restartCount: 0, containerId: 'x' } })],
    });
    const young = pod({
      id: 'b',
      uid: 'b',
      containers: [container({ status: { restartCount: 0, containerId: 'y' } })],
    });
    const text = pod({ id: 'd', origin: 'describe', priority: 7, containers: old.containers });
    const merged = pods(old, young, text);
    expect(merged.map((one) => [one.uid, one.priority])).toEqual([
      ['a', 7],
      ['b', undefined],
    ]);
  });
});

describe('mergeParts on events', () => {
  it('keeps the greatest count and the widest span of one id', () => {
    const early = event({ firstAtMs: 10, lastAtMs: 20, count: 2 });
    const late = event({ firstAtMs: 15, lastAtMs: 90, count: 5 });
    expect(events(late, early)).toEqual([event({ firstAtMs: 10, lastAtMs: 90, count: 5 })]);
  });

  it.each([
    ['without a time', {}, 1],
    ['at nearly that time', { lastAtMs: 100_900, precisionMs: 1000 }, 1],
    ['within its precision', { lastAtMs: 150_000, precisionMs: 60_000 }, 1],
    ['at another time', { lastAtMs: 500_000, precisionMs: 60_000 }, 2],
    ['with another count', { count: 3 }, 2],
  ])('joins one that describe printed %s', (_name, fields, count) => {
    const exact = event({ lastAtMs: 100_000 });
    expect(events(event({ id: 'describe:1', ...fields }), exact)).toHaveLength(count);
  });

  it('leaves two writes of one second alone', () => {
    const at = { firstAtMs: 5, lastAtMs: 5 };
    expect(events(event(at), event({ id: 'event:2', ...at }))).toHaveLength(2);
  });
});

describe('mergeParts on kernel reports', () => {
  const elsewhere = { path: '/kubepods/pod1/def', level: 'container', containerId: 'def' } as const;

  it.each([
    ['the same', {}, 1],
    ['one without a time', { atMs: undefined }, 1],
    ['one stamped 1.5 s later', { atMs: 11_500 }, 1],
    ['one stamped 3 s later', { atMs: 13_000 }, 2],
    ['another pid', { victim: { pid: 43, comm: 'java' }, killed: [] }, 2],
    ['another container', { taskCgroup: elsewhere }, 2],
    ['another node', { nodeName: 'n2' }, 2],
    ['another program of that pid', { victim: { pid: 42, comm: 'go' }, killed: [] }, 2],
  ])('finds %s', (_name, fields, count) => {
    const { atMs, ...rest } = { atMs: 10_000, ...fields } as { atMs?: number };
    const second = kill({
      id: 'kernel:2',
      source: 'journal',
      ...rest,
      ...(atMs === undefined ? {} : { atMs }),
    });
    expect(kills(kill({ atMs: 10_000, nodeName: 'n1' }), second)).toHaveLength(count);
  });

  it('needs a time where the cgroup is missing', () => {
    const { taskCgroup: _cgroup, ...bare } = kill({ id: 'kernel:2', source: 'event', complete: false });
    expect(kills(kill(), bare)).toHaveLength(2);
    expect(kills(kill({ atMs: 5000 }), { ...bare, atMs: 5500 })).toHaveLength(1);
  });

  it('keeps the complete report and adds what the other knows', () => {
    const cut = kill({ id: 'kernel:2', complete: false, scope: 'unknown', nodeName: 'n1' });
    expect(kills(cut, kill())).toEqual([kill({ nodeName: 'n1' })]);
  });
});

describe('mergeParts', () => {
  it('joins a kubelet configuration to its node', () => {
    const node = { id: 'node:n', source: 'a', name: 'n', taints: [], kernelVersion: '6.8' };
    const ready = { type: 'Ready', status: 'True' };
    const config = { singleProcessOomKill: true };
    const merged = mergeParts(
      [
        { nodes: [{ ...node, conditions: [ready] }] },
        {
          nodes: [
            { id: 'node:n', source: 'b', name: 'n', taints: [], conditions: [], kubeletConfig: config },
          ],
        },
      ],
      base,
    );
    expect(merged.nodes).toEqual([{ ...node, conditions: [ready], kubeletConfig: config }]);
  });

  it('keeps the longer of two tails and one of two equal coverages', () => {
    const tail = {
      id: 't',
      source: 's',
      namespace: 'shop',
      pod: 'web-0',
      container: 'app',
      previous: true,
      truncated: false,
    };
    const coverage = { source: 's', oldestAtMs: 5 };
    const merged = mergeParts(
      [
        { logTails: [{ ...tail, lines: ['a'] }], eventCoverage: [coverage] },
        { logTails: [{ ...tail, lines: ['a', 'b'] }], eventCoverage: [coverage] },
      ],
      base,
    );
    expect(merged.logTails.map((one) => one.lines)).toEqual([['a', 'b']]);
    expect(merged.eventCoverage).toEqual([coverage]);
  });

  it('gives every record an id of its own and is stable when merged again', () => {
    const anyPod = fc.record({
      uid: fc.constantFrom('a', 'b', 'c'),
      id: fc.constantFrom('x', 'y'),
      name: fc.constantFrom('p', 'q'),
    });
    fc.assert(
      fc.property(fc.array(fc.array(anyPod, { maxLength: 5 }), { maxLength: 4 }), (lists) => {
        const parts: BundlePart[] = lists.map((list) => ({ pods: list.map((fields) => pod(fields)) }));
        const once = mergeParts(parts, base);
        const ids = once.pods.map((one) => one.id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(mergeParts([once], base)).toEqual(once);
      }),
    );
  });
});
