import { describe, expect, it } from 'vitest';
import {
  DIED_AT_MS,
  makeContainer,
  makeDeath,
  makeFacts,
  makeKernelKill,
  makePod,
  makeVerdict,
} from '../facts/testing.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { NextEvidence, Verdict } from '../model/diagnosis.ts';
import { nextEvidence } from './index.ts';

const INSUFFICIENT = makeVerdict({ kind: 'insufficient-evidence', code: 'insufficient' });
const ERROR_137 = {
  exitCode: 137,
  reason: 'Error',
  startedAtMs: DIED_AT_MS - 60_000,
  finishedAtMs: DIED_AT_MS,
};
const RUNNING = makeContainer({
  status: { restartCount: 1, state: { kind: 'running', startedAtMs: DIED_AT_MS + 5000 } },
});
const EVENT = {
  id: 'e',
  source: 'test',
  reason: 'Pulled',
  message: 'pulled',
  count: 1,
  regarding: { kind: 'Pod', name: 'checkout-x2kqp' },
};

function kindOf(item: NextEvidence): string {
  const words: readonly (readonly [string, string])[] = [
    ['The kernel log', 'kernel log'],
    ['The events', 'events'],
    ['The journals', 'journals'],
    ['The last lines', 'log'],
    ['The counters', 'counters'],
    ['The configuration', 'configz'],
    ['The memory of', 'history'],
    ['The audit log', 'audit'],
    ['The pods', 'pods'],
  ];
  return words.find(([start]) => item.text.startsWith(start))?.[1] ?? item.text;
}

function asked(verdict: Verdict, partial: Partial<DeathFacts>): readonly string[] {
  return nextEvidence(verdict, makeDeath({ termination: ERROR_137, nodeName: 'n1', ...partial })).map(kindOf);
}

const commandOf = (which: 'state' | 'lastState'): string | undefined =>
  nextEvidence(
    INSUFFICIENT,
    makeDeath({ subject: { kind: 'container', termination: ERROR_137, which }, termination: ERROR_137 }),
  ).find((item) => kindOf(item) === 'log')?.command;

describe('nextEvidence', () => {
  const rows: readonly (readonly [string, Verdict, Partial<DeathFacts>, readonly string[]])[] = [
    ['137/Error, nothing read', INSUFFICIENT, {}, ['kernel log', 'events', 'journals', 'log']],
    ['kernel log read and silent', INSUFFICIENT, { kernelLogCovers: true }, ['events', 'journals', 'log']],
    [
      'events expired',
      INSUFFICIENT,
      { nowMs: DIED_AT_MS + 2 * 3_600_000 },
      ['kernel log', 'journals', 'log'],
    ],
    ['events read', INSUFFICIENT, { eventsCoverWindow: 'yes' }, ['kernel log', 'journals', 'log']],
    [
      'container runs again',
      INSUFFICIENT,
      { container: RUNNING },
      ['kernel log', 'events', 'journals', 'log', 'counters'],
    ],
    [
      'everything read',
      INSUFFICIENT,
      {
        kernelLogCovers: true,
        runtimeLogCovers: true,
        eventsCoverWindow: 'yes',
        logTail: {
          id: 'l',
          source: 't',
          namespace: 'shop',
          pod: 'p',
          container: 'api',
          previous: true,
          lines: [],
          truncated: false,
        },
      },
      [],
    ],
    ['K1 from the API alone', makeVerdict(), { podEvents: [EVENT] }, ['kernel log', 'log', 'history']],
    [
      'K1 from the kernel',
      makeVerdict({ confidence: 'certain' }),
      { kernelKills: [makeKernelKill()] },
      ['log', 'history'],
    ],
    [
      'K2 asks what the kubelet is set to',
      makeVerdict({ code: 'K2' }),
      { container: RUNNING, podEvents: [EVENT], kernelLogCovers: true },
      ['log', 'counters', 'configz', 'history'],
    ],
    [
      'eviction is proven by the pod',
      makeVerdict({ code: 'L1', confidence: 'certain' }),
      { subject: { kind: 'pod' } },
      [],
    ],
    [
      'K6 from the kernel',
      makeVerdict({ code: 'K6', confidence: 'certain' }),
      { kernelKills: [makeKernelKill()] },
      [],
    ],
    ['L4 with events', makeVerdict({ code: 'L4', confidence: 'certain' }), { podEvents: [EVENT] }, ['log']],
    [
      'X4 by exclusion',
      makeVerdict({ code: 'X4', confidence: 'possible' }),
      { eventsCoverWindow: 'yes' },
      ['kernel log', 'journals', 'log'],
    ],
    [
      'pod being deleted has no log to come',
      makeVerdict({ code: 'P1', confidence: 'certain' }),
      { pod: makePod({ deletionAtMs: DIED_AT_MS }) },
      ['audit'],
    ],
    [
      'Windows has no kernel log of this kind',
      INSUFFICIENT,
      { pod: makePod({ os: 'windows' }) },
      ['events', 'journals', 'log'],
    ],
  ];
  it.each(rows)('%s', (_name, verdict, partial, expected) => {
    expect(asked(verdict, partial)).toEqual(expected);
  });

  it('says for each what its answers would mean', () => {
    for (const item of nextEvidence(
      INSUFFICIENT,
      makeDeath({ termination: ERROR_137, container: RUNNING }),
    )) {
      expect(item.decides.length).toBeGreaterThan(60);
      expect(item.decides).toMatch(/:/);
    }
  });

  it('reads the previous log only where a newer container exists', () => {
    expect(commandOf('lastState')).toBe('kubectl -n shop logs checkout-x2kqp -c api --previous --tail=50');
    expect(commandOf('state')).toBe('kubectl -n shop logs checkout-x2kqp -c api --tail=50');
  });

  it('warns that node access is not read-only', () => {
    const journals = nextEvidence(INSUFFICIENT, makeDeath({ nodeName: 'n1' })).find(
      (i) => kindOf(i) === 'journals',
    );
    expect(journals?.text).toContain('not a read-only permission');
    expect(journals?.command).toBe('exit137 why checkout-x2kqp -n shop --node-access');
  });

  it('a kernel report without a pod asks for the pods, by the UID in its cgroup', () => {
    const kill = makeKernelKill({
      taskCgroup: { path: '/kubepods/pod1', level: 'pod', podUid: '94eb36cd-29e1-4c5b-9d2e-0123456789ab' },
    });
    const [item] = nextEvidence(
      makeVerdict(),
      makeFacts({ subject: { kind: 'kernel' }, kernelKills: [kill] }),
    );
    expect(item?.text).toContain('94eb36cd-29e1-4c5b-9d2e-0123456789ab');
  });
});
