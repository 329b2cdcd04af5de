/** Where several records of one act agree, it is certain; where one of them is missing, it is not. */
import { describe, expect, it } from 'vitest';
import {
  DIED_AT_MS,
  makeContainer,
  makeDeath,
  makeFacts,
  makeKernelKill,
  makePod,
} from '../facts/testing.ts';
import type { DeathFacts, KillDecision } from '../facts/types.ts';
import type { ProcessRow } from '../model/kernel.ts';
import type { NodeLogRecord } from '../model/node-log.ts';
import { CERTAIN_FROM } from './cause.ts';
import { childKilledThenExit } from './child-killed-then-exit.ts';
import { stopGraceExceeded } from './stop-grace-exceeded.ts';

const ID = 'e'.repeat(64);
const line = { source: 'containerd.log', nodeName: 'n1', containerId: ID, line: '' };
const ASKED_MS = DIED_AT_MS - 2000;

// The lines of a staged `kubectl delete --force` of a program that ignores SIGTERM: containerd 1.6.20, kubelet 1.34.4.
const asked: NodeLogRecord = { ...line, id: 'l1', kind: 'stop-requested', timeoutSeconds: 2, atMs: ASKED_MS };
const signal: NodeLogRecord = {
  ...line,
  id: 'l2',
  kind: 'stop-requested',
  signal: 'terminated',
  atMs: ASKED_MS,
};
const sent: NodeLogRecord = { ...line, id: 'l3', kind: 'sigkill-sent', atMs: DIED_AT_MS + 22 };
const stop: KillDecision = {
  at: 'event',
  atMs: ASKED_MS - 553,
  message: 'Stopping container app',
  decision: 'stopping',
  recordId: 'event/1',
  graceSeconds: 2,
};
const node = { id: 'node:n1', source: 'api', name: 'n1', conditions: [], taints: [] };

function vanished(more: Partial<DeathFacts> = {}): DeathFacts {
  return makeFacts({
    subject: { kind: 'trace', stoppedOnly: false },
    pod: makePod(),
    container: makeContainer({ name: 'app' }),
    node,
    nodeLog: [asked, signal, sent],
    killDecisions: [stop],
    kernelLogCovers: true,
    ...more,
  });
}

describe('a stop of a vanished pod', () => {
  it('is certain where event, request and SIGKILL agree', () => {
    expect(stopGraceExceeded.assess(vanished())?.weight).toBeGreaterThanOrEqual(CERTAIN_FROM);
  });

  it.each<[string, Partial<DeathFacts>]>([
    ['no kernel log', { kernelLogCovers: false }],
    ['no event', { killDecisions: [] }],
    ['an event of another stop', { killDecisions: [{ ...stop, atMs: ASKED_MS - 60_000 }] }],
    ['SIGKILL long before the time was over', { nodeLog: [{ ...asked, timeoutSeconds: 30 }, sent] }],
    ['a time that was not read', { nodeLog: [signal, sent] }],
    [
      'a preStop hook that took the time',
      { nodeLog: [asked, sent, { ...line, id: 'l4', kind: 'prestop-overrun' }] },
    ],
    ['a cordoned node, so perhaps a drain', { node: { ...node, unschedulable: true } }],
    ['an OOM kill', { kernelKills: [makeKernelKill({ atMs: DIED_AT_MS })] }],
  ])('is not with %s', (_name, more) => {
    const weight = stopGraceExceeded.assess(vanished(more))?.weight ?? 0;
    expect(weight).toBeLessThan(CERTAIN_FROM);
  });
});

const SHELL: ProcessRow = { pid: 900, comm: 'sh', oomScoreAdj: 999, rssPages: 900 };
const VICTIM: ProcessRow = { ...SHELL, pid: 907, comm: 'victim' };

function relayed(
  more: Partial<DeathFacts> = {},
  processes: readonly ProcessRow[] = [SHELL, VICTIM],
): DeathFacts {
  const container = makeContainer({ name: 'app', command: ['sh', '-c', 'victim; exit $?'] });
  const kill = makeKernelKill({
    atMs: DIED_AT_MS,
    oomCgroup: { path: '/p/c', level: 'container', containerId: ID },
    taskCgroup: { path: '/p/c', level: 'container', containerId: ID },
    victim: { pid: 907, comm: 'victim' },
    processes,
    processCount: processes.length,
  });
  return makeDeath({
    pod: makePod({ containers: [container] }),
    container,
    kernelKills: [kill],
    kernelLogCovers: true,
    eventsCoverWindow: 'yes',
    ...more,
  });
}

describe("a shell that passes its child's 137 on", () => {
  it('is certain where the oldest process is what the spec starts, and nobody else killed', () => {
    expect(childKilledThenExit.assess(relayed())?.weight).toBeGreaterThanOrEqual(CERTAIN_FROM);
  });

  it.each<[string, DeathFacts]>([
    ['events of that time are gone', relayed({ eventsCoverWindow: 'no' })],
    ['the log does not reach to the end', relayed({ kernelLogCovers: false })],
    ['the kubelet stopped it', relayed({ killDecisions: [stop] })],
    ['the oldest process bears another name', relayed({}, [{ ...SHELL, comm: 'other' }, VICTIM])],
    [
      'pids may have wrapped',
      relayed({}, [VICTIM, { ...SHELL, pid: 12 }, { ...VICTIM, pid: 3, comm: 'late' }]),
    ],
  ])('is not where %s', (_name, facts) => {
    expect(childKilledThenExit.assess(facts)?.weight ?? 0).toBeLessThan(CERTAIN_FROM);
  });
});
