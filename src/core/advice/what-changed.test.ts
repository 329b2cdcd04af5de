import { describe, expect, it } from 'vitest';
import {
  DIED_AT_MS,
  makeContainer,
  makeDeath,
  makeKernelKill,
  makePod,
  makeTemplate,
  makeVerdict,
  makeWorkload,
} from '../facts/testing.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { Change, Verdict } from '../model/diagnosis.ts';
import type { ContainerTemplate, WorkloadEvidence } from '../model/kubernetes.ts';
import { MIB } from '../units.ts';
import { whatChanged } from './index.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function replicaSet(
  revision: number,
  ageMs: number,
  containers: readonly ContainerTemplate[],
): WorkloadEvidence {
  return makeWorkload({
    id: `rs/${revision}`,
    kind: 'ReplicaSet',
    name: `checkout-${revision}`,
    revision,
    createdAtMs: DIED_AT_MS - ageMs,
    containers,
  });
}

function death(
  newer: readonly ContainerTemplate[],
  older: readonly ContainerTemplate[],
  partial: Partial<DeathFacts> = {},
): DeathFacts {
  return makeDeath({
    pod: makePod({ owner: { kind: 'ReplicaSet', name: 'checkout-88' } }),
    owners: [replicaSet(88, 2 * HOUR, newer), makeWorkload()],
    revisions: [replicaSet(88, 2 * HOUR, newer), replicaSet(87, 21 * DAY, older)],
    ...partial,
  });
}

const OLD = makeTemplate({ image: 'shop/checkout:v2.40.3' });
const NEW = makeTemplate({ image: 'shop/checkout:v2.41.0' });

const sorted = (changes: readonly Change[]): readonly string[] =>
  changes.map((c) => JSON.stringify(c)).toSorted();

const revision = (
  name: string,
  number: number,
  ageMs: number,
  template: ContainerTemplate,
): WorkloadEvidence =>
  makeWorkload({
    kind: 'ControllerRevision',
    name,
    revision: number,
    createdAtMs: DIED_AT_MS - ageMs,
    containers: [template],
  });

describe('what changed', () => {
  const rows: readonly (readonly [
    string,
    readonly ContainerTemplate[],
    readonly ContainerTemplate[],
    readonly Change[],
  ])[] = [
    [
      'image',
      [NEW],
      [OLD],
      [{ container: 'api', field: 'image', before: 'shop/checkout:v2.40.3', after: 'shop/checkout:v2.41.0' }],
    ],
    [
      'limit and request',
      [makeTemplate({ limits: { memoryBytes: 256 * MIB }, requests: { memoryBytes: 128 * MIB } })],
      [makeTemplate({ limits: { memoryBytes: 512 * MIB } })],
      [
        { container: 'api', field: 'memory limit', before: '512 MiB', after: '256 MiB' },
        { container: 'api', field: 'memory request', after: '128 MiB' },
      ],
    ],
    [
      'memory knob with its value, other variables by name',
      [
        makeTemplate({
          environment: [{ name: 'JAVA_TOOL_OPTIONS', value: '-Xmx1g' }, { name: 'CACHE_URL' }],
        }),
      ],
      [makeTemplate({ environment: [{ name: 'JAVA_TOOL_OPTIONS', value: '-Xmx512m' }, { name: 'DB_URL' }] })],
      [
        {
          container: 'api',
          field: 'environment',
          before: 'JAVA_TOOL_OPTIONS=-Xmx512m',
          after: 'JAVA_TOOL_OPTIONS=-Xmx1g',
        },
        { container: 'api', field: 'environment', before: 'DB_URL' },
        { container: 'api', field: 'environment', after: 'CACHE_URL' },
      ],
    ],
    [
      'command and args',
      [makeTemplate({ command: ['node', 'b.js'], args: ['--workers', '8'] })],
      [makeTemplate({ command: ['node', 'a.js'] })],
      [
        { container: 'api', field: 'command', before: 'node a.js', after: 'node b.js' },
        { container: 'api', field: 'args', after: '--workers 8' },
      ],
    ],
    [
      'containers that came and went',
      [makeTemplate(), makeTemplate({ name: 'proxy', image: 'envoy:1' })],
      [makeTemplate(), makeTemplate({ name: 'agent' })],
      [
        { container: 'proxy', field: 'container', after: 'envoy:1' },
        { container: 'agent', field: 'container', before: 'agent' },
      ],
    ],
    ['nothing', [OLD], [OLD], []],
  ];
  it.each(rows)('%s', (_name, newer, older, expected) => {
    expect(sorted(whatChanged(death(newer, older))?.changes ?? [])).toEqual(sorted(expected));
  });

  it('names both revisions and when the newer one came', () => {
    expect(whatChanged(death([NEW], [OLD]))).toMatchObject({
      fromRevision: 87,
      toRevision: 88,
      fromName: 'checkout-87',
      toName: 'checkout-88',
      atMs: DIED_AT_MS - 2 * HOUR,
    });
  });

  it('is absent with a single revision, and where the pod belongs to none', () => {
    expect(whatChanged(makeDeath({ revisions: [replicaSet(88, HOUR, [NEW])] }))).toBeUndefined();
    expect(whatChanged(death([NEW], [OLD], { pod: makePod() }))).toBeUndefined();
  });

  it.each([
    ['StatefulSet', { 'controller-revision-hash': 'web-6c7d' }, 'web-6c7d', 'web-5b8f'],
    ['DaemonSet', { 'controller-revision-hash': '6c7d' }, 'web-6c7d', 'web-5b8f'],
  ])('finds the ControllerRevision of a %s', (kind, labels, toName, fromName) => {
    const facts = makeDeath({
      pod: makePod({ owner: { kind, name: 'web' }, labels }),
      owners: [makeWorkload({ kind, name: 'web' })],
      revisions: [revision('web-6c7d', 4, HOUR, NEW), revision('web-5b8f', 3, 9 * DAY, OLD)],
    });
    const changed = whatChanged(facts, makeVerdict());
    expect(changed).toMatchObject({ toName, fromName });
    expect(changed?.rollbackCommand).toBe(
      `kubectl -n shop rollout undo ${kind === 'DaemonSet' ? 'ds' : 'sts'}/web --to-revision=3`,
    );
    expect(changed?.caution?.includes('delete that pod after the undo')).toBe(kind === 'StatefulSet');
  });
});

describe('rollback command', () => {
  const plain = death([NEW], [OLD]);
  it('is given where the death began with the newer revision', () => {
    const changed = whatChanged(plain, makeVerdict());
    expect(changed?.rollbackCommand).toBe('kubectl -n shop rollout undo deploy/checkout --to-revision=87');
    expect(changed?.caution).toContain('taken from the dates only');
  });

  it('without a verdict: for a death by memory, not for a planned one', () => {
    expect(whatChanged(plain)?.rollbackCommand).toBeDefined();
    const disruption = { reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' };
    expect(whatChanged({ ...plain, disruption })?.rollbackCommand).toBeUndefined();
    const termination = { exitCode: 137, reason: 'Error' };
    expect(whatChanged({ ...plain, termination })?.rollbackCommand).toBeUndefined();
  });

  const withheld: readonly (readonly [string, DeathFacts, Partial<Verdict>])[] = [
    ['for a deletion', plain, { code: 'P1' }],
    ['for an eviction over disk', plain, { code: 'L2' }],
    ['for a node that restarted', plain, { code: 'X3' }],
    ['for an exit as asked', plain, { code: 'exit-143' }],
    ['where the cause is not known', plain, { kind: 'insufficient-evidence', code: 'insufficient' }],
    ['where nothing changed', death([OLD], [OLD]), {}],
    [
      'where only the request changed, at the own limit',
      death([makeTemplate({ requests: { memoryBytes: 9 * MIB } })], [makeTemplate()]),
      {},
    ],
    [
      'where only a neighbour got another limit',
      death(
        [makeTemplate(), makeTemplate({ name: 'proxy', limits: { memoryBytes: MIB } })],
        [makeTemplate(), makeTemplate({ name: 'proxy' })],
      ),
      {},
    ],
    [
      'where the first death came 5 days after the revision',
      death([NEW], [OLD], { revisions: [replicaSet(88, 5 * DAY, [NEW]), replicaSet(87, 40 * DAY, [OLD])] }),
      {},
    ],
    [
      'where the older revision had less time to die than the newer one took',
      death([NEW], [OLD], {
        revisions: [replicaSet(88, 20 * HOUR, [NEW]), replicaSet(87, 25 * HOUR, [OLD])],
      }),
      {},
    ],
    [
      'where the newer number is itself a return to an older ReplicaSet',
      death([NEW], [OLD], { revisions: [replicaSet(88, 90 * DAY, [NEW]), replicaSet(87, 2 * HOUR, [OLD])] }),
      {},
    ],
    ['where the death came before the revision', { ...plain, diedAtMs: DIED_AT_MS - 3 * HOUR }, {}],
    [
      'where no date is known',
      death([NEW], [OLD], {
        revisions: [88, 87].map((r) =>
          makeWorkload({
            kind: 'ReplicaSet',
            name: `checkout-${r}`,
            revision: r,
            containers: [r === 88 ? NEW : OLD],
          }),
        ),
      }),
      {},
    ],
  ];
  it.each(withheld)('is withheld %s', (_name, facts, verdict) => {
    expect(whatChanged(facts, makeVerdict(verdict))?.rollbackCommand).toBeUndefined();
  });

  it.each([
    ['withheld from a victim within its request', 200, false],
    ['given where the victim took more than it asked for', 300, true],
  ])('node out of memory: %s', (_name, rssMib, given) => {
    const victim = { pid: 1, comm: 'node', anonRssBytes: rssMib * MIB };
    const facts = death([NEW], [OLD], { requestBytes: 256 * MIB, kernelKills: [makeKernelKill({ victim })] });
    expect(whatChanged(facts, makeVerdict({ code: 'K6' }))?.rollbackCommand !== undefined).toBe(given);
  });

  it('a crash loop over days still began with the revision, if each life was short', () => {
    const status = { restartCount: 40 };
    const facts = death([NEW], [OLD], {
      container: makeContainer({ status }),
      revisions: [replicaSet(88, 5 * DAY, [NEW]), replicaSet(87, 40 * DAY, [OLD])],
    });
    expect(whatChanged(facts, makeVerdict())?.rollbackCommand).toBeDefined();
  });

  it.each([
    ['a paused Deployment says why not', { owners: [makeWorkload({ paused: true })] }, 'resume it first'],
    [
      'a Deployment being deleted',
      { owners: [makeWorkload({ deletionAtMs: DIED_AT_MS })] },
      'is being deleted',
    ],
    [
      'a newer revision on its way',
      {
        revisions: [
          replicaSet(89, HOUR, [OLD]),
          replicaSet(88, 2 * HOUR, [NEW]),
          replicaSet(87, 21 * DAY, [OLD]),
        ],
      },
      'already rolling out',
    ],
  ])('%s', (_name, partial, words) => {
    const changed = whatChanged(death([NEW], [OLD], partial), makeVerdict());
    expect(changed?.rollbackCommand).toBeUndefined();
    expect(changed?.caution).toContain(words);
  });

  it('says that Argo CD will undo it and that the rollout is not finished', () => {
    const older = { ...replicaSet(87, 21 * DAY, [OLD]), desiredReplicas: 2 };
    const facts = death([NEW], [OLD], {
      owners: [makeWorkload({ managedBy: 'argocd' })],
      revisions: [replicaSet(88, 2 * HOUR, [NEW]), older],
    });
    const caution = whatChanged(facts, makeVerdict())?.caution;
    expect(caution).toContain('Argo CD');
    expect(caution).toContain('both revisions have pods');
  });

  it('compares with the highest lower number, whatever the order of the list', () => {
    const facts = death([NEW], [OLD], {
      revisions: [
        replicaSet(80, 90 * DAY, [NEW]),
        replicaSet(87, 21 * DAY, [OLD]),
        replicaSet(88, 2 * HOUR, [NEW]),
      ],
    });
    expect(whatChanged(facts)?.fromRevision).toBe(87);
  });
});
