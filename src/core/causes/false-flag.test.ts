import { describe, expect, it } from 'vitest';
import { makeContainer, makeDeath, makeKernelKill, makePod } from '../facts/testing.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { CgroupLevel } from '../model/kernel.ts';
import type { ContainerState } from '../model/kubernetes.ts';
import { foreignKill, siblingWasFlagged } from './false-flag.ts';

const START_MS = Date.parse('2026-11-23T18:47:56Z');
const SIBLING_MS = Date.parse('2026-11-23T18:47:58Z');
const END_MS = Date.parse('2026-11-23T18:48:03Z');

function ended(reason: string, finishedAtMs: number): ContainerState {
  return { kind: 'terminated', termination: { exitCode: 1, reason, startedAtMs: START_MS, finishedAtMs } };
}

function kill(level: CgroupLevel, atMs: number, podUid = 'u') {
  return makeKernelKill({
    atMs,
    oomCgroup: { path: '/p', level, podUid },
    taskCgroup: { path: '/p/c', level: 'container', containerId: 'other' },
    victim: { pid: 7, comm: 'hog' },
  });
}

function death(facts: Partial<DeathFacts>, siblingReason = 'OOMKilled'): DeathFacts {
  const app = makeContainer({ name: 'app' });
  const hog = makeContainer({
    name: 'hog',
    status: { restartCount: 0, state: ended(siblingReason, SIBLING_MS) },
  });
  return makeDeath({
    pod: makePod({ uid: 'u', containers: [app, hog] }),
    container: app,
    termination: { exitCode: 1, reason: 'OOMKilled', startedAtMs: START_MS, finishedAtMs: END_MS },
    diedAtMs: END_MS,
    kernelLogCovers: true,
    ...facts,
  });
}

// Status and times of a staged death: containerd 1.6.20, cgroup v1, kernel 6.18.
describe('a flag that is not its own', () => {
  it.each([
    ["its pod's limit took a neighbour", { podKernelKills: [kill('pod', SIBLING_MS)] }, true],
    ['the limit of all pods took a stranger', { nodeKernelKills: [kill('kubepods', SIBLING_MS)] }, true],
    ["another pod's limit", { nodeKernelKills: [kill('pod', SIBLING_MS, 'v')] }, false],
    [
      "a neighbour's own limit reaches nobody else",
      { podKernelKills: [kill('container', SIBLING_MS)] },
      false,
    ],
    ['before it lived', { podKernelKills: [kill('pod', START_MS - 60_000)] }, false],
    [
      'its own process was killed too',
      { kernelKills: [kill('pod', SIBLING_MS)], podKernelKills: [kill('pod', SIBLING_MS)] },
      false,
    ],
    [
      'the log does not reach to its end',
      { podKernelKills: [kill('pod', SIBLING_MS)], kernelLogCovers: false },
      false,
    ],
  ] satisfies readonly (readonly [string, Partial<DeathFacts>, boolean])[])(
    '%s',
    (_name, facts, expected) => {
      expect(foreignKill(death(facts)) !== undefined).toBe(expected);
    },
  );

  it('is possible where a neighbour was flagged meanwhile', () => {
    expect(siblingWasFlagged(death({}))).toBe(true);
    expect(siblingWasFlagged(death({}, 'Error'))).toBe(false);
    expect(siblingWasFlagged(death({ kernelKills: [kill('pod', SIBLING_MS)] }))).toBe(false);
  });
});
