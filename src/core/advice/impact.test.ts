import { describe, expect, it } from 'vitest';
import {
  DIED_AT_MS,
  makeContainer,
  makeDeath,
  makeFacts,
  makePod,
  makeVerdict,
  makeWorkload,
} from '../facts/testing.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { Verdict } from '../model/diagnosis.ts';
import type { ContainerStatus } from '../model/kubernetes.ts';
import { impact } from './index.ts';

const STATUS: ContainerStatus = { restartCount: 4 };

function withStatus(status: Partial<ContainerStatus>, partial: Partial<DeathFacts> = {}): DeathFacts {
  return makeDeath({ container: makeContainer({ status: { ...STATUS, ...status } }), ...partial });
}

describe('downtime', () => {
  it('from finishedAt to the next start', () => {
    const facts = withStatus({ state: { kind: 'running', startedAtMs: DIED_AT_MS + 17_000 } });
    expect(impact(facts, makeVerdict())).toMatchObject({ downMs: 17_000, stillDown: false, restartCount: 4 });
  });

  it('is absent where the clocks disagree', () => {
    const facts = withStatus({ state: { kind: 'running', startedAtMs: DIED_AT_MS - 5000 } });
    expect(impact(facts, makeVerdict()).downMs).toBeUndefined();
  });

  it('still down while it waits to be restarted', () => {
    const facts = withStatus({ state: { kind: 'waiting', reason: 'CrashLoopBackOff' } });
    expect(impact(facts, makeVerdict())).toMatchObject({ stillDown: true });
  });

  const quiet: readonly (readonly [string, DeathFacts])[] = [
    ['pod that ended', withStatus({ state: { kind: 'waiting' } }, { pod: makePod({ phase: 'Failed' }) })],
    [
      'pod that never restarts',
      withStatus({ state: { kind: 'waiting' } }, { pod: makePod({ restartPolicy: 'Never' }) }),
    ],
    [
      'pod being deleted',
      withStatus({ state: { kind: 'waiting' } }, { pod: makePod({ deletionAtMs: DIED_AT_MS }) }),
    ],
    ['evicted pod', makeFacts({ subject: { kind: 'pod' }, pod: makePod() })],
  ];
  it.each(quiet)('says nothing of down for a %s', (_name, facts) => {
    const told = impact(facts, makeVerdict());
    expect(told.stillDown).toBeUndefined();
    expect(told.downMs).toBeUndefined();
  });

  it('nothing died: no downtime and no risk', () => {
    const told = impact(makeFacts(), makeVerdict({ kind: 'nothing-died', code: 'none' }));
    expect(told).toEqual({ risks: [] });
  });
});

describe('replicas', () => {
  it('of the topmost replicated owner, not of its ReplicaSet', () => {
    const owners = [
      makeWorkload({ kind: 'ReplicaSet', name: 'r', desiredReplicas: 3, readyReplicas: 3 }),
      makeWorkload({ desiredReplicas: 5, readyReplicas: 4 }),
    ];
    expect(impact(makeDeath({ owners }), makeVerdict())).toMatchObject({
      desiredReplicas: 5,
      readyReplicas: 4,
    });
  });

  it('absent means absent', () => {
    expect(impact(makeDeath(), makeVerdict())).not.toHaveProperty('readyReplicas');
  });
});

describe('risks', () => {
  const oomKilled0 = { exitCode: 0, reason: 'OOMKilled', finishedAtMs: DIED_AT_MS };
  const rows: readonly (readonly [string, DeathFacts, Partial<Verdict>, string | undefined])[] = [
    [
      'Job that "succeeded"',
      makeDeath({ termination: oomKilled0, pod: makePod({ owner: { kind: 'Job', name: 'report-28' } }) }),
      { code: 'K3' },
      'Job report-28 counts this run as succeeded',
    ],
    [
      'init container that "succeeded"',
      makeDeath({ termination: oomKilled0, container: makeContainer({ name: 'migrate', role: 'init' }) }),
      { code: 'K3' },
      'Init container migrate counts as succeeded',
    ],
    ['SIGKILL flushes nothing', makeDeath(), {}, 'SIGKILL leaves no time to flush'],
    [
      'a placeholder is no SIGKILL',
      makeDeath({ termination: { exitCode: 137, reason: 'ContainerStatusUnknown' } }),
      { code: 'L15', sender: 'nobody' },
      'Nobody saw the end',
    ],
    [
      'an ordinary exit loses nothing',
      makeDeath({ termination: { exitCode: 1, reason: 'Error' } }),
      { code: 'exit-1', sender: 'application' },
      undefined,
    ],
    [
      'tmpfs stays charged over a restart',
      makeDeath({ container: makeContainer({ memoryVolumeMounts: ['cache'] }) }),
      { code: 'K4' },
      'volume cache survives the restart',
    ],
    [
      'emptyDir goes with the pod',
      makeDeath({
        subject: { kind: 'pod' },
        pod: makePod({ diskVolumes: [{ name: 'work' }] }),
        eviction: { resource: 'memory', consumers: [] },
      }),
      { code: 'L1' },
      'emptyDir volume work goes with the pod',
    ],
    [
      'single replica',
      makeDeath({ owners: [makeWorkload({ desiredReplicas: 1, readyReplicas: 1 })] }),
      {},
      'single replica',
    ],
    [
      'none ready',
      makeDeath({ owners: [makeWorkload({ desiredReplicas: 3, readyReplicas: 0 })] }),
      {},
      'No replica of Deployment checkout was ready',
    ],
    [
      'unreachable node',
      makeDeath({
        node: {
          id: 'n',
          source: 't',
          name: 'n1',
          conditions: [{ type: 'Ready', status: 'Unknown' }],
          taints: [],
        },
      }),
      { code: 'P4' },
      'may still run and write',
    ],
  ];
  it.each(rows)('%s', (_name, facts, verdict, words) => {
    const risks = impact(facts, makeVerdict(verdict)).risks.join('\n');
    if (words === undefined) expect(risks).toBe('');
    else expect(risks).toContain(words);
  });

  it.each([
    ['by the verdict', 'K2', []],
    ['by its log', 'K1', ['LOG:  server process (PID 4711) was terminated by signal 9: Killed']],
  ] as const)('a killed child of PostgreSQL, %s', (_name, code, lines) => {
    const facts = makeDeath({
      container: makeContainer({ image: 'postgres:16' }),
      logTail: {
        id: 'l',
        source: 't',
        namespace: 'shop',
        pod: 'p',
        container: 'api',
        previous: true,
        lines,
        truncated: false,
      },
    });
    expect(impact(facts, makeVerdict({ code })).risks.join(' ')).toContain('replays its log');
  });

  it('a replicated service with replicas ready has no risk of its own beside the kill', () => {
    const owners = [makeWorkload({ desiredReplicas: 3, readyReplicas: 2 })];
    expect(impact(makeDeath({ owners }), makeVerdict()).risks).toHaveLength(1);
  });
});
