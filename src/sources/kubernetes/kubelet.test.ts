import { afterEach, describe, expect, it } from 'vitest';
import type { CollectRequest } from '../../app/ports.ts';
import type { BundlePart } from '../../core/model/bundle.ts';
import { startApiServer, type FakeServer } from '../../sim/api-server.ts';
import { fixedAuth } from './client/auth.ts';
import { createClient } from './client/client.ts';
import { sourceOfClient } from './source.ts';

const NOW = Date.parse('2026-03-01T12:10:00Z');
const UID = '6f2c1f0a-53c5-4b6e-9c0e-0d8f3c1a2b4d';
const ID = 'c'.repeat(64);
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', uid: UID },
  spec: { nodeName: 'n1', containers: [{ name: 'app', image: 'i' }] },
  status: {
    phase: 'Running',
    containerStatuses: [
      {
        name: 'app',
        restartCount: 1,
        state: { running: {} },
        lastState: {
          terminated: {
            exitCode: 137,
            reason: 'Error',
            finishedAt: '2026-03-01T12:00:00Z',
            containerID: `containerd://${ID}`,
          },
        },
      },
    ],
  },
};
const NODE = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, status: {} };
const PROXY = '/api/v1/nodes/n1/proxy';
const CGROUP = `/kubepods/burstable/pod${UID}/${ID}`;
const KERNEL = [
  `Mar 01 12:00:00 n1 kernel: java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=999`,
  `Mar 01 12:00:00 n1 kernel: memory: usage 65536kB, limit 65536kB, failcnt 12`,
  `Mar 01 12:00:00 n1 kernel: oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${ID},mems_allowed=0,oom_memcg=${CGROUP},task_memcg=${CGROUP},task=java,pid=4242,uid=0`,
  `Mar 01 12:00:00 n1 kernel: Memory cgroup out of memory: Killed process 4242 (java) total-vm:1000kB, anon-rss:64000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:100kB oom_score_adj:999`,
  '',
].join('\n');
const PAGES: Readonly<Record<string, string>> = {
  [`${PROXY}/configz`]:
    '{"kubeletconfig":{"cgroupDriver":"systemd","evictionHard":{"memory.available":"200Mi"}}}',
  [`${PROXY}/stats/summary`]: JSON.stringify({
    node: {
      nodeName: 'n1',
      memory: { time: '2026-03-01T12:09:00Z', availableBytes: 1000, workingSetBytes: 2000 },
    },
    pods: ['web', 'other'].map((name) => ({
      podRef: { name, namespace: 'shop', uid: UID },
      containers: [{ name: 'app', memory: { time: '2026-03-01T12:09:00Z', workingSetBytes: 500 } }],
    })),
  }),
  [`${PROXY}/metrics/cadvisor`]: `container_oom_events_total{container="app",id="${CGROUP}",namespace="shop",pod="web"} 2\n`,
  [`${PROXY}/logs/kern.log`]: KERNEL,
};

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function why(
  pages: Readonly<Record<string, string>>,
  prepare: (server: FakeServer) => void = () => undefined,
  over: Partial<CollectRequest> = {},
): Promise<{ part: BundlePart; server: FakeServer }> {
  const server = await startApiServer({ objects: [POD, NODE], pages: new Map(Object.entries(pages)) });
  prepare(server);
  const connection = {
    server: new URL(server.url),
    tls: { insecure: false },
    auth: fixedAuth({}),
    namespace: 'shop',
    name: 't',
  };
  const client = createClient({ connection, version: '0', random: () => 0 });
  closers.push(async () => {
    client.close();
    await server.close();
  });
  const request: CollectRequest = {
    target: { kind: 'object', name: 'web' },
    scope: { allNamespaces: false },
    depth: 'why',
    nodeAccess: true,
    logLines: 0,
    signal: new AbortController().signal,
    ...over,
  };
  return { part: await sourceOfClient({ client, now: () => NOW }).collect(request), server };
}

/** Kubelet 1.34 for a query that leads to a file, with status 200. */
function refusal(names: string): string {
  return `\noptions present and query resolved to log files for [${names}]\ntry without specifying options\n`;
}

describe('with node access', () => {
  it('reads configuration, summary, counters and the kernel log from /var/log where log queries are off', async () => {
    const { part, server } = await why(PAGES);
    expect(part.nodes).toMatchObject([
      {
        name: 'n1',
        kubeletConfig: { cgroupDriver: 'systemd', evictionHard: { 'memory.available': '200Mi' } },
      },
    ]);
    expect(
      part.samples?.map(({ pod, workingSetBytes, oomEvents }) => [pod, workingSetBytes, oomEvents]),
    ).toEqual(
      expect.arrayContaining([
        ['web', 500, undefined],
        ['web', undefined, 2],
      ]),
    );
    expect(part.samples).toHaveLength(2);
    expect(part.nodeSamples).toMatchObject([{ nodeName: 'n1', availableBytes: 1000 }]);
    expect(part.kernelKills).toMatchObject([
      {
        nodeName: 'n1',
        scope: 'memcg',
        victim: { pid: 4242, comm: 'java' },
        taskCgroup: { podUid: UID, containerId: ID },
      },
    ]);
    expect(part.kernelKills).toHaveLength(1);
    // Ten minutes before the death.
    expect(
      server.requests.some(({ url }) => url === `${PROXY}/logs/?query=kern&sinceTime=2026-03-01T11:50:00Z`),
    ).toBe(true);
    // The journals are nowhere: that is a gap; the kernel log is none.
    expect(part.gaps?.filter(({ nodeName }) => nodeName === 'n1').map(({ kind }) => kind)).toEqual([
      'node-log',
    ]);
  });

  it('takes a page of files for what it is', async () => {
    const { part } = await why({
      ...PAGES,
      [`${PROXY}/logs/`]: '<pre>\n<a href="kern.log">kern.log</a>\n</pre>\n',
    });
    expect(part.kernelKills).toHaveLength(1);
  });

  it('reads the logs of kubelet and runtime as files where there is no journal, up to the moment of reading', async () => {
    const { part } = await why({
      ...PAGES,
      [`${PROXY}/logs/?query=kern`]: refusal('kern'),
      [`${PROXY}/logs/?query=kubelet`]: refusal('kubelet'),
      [`${PROXY}/logs/kubelet.log`]: `I0301 11:59:58.000000      69 kuberuntime_container.go:866] "Killing container with a grace period" pod="shop/web" podUID="${UID}" containerName="app" containerID="containerd://${ID}" gracePeriod=30\n`,
      [`${PROXY}/logs/containerd.log`]:
        `time="2026-03-01T11:30:00.000000000Z" level=info msg="StopContainer for \\"${ID}\\" with timeout 30 (s)"\n` +
        `time="2026-03-01T11:52:00.000000000Z" level=info msg="StopContainer for \\"${ID}\\" with timeout 30 (s)"\n`,
    });
    expect(part.nodeLog).toMatchObject([
      { kind: 'kubelet-kill', containerId: ID },
      // Not the one of half an hour before the death: a query of the journal would not have told it either.
      { containerId: ID, atMs: Date.parse('2026-03-01T11:52:00Z') },
    ]);
    expect(part.gaps?.filter(({ nodeName }) => nodeName === 'n1')).toEqual([]);
    const ends = part.logCoverage?.map(({ log, toMs }) => [log, toMs]);
    expect(ends).toEqual(
      expect.arrayContaining([
        ['kernel', NOW],
        ['kubelet', NOW],
        // Silent for longer than a log that is alive would be.
        ['runtime', Date.parse('2026-03-01T11:52:00Z')],
      ]),
    );
  });

  it('asks for no more services at once than a kubelet answers, and for its memory daemons too', async () => {
    const cgroup = `/kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice/cri-containerd-${ID}.scope`;
    const { part, server } = await why({
      ...PAGES,
      // The fake kubelet answers every query with the same journal.
      [`${PROXY}/logs/`]:
        `Mar 01 11:59:59.000000 n1 systemd-oomd[90]: Killed ${cgroup} due to memory pressure for /kubepods.slice ` +
        'being 36.17% > 10.00% for > 5s with reclaim activity\n',
    });
    expect(part.nodeLog?.[0]).toMatchObject({ kind: 'oomd-kill', containerId: ID, podUid: UID });
    for (const name of ['kubelet', 'containerd', 'crio', 'systemd-oomd', 'earlyoom'])
      expect(server.requests.some(({ url }) => url.includes(`query=${name}&`))).toBe(true);
    const asked = server.requests.map(({ url }) => (url.match(/[?&]query=/gu) ?? []).length);
    // maxServices = 4: what asks for more is answered with status 400 (kubelet 1.27 to 1.34).
    expect(Math.max(...asked)).toBeLessThanOrEqual(4);
  });

  it('names the permission when it is refused', async () => {
    const { part } = await why(PAGES, (server) =>
      server.fault({ match: /\/proxy\//, fault: { kind: 'status', status: 403 } }),
    );
    const gaps = part.gaps?.filter(({ permission }) => permission !== undefined) ?? [];
    expect(new Set(gaps.map(({ kind }) => kind))).toEqual(
      new Set(['node', 'usage', 'kernel-log', 'node-log']),
    );
    for (const { permission } of gaps) expect(permission).toEqual({ verb: 'get', resource: 'nodes/proxy' });
    expect(part.nodes).toMatchObject([{ name: 'n1' }]);
  });

  it.each(['kills', 'why'] as const)('serves %s of all deaths too', async (depth) => {
    const { part } = await why(PAGES, undefined, { depth, target: { kind: 'all' } });
    expect(part.kernelKills).toHaveLength(1);
    expect(part.nodes).toMatchObject([{ name: 'n1', kubeletConfig: { cgroupDriver: 'systemd' } }]);
  });
});
