import { describe, expect, it } from 'vitest';
import type { EventCoverage } from '../model/bundle.ts';
import { emptyBundle } from '../model/merge.ts';
import type { LogCoverage } from '../model/node-log.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../units.ts';
import { DIED_AT_MS, makePod } from './testing.ts';
import { deathWindow, eventsAreLimited, eventsCover, logCovers, within } from './window.ts';

// W = [finishedAt - max(300 s, grace + 60 s), finishedAt + 30 s]
describe('deathWindow', () => {
  it.each([
    { grace: 0, before: 300 },
    { grace: 30, before: 300 },
    { grace: 240, before: 300 },
    { grace: 241, before: 301 },
    { grace: 600, before: 660 },
  ])('a grace of $grace s reaches back $before s', ({ grace, before }) => {
    expect(deathWindow(DIED_AT_MS, grace)).toEqual({
      fromMs: DIED_AT_MS - before * SECOND_MS,
      toMs: DIED_AT_MS + 30 * SECOND_MS,
    });
  });

  it('holds its ends, and nothing undated', () => {
    const window = deathWindow(DIED_AT_MS, 30);
    expect(within(window, window.fromMs)).toBe(true);
    expect(within(window, window.toMs)).toBe(true);
    expect(within(window, window.fromMs - 1)).toBe(false);
    expect(within(window, window.toMs + 1)).toBe(false);
    expect(within(window, undefined)).toBe(false);
    expect(within(undefined, DIED_AT_MS)).toBe(false);
  });
});

const pod = makePod();
const window = deathWindow(DIED_AT_MS, 30);

function covered(...eventCoverage: readonly EventCoverage[]) {
  return eventsCover({ ...emptyBundle(DIED_AT_MS), eventCoverage }, pod, window);
}

// Events live one hour (--event-ttl); the window begins five minutes before the death.
describe('eventsCover', () => {
  it.each<{ name: string; list: EventCoverage; expected: 'yes' | 'no' }>([
    {
      name: 'read a minute later',
      list: { source: 'e', oldestAtMs: DIED_AT_MS, readAtMs: DIED_AT_MS + MINUTE_MS },
      expected: 'yes',
    },
    {
      name: 'read 49 minutes later',
      list: { source: 'e', oldestAtMs: DIED_AT_MS, readAtMs: DIED_AT_MS + 49 * MINUTE_MS },
      expected: 'yes',
    },
    {
      name: 'read an hour later',
      list: { source: 'e', oldestAtMs: DIED_AT_MS, readAtMs: DIED_AT_MS + HOUR_MS },
      expected: 'no',
    },
    {
      name: 'read before the death',
      list: { source: 'e', oldestAtMs: DIED_AT_MS - MINUTE_MS, readAtMs: DIED_AT_MS - MINUTE_MS },
      expected: 'no',
    },
    {
      name: 'read a day later, with an older event in it',
      list: { source: 'e', readAtMs: DIED_AT_MS + 24 * HOUR_MS, oldestAtMs: window.fromMs },
      expected: 'yes',
    },
    {
      name: 'of unknown age, with an older event',
      list: { source: 'e', oldestAtMs: window.fromMs - 1 },
      expected: 'yes',
    },
    {
      name: 'of unknown age, reaching into the window only',
      list: { source: 'e', oldestAtMs: window.fromMs + 1 },
      expected: 'no',
    },
    {
      name: 'empty, read a minute later',
      list: { source: 'e', readAtMs: DIED_AT_MS + MINUTE_MS },
      expected: 'no',
    },
    {
      name: 'of another namespace',
      list: {
        source: 'e',
        namespace: 'kube-system',
        oldestAtMs: DIED_AT_MS,
        readAtMs: DIED_AT_MS + MINUTE_MS,
      },
      expected: 'no',
    },
    {
      name: 'of another pod',
      list: {
        source: 'e',
        regarding: { kind: 'Pod', name: 'other' },
        oldestAtMs: DIED_AT_MS,
        readAtMs: DIED_AT_MS + MINUTE_MS,
      },
      expected: 'no',
    },
    {
      name: 'of this pod alone',
      list: {
        source: 'e',
        regarding: { kind: 'Pod', name: pod.name },
        oldestAtMs: DIED_AT_MS,
        readAtMs: DIED_AT_MS + MINUTE_MS,
      },
      expected: 'yes',
    },
  ])('$name: $expected', ({ list, expected }) => {
    expect(covered(list)).toBe(expected);
  });

  // Staged: all events were deleted 13 s after the pod's creation; those of the next start came back at once.
  it.each([
    { name: 'from its creation on', oldestAfterSeconds: 0, expected: 'yes' },
    { name: 'a second later, by a busy scheduler', oldestAfterSeconds: 1, expected: 'yes' },
    { name: 'only from its second start on', oldestAfterSeconds: 13, expected: 'no' },
  ])('a young pod whose events are there $name: $expected', ({ oldestAfterSeconds, expected }) => {
    const createdAtMs = DIED_AT_MS - 14 * SECOND_MS;
    const oldestAtMs = createdAtMs + oldestAfterSeconds * SECOND_MS;
    const list = { source: 'e', oldestAtMs, readAtMs: DIED_AT_MS + 5 * SECOND_MS };
    const bundle = { ...emptyBundle(DIED_AT_MS), eventCoverage: [list] };
    expect(eventsCover(bundle, { ...pod, createdAtMs }, window)).toBe(expected);
  });

  it('no list read: no; no time of death: unknown', () => {
    expect(covered()).toBe('no');
    expect(eventsCover(emptyBundle(DIED_AT_MS), pod, undefined)).toBe('unknown');
  });
});

describe('logCovers', () => {
  const spans: LogCoverage = {
    source: 'l',
    log: 'kernel',
    nodeName: 'n1',
    fromMs: DIED_AT_MS - HOUR_MS,
    toMs: DIED_AT_MS + HOUR_MS,
  };
  it.each<{ name: string; coverage: Partial<LogCoverage>; expected: boolean }>([
    { name: 'written before and after', coverage: {}, expected: true },
    { name: 'ended before the death', coverage: { toMs: DIED_AT_MS - 1 }, expected: false },
    { name: 'begun after the death', coverage: { fromMs: DIED_AT_MS + 1 }, expected: false },
    { name: 'of another node', coverage: { nodeName: 'n2' }, expected: false },
    { name: 'of another kind', coverage: { log: 'kubelet' }, expected: false },
  ])('$name: $expected', ({ coverage, expected }) => {
    const bundle = { ...emptyBundle(DIED_AT_MS), logCoverage: [{ ...spans, ...coverage }] };
    expect(logCovers(bundle, ['kernel'], { nodeName: 'n1', diedAtMs: DIED_AT_MS })).toBe(expected);
  });
});

const told = (count: number, reportedBy?: string) => ({
  id: `e${count}`,
  source: 'events',
  reason: 'BackOff',
  message: 'Back-off restarting failed container',
  regarding: { kind: 'Pod', name: 'p' },
  count,
  ...(reportedBy === undefined ? {} : { reportedBy }),
});

describe('eventsAreLimited', () => {
  it.each([
    // The burst of client-go's spam filter is 25 events of one source about one object.
    ['the whole burst', [told(20, 'kubelet'), told(5, 'kubelet')], false],
    ['one more', [told(20, 'kubelet'), told(6, 'kubelet')], true],
    ['many of another source', [told(400, 'default-scheduler')], false],
    ['source not stated: most are the kubelet’s', [told(229)], true],
  ])('%s', (_name, events, limited) => {
    expect(eventsAreLimited(events)).toBe(limited);
  });
});
