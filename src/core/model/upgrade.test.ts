import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EvidenceBundle } from './bundle.ts';
import { emptyBundle, isBundle, readBundle } from './upgrade.ts';

/** One record of every list, with most of its properties. */
const full: EvidenceBundle = {
  ...emptyBundle(1_767_323_045_000),
  cluster: 'prod',
  sources: [{ name: 'pods', state: 'partial', detail: 'one page' }],
  gaps: [
    {
      id: 'gap:1',
      what: 'events',
      cost: 'no kill decisions',
      kind: 'pod-events',
      permission: { verb: 'list', resource: 'events', namespace: 'shop' },
      command: 'kubectl auth can-i list events -n shop',
    },
  ],
  pods: [
    {
      id: 'pod:u',
      origin: 'api',
      source: 'pods.json',
      namespace: 'shop',
      name: 'web-0',
      uid: 'u',
      labels: { app: 'web' },
      conditions: [{ type: 'Ready', status: 'False', lastTransitionAtMs: 5 }],
      deletionAtMs: 1,
      qosClass: 'Burstable',
      priority: -10,
      os: 'linux',
      podLimits: { memoryBytes: 5 },
      memoryVolumes: [{ name: 'shm', sizeLimitBytes: 1 }],
      diskVolumes: [{ name: 'tmp' }],
      containers: [
        {
          name: 'app',
          role: 'sidecar',
          args: ['--x', 'two\nlines'],
          environment: [{ name: 'GOGC', value: '50' }, { name: 'TOKEN' }],
          requests: {},
          limits: { memoryBytes: 1024 },
          livenessProbe: { handler: 'exec', command: ['true'], periodSeconds: 0.5 },
          preStop: { handler: 'sleep', sleepSeconds: 5 },
          status: {
            restartCount: 2,
            state: { kind: 'waiting', reason: 'CrashLoopBackOff' },
            lastState: {
              kind: 'terminated',
              termination: { exitCode: -1_073_741_819, message: 'a\nb', finishedAtMs: 9 },
            },
            actualLimits: { memoryBytes: 2048 },
          },
        },
      ],
    },
  ],
  nodes: [
    {
      id: 'node:n',
      source: 's',
      name: 'n',
      conditions: [],
      taints: [{ key: 'k', effect: 'NoExecute' }],
      cgroupVersion: 2,
      kubeletConfig: { evictionHard: { 'memory.available': '100Mi' } },
      allocated: { pods: 17 },
    },
  ],
  workloads: [
    {
      id: 'w',
      source: 's',
      kind: 'Deployment',
      namespace: 'shop',
      name: 'web',
      revision: 3,
      conditions: [],
      containers: [{ name: 'app', role: 'main', environment: [], requests: {}, limits: {} }],
      managedBy: 'flux',
    },
  ],
  events: [
    {
      id: 'e',
      source: 's',
      reason: 'Killing',
      message: 'Stopping container app',
      regarding: { kind: 'Pod', name: 'web-0' },
      precisionMs: 1000,
      count: 3,
      combined: true,
      annotations: { starved_resource: 'memory' },
    },
  ],
  eventCoverage: [{ source: 's', regarding: { kind: 'Pod', name: 'web-0' }, oldestAtMs: 1 }],
  kernelKills: [
    {
      id: 'k',
      source: 'dmesg',
      uptimeSeconds: 12.5,
      scope: 'memcg',
      invoker: { comm: 'java', order: 0, oomScoreAdj: -997 },
      oomCgroup: { path: '/kubepods', level: 'kubepods' },
      victim: { pid: 1, comm: 'C2 Compiler(x), y', oomScoreAdj: 1000 },
      killed: [{ pid: 1, comm: 'java' }],
      groupKill: true,
      limitBytes: 'unlimited',
      stat: { anonBytes: 1 },
      processes: [{ pid: 1, comm: 'java', rssPages: 4 }],
      processCount: 100,
      nodeMemory: { totalBytes: 1 },
      pageSizeBytes: 65_536,
      outcome: 'killed',
      complete: true,
      excerpt: ['oom-kill:…'],
    },
  ],
  nodeLog: [
    {
      id: 'l1',
      source: 's',
      line: 'x',
      kind: 'stop-requested',
      containerId: 'abc',
      timeoutSeconds: 30,
      signal: 'TERM',
    },
    { id: 'l2', source: 's', line: 'y', kind: 'service-stopped', service: 'containerd', reason: 'signal' },
    { id: 'l3', source: 's', line: 'z', kind: 'boot', atMs: 1 },
  ],
  logCoverage: [{ source: 's', log: 'kernel', fromMs: 1, toMs: 2 }],
  cgroups: [
    {
      id: 'c',
      source: 's',
      version: 2,
      events: { oomKill: 1 },
      limitBytes: 5,
      pressure: { fullAvg60Percent: 1.5 },
    },
  ],
  samples: [
    { id: 'm', source: 's', namespace: 'shop', pod: 'web-0', container: 'app', psiFullSeconds: 0.25 },
  ],
  nodeSamples: [{ id: 'ns', source: 's', nodeName: 'n', oomKills: 2 }],
  logTails: [
    {
      id: 't',
      source: 's',
      namespace: 'shop',
      pod: 'web-0',
      container: 'app',
      previous: true,
      lines: ['a'],
      truncated: false,
    },
  ],
};

function reread(raw: unknown): EvidenceBundle {
  const read = readBundle(JSON.parse(JSON.stringify(raw)));
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

describe('readBundle', () => {
  it('gives back every property of a good bundle', () => {
    expect(reread(full)).toEqual(full);
    expect(reread(emptyBundle(5))).toEqual(emptyBundle(5));
  });

  it.each([
    ['no object', 7, 'bundle.not-a-bundle'],
    ['another kind', { kind: 'Pod' }, 'bundle.not-a-bundle'],
    ['a newer version', { ...full, bundleVersion: 2 }, 'bundle.version'],
    ['no version', { kind: 'EvidenceBundle', apiVersion: 'exit137/v1' }, 'bundle.version'],
    ['another API version', { ...full, apiVersion: 'exit137/v9' }, 'bundle.version'],
    ['no time', { ...full, collectedAtMs: 'now' }, 'bundle.time'],
    ['an impossible time', { ...full, collectedAtMs: -1 }, 'bundle.time'],
  ])('refuses %s', (_name, raw, code) => {
    expect(readBundle(raw)).toMatchObject({ ok: false, error: { code } });
  });

  it('drops a bad record, keeps the good ones and says so', () => {
    const read = reread({ ...full, pods: [{ name: 7 }, ...full.pods, null] });
    expect(read.pods).toEqual(full.pods);
    expect(read.gaps.at(-1)).toMatchObject({ kind: 'input', place: 'pods[0], pods[2]' });
  });

  it.each([
    ['a wrong type', { uid: 7 }],
    ['bytes beyond 2^53-1', { podRequests: 1e300 }],
    ['an unknown word', { qosClass: 'Best' }],
    ['an instant that is none', { startedAtMs: 'yesterday' }],
  ])('drops only the optional property with %s', (_name, fields) => {
    const [pod] = full.pods;
    const read = reread({ ...full, pods: [{ ...pod, ...fields }] });
    const [key = ''] = Object.keys(fields);
    const { [key as 'uid']: _dropped, ...rest } = { ...pod };
    expect(read.pods).toEqual([rest]);
    expect(read.gaps.at(-1)?.place).toBe(`pods[0].${key}`);
  });

  it('takes properties for lists only where they are lists, and knows no others', () => {
    const read = reread({ ...full, events: 'many', extra: { a: 1 }, pods: [{ ...full.pods[0], extra: 1 }] });
    expect(read.events).toEqual([]);
    expect(read.pods).toEqual(full.pods);
    expect(Object.keys(read)).not.toContain('extra');
  });

  it('cleans and bounds text', () => {
    const [tail] = full.logTails;
    const lines = ['\u001b[31mred\u001b[0m\u202e', 'x'.repeat(10_000)];
    const read = reread({ ...full, logTails: [{ ...tail, lines }] });
    expect(read.logTails[0]?.lines[0]).toBe('red');
    expect(read.logTails[0]?.lines[1]).toHaveLength(4096);
  });

  it('ignores inherited and prototype properties', () => {
    const raw: unknown = JSON.parse(
      '{"kind":"EvidenceBundle","apiVersion":"exit137/v1","bundleVersion":1,"collectedAtMs":1,"__proto__":{"pods":[1]},"pods":[{"__proto__":{"id":"x"}}]}',
    );
    const read = readBundle(raw);
    expect(read).toMatchObject({ ok: true, value: { pods: [] } });
  });

  it('is total over any JSON in any place', () => {
    const keys = Object.keys(full);
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.jsonValue(), fc.nat(3), (key, value, depth) => {
        const wrapped =
          depth === 0 ? value : [value, { ...full.pods[0], containers: [value], conditions: value }];
        const read = readBundle({ ...full, [key]: wrapped });
        if (!read.ok) return read.error.code.startsWith('bundle.');
        // What was read is a bundle, which reads as itself.
        const again = readBundle(read.value);
        expect(again).toEqual(read);
        return true;
      }),
    );
    fc.assert(fc.property(fc.anything(), (raw) => typeof readBundle(raw).ok === 'boolean'));
  });

  it('tells bundles from other documents', () => {
    expect(isBundle(full)).toBe(true);
    expect(isBundle({ kind: 'List' })).toBe(false);
    expect(isBundle(null)).toBe(false);
  });
});
