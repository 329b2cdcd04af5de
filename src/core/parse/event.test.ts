import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventCoverageOf, parseEvent } from './event.ts';

const context = { source: 'events.json', readAtMs: 10_000_000_000_000 };
const AT = Date.UTC(2026, 9, 2, 14, 14, 3);

function eventOf(raw: unknown) {
  const parsed = parseEvent(raw, context);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

describe('parseEvent', () => {
  it('reads a core/v1 event of the kubelet', () => {
    expect(
      eventOf({
        kind: 'Event',
        apiVersion: 'v1',
        metadata: {
          name: 'web-0.17',
          namespace: 'shop',
          uid: 'e-1',
          annotations: { starved_resource: 'memory', x: 'y' },
        },
        involvedObject: {
          kind: 'Pod',
          namespace: 'shop',
          name: 'web-0',
          uid: 'u',
          fieldPath: 'spec.containers{app}',
        },
        reason: 'Killing',
        message: 'Stopping container app',
        source: { component: 'kubelet', host: 'node-1' },
        firstTimestamp: '2026-10-02T14:14:03Z',
        lastTimestamp: '2026-10-02T14:15:03Z',
        count: 3,
        type: 'Normal',
        eventTime: null,
      }),
    ).toEqual({
      id: 'event:e-1',
      source: 'events.json',
      namespace: 'shop',
      type: 'Normal',
      reason: 'Killing',
      message: 'Stopping container app',
      regarding: { kind: 'Pod', name: 'web-0', namespace: 'shop', uid: 'u' },
      container: 'app',
      reportedBy: 'kubelet',
      host: 'node-1',
      firstAtMs: AT,
      lastAtMs: AT + 60_000,
      count: 3,
      annotations: { starved_resource: 'memory' },
    });
  });

  it('reads an events.k8s.io/v1 event with a series', () => {
    expect(
      eventOf({
        kind: 'Event',
        apiVersion: 'events.k8s.io/v1',
        metadata: { name: 'x', namespace: 'shop' },
        regarding: { kind: 'Pod', namespace: 'shop', name: 'web-0' },
        reason: 'FailedScheduling',
        note: '0/5 nodes are available: 5 Insufficient memory.',
        reportingController: 'default-scheduler',
        reportingInstance: 'default-scheduler-1',
        eventTime: '2026-10-02T14:14:03.000000Z',
        series: { count: 4, lastObservedTime: '2026-10-02T14:14:33.000000Z' },
        deprecatedSource: {},
        type: 'Warning',
      }),
    ).toMatchObject({
      id: 'event:shop/x',
      message: '0/5 nodes are available: 5 Insufficient memory.',
      reportedBy: 'default-scheduler',
      firstAtMs: AT,
      lastAtMs: AT + 30_000,
      count: 4,
    });
  });

  it.each([
    [
      'deprecated fields',
      {
        deprecatedCount: 5,
        deprecatedFirstTimestamp: '2026-10-02T14:14:03Z',
        deprecatedLastTimestamp: '2026-10-02T14:14:04Z',
        deprecatedSource: { component: 'kubelet', host: 'n' },
      },
      { count: 5, firstAtMs: AT, lastAtMs: AT + 1000, reportedBy: 'kubelet', host: 'n' },
    ],
    ['only an event time', { eventTime: '2026-10-02T14:14:03Z' }, { count: 1, firstAtMs: AT, lastAtMs: AT }],
    [
      'a kubelet as instance',
      { reportingComponent: 'kubelet', reportingInstance: 'n' },
      { reportedBy: 'kubelet', host: 'n' },
    ],
    [
      'an init container',
      { regarding: { kind: 'Pod', name: 'p', fieldPath: 'spec.initContainers{i}' } },
      { container: 'i' },
    ],
    [
      'a combined message',
      { message: '(combined from similar events): Liveness probe failed' },
      { message: 'Liveness probe failed', combined: true },
    ],
    ['a count of nothing', { count: 0 }, { count: 1 }],
  ])('reads %s', (_name, fields, expected) => {
    expect(eventOf({ reason: 'R', regarding: { kind: 'Pod', name: 'p' }, ...fields })).toMatchObject(
      expected,
    );
  });

  it.each([
    ['no reason', { involvedObject: { kind: 'Pod', name: 'p' } }],
    ['no object', { reason: 'R' }],
    ['nothing', null],
  ])('refuses %s', (_name, raw) => {
    expect(parseEvent(raw, context)).toMatchObject({ ok: false, error: { code: 'event.not-an-event' } });
  });

  it('never throws', () => {
    const fields = fc.record({
      reason: fc.oneof(fc.string(), fc.jsonValue()),
      involvedObject: fc.oneof(fc.jsonValue(), fc.record({ kind: fc.string(), name: fc.string() })),
      message: fc.jsonValue(),
      series: fc.jsonValue(),
      metadata: fc.jsonValue(),
      firstTimestamp: fc.jsonValue(),
    });
    fc.assert(fc.property(fields, (raw) => typeof parseEvent(raw, context).ok === 'boolean'));
  });
});

const event = (namespace: string, firstAtMs: number, lastAtMs?: number) => ({
  ...eventOf({ reason: 'R', regarding: { kind: 'Pod', name: 'p', namespace } }),
  firstAtMs,
  ...(lastAtMs === undefined ? {} : { lastAtMs }),
});

describe('eventCoverageOf', () => {
  it('reaches back to the oldest last instant, for events expire by that', () => {
    const coverage = eventCoverageOf([event('a', 5, 900), event('a', 300, 400)], context);
    expect(coverage).toEqual({
      source: 'events.json',
      namespace: 'a',
      oldestAtMs: 400,
      readAtMs: context.readAtMs,
    });
  });

  it.each([
    ['several namespaces', [event('a', 1, 2), event('b', 1, 3)], {}, undefined],
    ['a scope', [event('a', 1, 2)], { eventScope: {} }, undefined],
    ['a scope of one namespace', [], { eventScope: { namespace: 'x' } }, 'x'],
  ])('of %s', (_name, events, scope, namespace) => {
    expect(eventCoverageOf(events, { ...context, ...scope })?.namespace).toBe(namespace);
  });

  it.each([
    ['an empty list of unknown scope', []],
    ['events without instants', [event('a', 1)]],
  ])('is unknown for %s', (_name, events) => {
    expect(eventCoverageOf(events, context)).toBeUndefined();
  });
});
