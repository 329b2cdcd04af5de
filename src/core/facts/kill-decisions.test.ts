import { describe, expect, it } from 'vitest';
import type { EventEvidence } from '../model/kubernetes.ts';
import { MINUTE_MS, SECOND_MS } from '../units.ts';
import { decisionOf, graceOf, killDecisions, timingOf } from './kill-decisions.ts';
import { DIED_AT_MS, makeContainer, makePod } from './testing.ts';
import type { KillDecision } from './types.ts';

// Texts of pkg/kubelet/kuberuntime (1.13, 1.36).
describe('decisionOf', () => {
  it.each<[string, KillDecision['decision']]>([
    ['Container api failed liveness probe, will be restarted', 'liveness'],
    [
      'Killing container with id docker://api:Container is unhealthy, it will be killed and re-created.',
      'liveness',
    ],
    ['Container api failed startup probe, will be restarted', 'startup'],
    ['FailedPostStartHook', 'poststart'],
    ['Container api definition changed, will be restarted', 'definition-changed'],
    ['Container api resize requires restart', 'resize'],
    ['killing', 'restart-all'],
    ['Stopping container api', 'stopping'],
    ['Stopping container killing', 'stopping'],
    ['something new', 'other'],
  ])('%s: %s', (message, expected) => {
    expect(decisionOf(message)).toBe(expected);
  });
});

describe('graceOf', () => {
  const probe = { handler: 'http', terminationGraceSeconds: 5 } as const;
  const pod = makePod({ terminationGraceSeconds: 60, deletionGraceSeconds: 10 });
  it.each<{ name: string; decision: KillDecision['decision']; seconds: number }>([
    { name: "a probe's own grace before the pod's", decision: 'liveness', seconds: 5 },
    { name: "a probe without one has the pod's", decision: 'startup', seconds: 60 },
    { name: 'a deletion has its own', decision: 'stopping', seconds: 10 },
    { name: 'a restart of all has none, raised to the floor of 2 s', decision: 'restart-all', seconds: 2 },
    { name: "any other has the pod's", decision: 'definition-changed', seconds: 60 },
  ])('$name', ({ decision, seconds }) => {
    expect(
      graceOf(decision, pod, makeContainer({ livenessProbe: probe, startupProbe: { handler: 'http' } })),
    ).toBe(seconds);
  });

  it('without a pod: the default of 30 s; forced deletion: the floor of 2 s', () => {
    expect(graceOf('stopping', undefined, undefined)).toBe(30);
    expect(graceOf('stopping', makePod({ deletionGraceSeconds: 0 }), undefined)).toBe(2);
  });
});

// |finishedAt - Killing - grace| <= max(3 s, 10 %)
describe('timingOf', () => {
  it.each([
    { after: 30, grace: 30, timing: 'matches' },
    { after: 33, grace: 30, timing: 'matches' },
    { after: 34, grace: 30, timing: 'late' },
    { after: 27, grace: 30, timing: 'matches' },
    { after: 26, grace: 30, timing: 'early' },
    { after: 660, grace: 600, timing: 'matches' },
    { after: 661, grace: 600, timing: 'late' },
    { after: 0, grace: 2, timing: 'matches' },
    { after: 0, grace: 30, timing: 'early' },
  ])('$after s after a decision with a grace of $grace s: $timing', ({ after, grace, timing }) => {
    expect(timingOf(decided({ atMs: DIED_AT_MS - after * SECOND_MS, graceSeconds: grace }), DIED_AT_MS)).toBe(
      timing,
    );
  });

  // `2m` of describe: the event is up to a minute older than printed.
  it.each([
    { after: 40, grace: 30, precision: 60, timing: 'late' },
    { after: 10, grace: 30, precision: 60, timing: 'unknown' },
    { after: 10, grace: 120, precision: 60, timing: 'early' },
    { after: 29, grace: 30, precision: 1, timing: 'matches' },
  ])('known to $precision s: $after s of $grace s is $timing', ({ after, grace, precision, timing }) => {
    const decision = decided({
      atMs: DIED_AT_MS - after * SECOND_MS,
      graceSeconds: grace,
      precisionMs: precision * SECOND_MS,
    });
    expect(timingOf(decision, DIED_AT_MS)).toBe(timing);
  });

  it('without either time: unknown', () => {
    expect(timingOf(decided({}), DIED_AT_MS)).toBe('unknown');
    expect(timingOf(decided({ atMs: 0 }), undefined)).toBe('unknown');
  });
});

function decided(partial: Partial<KillDecision>): KillDecision {
  return { at: 'event', message: '', decision: 'liveness', recordId: 'e', graceSeconds: 30, ...partial };
}

function killing(partial: Partial<EventEvidence>): EventEvidence {
  return {
    id: 'e',
    source: 'test',
    reason: 'Killing',
    message: 'Container api failed liveness probe, will be restarted',
    regarding: { kind: 'Pod', name: 'p' },
    container: 'api',
    count: 1,
    ...partial,
  };
}

function at(ms: number) {
  return { firstAtMs: ms, lastAtMs: ms };
}

describe('killDecisions', () => {
  const startedAtMs = DIED_AT_MS - 10 * MINUTE_MS;
  const life = {
    pod: makePod({ containers: [makeContainer(), makeContainer({ name: 'proxy' })] }),
    container: makeContainer(),
    startedAtMs,
    diedAtMs: DIED_AT_MS,
    containerId: 'a',
  };
  it.each<{ name: string; event: Partial<EventEvidence>; atMs: number | 'undated' | 'none' }>([
    { name: 'of this life', event: at(DIED_AT_MS - 30_000), atMs: DIED_AT_MS - 30_000 },
    { name: 'of the life before', event: at(startedAtMs - 30_000), atMs: 'none' },
    { name: 'after the death', event: at(DIED_AT_MS + 30_000), atMs: 'none' },
    { name: 'of another container', event: { ...at(DIED_AT_MS - 30_000), container: 'proxy' }, atMs: 'none' },
    {
      name: 'aggregated, its last occurrence here',
      event: { firstAtMs: startedAtMs - 600_000, lastAtMs: DIED_AT_MS - 30_000, count: 7 },
      atMs: DIED_AT_MS - 30_000,
    },
    {
      name: 'aggregated, first here and last in a later life',
      event: { firstAtMs: DIED_AT_MS - 30_000, lastAtMs: DIED_AT_MS + 600_000, count: 2 },
      atMs: DIED_AT_MS - 30_000,
    },
    {
      name: 'aggregated over this life: it may have occurred here, the instant is lost',
      event: { firstAtMs: startedAtMs - 600_000, lastAtMs: DIED_AT_MS + 600_000, count: 5 },
      atMs: 'undated',
    },
    {
      name: 'twice, once before and once after: not here',
      event: { firstAtMs: startedAtMs - 600_000, lastAtMs: DIED_AT_MS + 600_000, count: 2 },
      atMs: 'none',
    },
    { name: 'without times', event: {}, atMs: 'undated' },
    { name: 'of another reason', event: { ...at(DIED_AT_MS - 30_000), reason: 'Unhealthy' }, atMs: 'none' },
  ])('$name', ({ event, atMs }) => {
    const found = killDecisions([killing(event)], [], life);
    expect(found.map((decision) => decision.atMs ?? 'undated')).toEqual(atMs === 'none' ? [] : [atMs]);
  });

  it('a printed age that may be older than the death is taken, with its precision', () => {
    const event = killing({ ...at(DIED_AT_MS + 20_000), precisionMs: 60_000 });
    expect(killDecisions([event], [], life)).toMatchObject([
      { atMs: DIED_AT_MS + 20_000, precisionMs: 60_000 },
    ]);
  });

  it('a journal line of another instance of the container is not of this one', () => {
    const line = {
      id: 'j',
      source: 't',
      kind: 'kubelet-decision',
      line: '',
      atMs: DIED_AT_MS - 30_000,
    } as const;
    const message = 'Container api failed liveness probe, will be restarted';
    expect(killDecisions([], [{ ...line, message, containerId: 'b' }], life)).toEqual([]);
    expect(killDecisions([], [{ ...line, message, containerId: 'a' }], life)).toMatchObject([
      { decision: 'liveness' },
    ]);
  });
});
