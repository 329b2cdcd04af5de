import { describe, expect, it } from 'vitest';
import { emptyBundle } from '../model/merge.ts';
import type { EvidenceBundle } from '../model/bundle.ts';
import type { NodeEvidence, PodEvidence } from '../model/kubernetes.ts';
import type { NodeLogRecord } from '../model/node-log.ts';
import { findDeaths } from './deaths.ts';
import { indexBundle } from './index-bundle.ts';
import { oomSeenBeside } from './task-oom.ts';
import { DIED_AT_MS, makeContainer, makeKernelKill, makePod } from './testing.ts';

const APP = 'a'.repeat(64);
const HOG = 'b'.repeat(64);

function line(containerId: string, atMs: number, nodeName = 'n1'): NodeLogRecord {
  return {
    id: `log:${containerId}/${atMs}`,
    source: 'containerd.log',
    kind: 'task-oom',
    containerId,
    atMs,
    nodeName,
    line: '',
  };
}

function ended(containerId: string, atMs: number): NodeLogRecord {
  return { ...line(containerId, atMs), id: `end:${containerId}`, kind: 'shim-left' };
}

describe('oomSeenBeside', () => {
  const own = line(APP, DIED_AT_MS);
  it.each<{ readonly name: string; readonly others: readonly NodeLogRecord[]; readonly want: number }>([
    { name: 'nobody', others: [], want: 0 },
    {
      name: 'two, one of them twice',
      others: [line(HOG, DIED_AT_MS - 7), line(HOG, DIED_AT_MS + 3), line('c', DIED_AT_MS)],
      want: 2,
    },
    {
      name: 'not one that ended of its own OOM at that moment',
      others: [line(HOG, DIED_AT_MS), ended(HOG, DIED_AT_MS + 40)],
      want: 0,
    },
    {
      name: 'one that ended long after',
      others: [line(HOG, DIED_AT_MS), ended(HOG, DIED_AT_MS + 60_000)],
      want: 1,
    },
    { name: 'nobody of 17 ms later', others: [line(HOG, DIED_AT_MS + 17)], want: 0 },
    { name: 'a second later', others: [line(HOG, DIED_AT_MS + 1000)], want: 0 },
    { name: 'on another node', others: [line(HOG, DIED_AT_MS, 'n2')], want: 0 },
  ])('counts $name', ({ others, want }) => {
    const index = indexBundle({ ...emptyBundle(DIED_AT_MS), nodeLog: [own, ...others] });
    expect(oomSeenBeside(index, [own])).toBe(want);
  });

  it('is unknown where the runtime wrote nothing of this one', () => {
    const index = indexBundle({ ...emptyBundle(DIED_AT_MS), nodeLog: [line(HOG, DIED_AT_MS)] });
    expect(oomSeenBeside(index, [])).toBeUndefined();
  });
});

// A staged death: the pod's limit took `hog`; on cgroup v1 the runtime wrote a line for the living `app` too.
function bundle(more: Partial<EvidenceBundle>, hogEnded = true): EvidenceBundle {
  const running = { kind: 'running' as const, startedAtMs: DIED_AT_MS - 5000 };
  const app = makeContainer({ name: 'app', status: { restartCount: 0, state: running, containerId: APP } });
  const termination = {
    exitCode: 137,
    reason: 'OOMKilled',
    startedAtMs: DIED_AT_MS - 5000,
    finishedAtMs: DIED_AT_MS,
    containerId: HOG,
  };
  const hog = makeContainer({
    name: 'hog',
    status: {
      restartCount: 0,
      containerId: HOG,
      state: hogEnded ? { kind: 'terminated', termination } : running,
    },
  });
  const pod: PodEvidence = makePod({ nodeName: 'n1', restartPolicy: 'Never', containers: [hog, app] });
  const nodeLog = [line(APP, DIED_AT_MS), line(HOG, DIED_AT_MS)];
  return { ...emptyBundle(DIED_AT_MS + 20_000), pods: [pod], nodeLog, ...more };
}

function isChildDead(evidence: EvidenceBundle): boolean {
  return findDeaths(indexBundle(evidence)).some(
    ({ container, subject }) => container?.name === 'app' && subject.kind === 'child',
  );
}

describe("a runtime's OOM line of a living container", () => {
  it('tells of its neighbour, which was killed then', () => {
    expect(isChildDead(bundle({}))).toBe(false);
  });

  it("tells of the victim that the kernel names, at the pod's limit", () => {
    const uid = '94eb36cd-29e1-4c5b-9d2e-0123456789ab';
    const kill = makeKernelKill({
      atMs: DIED_AT_MS,
      oomCgroup: { path: '/p', level: 'pod', podUid: uid },
      taskCgroup: { path: '/p/b', level: 'container', podUid: uid, containerId: HOG },
      victim: { pid: 7, comm: 'hog' },
    });
    expect(isChildDead(bundle({ kernelKills: [kill] }, false))).toBe(false);
  });

  it('is of its own child where nobody else died', () => {
    expect(isChildDead(bundle({}, false))).toBe(true);
  });

  it('is its own on cgroup v2, where no neighbour is told', () => {
    const node: NodeEvidence = {
      id: 'node:n1',
      source: 'api',
      name: 'n1',
      conditions: [],
      taints: [],
      cgroupVersion: 2,
    };
    expect(isChildDead(bundle({ nodes: [node] }))).toBe(true);
  });
});
