import { describe, expect, it } from 'vitest';
import {
  DIED_AT_MS,
  makeContainer,
  makeDeath,
  makeFacts,
  makeKernelKill,
  makePod,
  makeTemplate,
  makeVerdict,
  makeWorkload,
} from '../facts/testing.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { Action, Verdict } from '../model/diagnosis.ts';
import { CAUSE_CODES } from '../model/diagnosis.ts';
import { GIB, MIB } from '../units.ts';
import { advise } from './index.ts';

/** Everything that people would read or paste, in one string. */
function said(actions: readonly Action[]): string {
  return actions.map((a) => [a.text, a.command, a.caution].join(' ')).join('\n');
}

function commandsOf(actions: readonly Action[]): readonly string[] {
  return actions.flatMap(({ command }) => command ?? []);
}

const DEPLOYMENT = makeWorkload({ containers: [makeTemplate({ limits: { memoryBytes: 512 * MIB } })] });
const REPLICASET_OWNER = { kind: 'ReplicaSet', name: 'checkout-7d9f8b6c5' };
const LIMITED = makeContainer({
  limits: { memoryBytes: 512 * MIB },
  requests: { memoryBytes: 256 * MIB },
  status: { restartCount: 3 },
});

function limitedDeath(partial: Partial<DeathFacts> = {}): DeathFacts {
  return makeDeath({
    pod: makePod({ owner: REPLICASET_OWNER, containers: [LIMITED] }),
    owners: [DEPLOYMENT],
    limitBytes: 512 * MIB,
    requestBytes: 256 * MIB,
    nodeName: 'n1',
    ...partial,
  });
}

describe('every verdict has advice', () => {
  const facts = limitedDeath({ termination: { exitCode: 137, reason: 'Error' } });
  it.each(CAUSE_CODES.map((code) => [code] as const))('%s', (code) => {
    const actions = advise(makeVerdict({ code }), facts);
    expect(actions.length).toBeGreaterThan(0);
    for (const { text } of actions) {
      expect(text).not.toMatch(/undefined|NaN|null|\[object/);
      expect(text).toMatch(/[.]$/);
      expect(text).not.toContain('!');
    }
  });

  it.each([
    ['exit-1', 'log'],
    ['exit-127', 'did not find'],
    ['exit-134', 'abort'],
    ['exit-135', '/dev/shm'],
    ['exit-143', 'Nothing to repair'],
    ['exit-0', 'Nothing to repair'],
  ] as const)('%s', (code, word) => {
    const termination = { exitCode: Number(code.slice(5)), reason: 'Error' };
    expect(said(advise(makeVerdict({ code }), limitedDeath({ termination })))).toContain(word);
  });
});

/** domain.md 2.5, the column "Do not say". */
describe('never more than the evidence allows', () => {
  const rows: readonly (readonly [string, Verdict['code'], Partial<DeathFacts>, RegExp])[] = [
    ['K1 without figures: no command that raises the limit', 'K1', {}, /--limits/],
    ['K1: no claim of a leak', 'K1', {}, /\bis a leak(?! \(take)|memory leak/i],
    ['K2: not healthy', 'K2', {}, /healthy/i],
    ['K3: not healthy', 'K3', {}, /healthy/i],
    ['K4: no blame for the victim', 'K4', {}, /container api (used|took|leaks|caused)/i],
    ['K5: no higher limit for the victim', 'K5', {}, /--limits|raise (the|its) (memory )?limit/i],
    ['K6: no higher limit for the victim', 'K6', {}, /--limits|raise (the|its) (memory )?limit/i],
    ['L1: no higher limit for the victim', 'L1', {}, /--limits|raise (the|its) (memory )?limit/i],
    ['L2: not memory', 'L2', {}, /\bmemory\b/i],
    ['L3: not memory', 'L3', {}, /\bmemory\b/i],
    ['L4: not memory', 'L4', {}, /\bmemory\b|\bOOM/i],
    ['L5: not memory', 'L5', {}, /\bmemory\b|\bOOM/i],
    ['L7: no crash', 'L7', {}, /crash/i],
    ['L8: no crash', 'L8', {}, /crash/i],
    ['L10: no fault of the program', 'L10', {}, /\bbug\b|crash/i],
    ['P2: no fault of the program', 'P2', {}, /\bbug\b|crash/i],
    ['P3: no fault of the program', 'P3', {}, /\bbug\b|crash/i],
    ['P4: no fault of the program', 'P4', {}, /\bbug\b|crash/i],
    ['P5: no fault of the program', 'P5', {}, /\bbug\b|crash/i],
    ['L15: no SIGKILL', 'L15', {}, /SIGKILL/],
    ['X3: no SIGKILL', 'X3', {}, /SIGKILL/],
    ['X1: no OOMKilled', 'X1', {}, /OOMKilled/],
    ['X2: no OOMKilled', 'X2', {}, /OOMKilled/],
    ['X4: no memory setting', 'X4', {}, /--limits|raise/i],
    ['W1: no OOM claimed', 'W1', {}, /OOMKilled|was killed/],
  ];
  it.each(rows)('%s', (_name, code, partial, forbidden) => {
    const termination = { exitCode: 137, reason: code.startsWith('K') ? 'OOMKilled' : 'Error' };
    const actions = advise(makeVerdict({ code }), limitedDeath({ termination, ...partial }));
    expect(actions.length).toBeGreaterThan(0);
    expect(said(actions)).not.toMatch(forbidden);
  });

  it.each(['insufficient', 'ambiguous'] as const)('%s: no fix, only how to know', (code) => {
    const kind = code === 'ambiguous' ? 'ambiguous' : 'insufficient-evidence';
    const verdict = makeVerdict({ kind, code });
    const actions = advise(verdict, limitedDeath());
    expect(new Set(actions.map((a) => a.kind))).toEqual(new Set(['investigate', 'prevent']));
    expect(commandsOf(actions)).toEqual(['exit137 record deploy/checkout -n shop --watch --out deaths']);
  });

  it.each(['L7', 'P1', 'P3', 'L4', 'exit-143'] as const)(
    'false OOMKilled beside %s: hands off the limit',
    (code) => {
      const termination = { exitCode: 143, reason: 'OOMKilled' };
      const text = said(advise(makeVerdict({ code }), limitedDeath({ termination })));
      expect(text).toContain('Leave the memory limit alone');
      expect(text).not.toContain('--limits');
    },
  );

  it('says nothing of a stale flag where there is none', () => {
    const termination = { exitCode: 143, reason: 'Error' };
    expect(said(advise(makeVerdict({ code: 'P1' }), limitedDeath({ termination })))).not.toContain(
      'OOMKilled',
    );
  });
});

describe('K1', () => {
  it('calls a higher limit a stop-gap and gives no figure where none is in the evidence', () => {
    const stopGap = advise(makeVerdict(), limitedDeath()).find(({ kind }) => kind === 'stop-gap');
    expect(stopGap?.text).toContain('512 MiB');
    expect(stopGap?.text).toContain('How high is not in this evidence');
    expect(stopGap?.command).toBeUndefined();
  });

  it('takes the figure from the revision before, where that had a higher limit', () => {
    const day = 86_400_000;
    const newer = makeWorkload({
      kind: 'ReplicaSet',
      name: 'checkout-7d9f8b6c5',
      revision: 88,
      createdAtMs: DIED_AT_MS - 3 * day,
      containers: [makeTemplate({ limits: { memoryBytes: 512 * MIB } })],
    });
    const older = makeWorkload({
      kind: 'ReplicaSet',
      name: 'checkout-5b6c7d8e9',
      revision: 87,
      createdAtMs: DIED_AT_MS - 30 * day,
      containers: [makeTemplate({ limits: { memoryBytes: 768 * MIB } })],
    });
    const actions = advise(makeVerdict(), limitedDeath({ revisions: [newer, older] }));
    const stopGap = actions.find(({ kind }) => kind === 'stop-gap');
    expect(stopGap?.command).toBe(
      'kubectl -n shop set resources deploy/checkout -c api --limits=memory=768Mi',
    );
    expect(stopGap?.caution).toContain('Replaces every pod of deploy/checkout');
  });

  it('speaks of start-up, not of growth, when it dies at once again and again', () => {
    const termination = {
      exitCode: 137,
      reason: 'OOMKilled',
      startedAtMs: DIED_AT_MS - 3000,
      finishedAtMs: DIED_AT_MS,
    };
    const text = said(advise(makeVerdict(), limitedDeath({ termination })));
    expect(text).toContain('it dies 3 s after each start');
    expect(text).not.toMatch(/\bleak|stop-gap|buys time/);
  });

  it('counts equal workers in the kernel table', () => {
    // 4 x 25600 pages x 4 KiB = 400 MiB of 410 MiB.
    const processes = [
      ...[1, 2, 3, 4].map((pid) => ({ pid, comm: 'gunicorn', rssPages: 25_600 })),
      { pid: 5, comm: 'sh', rssPages: 2560 },
    ];
    const kernelKills = [makeKernelKill({ processes })];
    expect(said(advise(makeVerdict(), limitedDeath({ kernelKills })))).toContain(
      '4 processes named gunicorn held 400 MiB together',
    );
  });

  it('names tmpfs where the kernel counted much of it', () => {
    const kernelKills = [makeKernelKill({ usageBytes: 512 * MIB, stat: { shmemBytes: 300 * MIB } })];
    expect(said(advise(makeVerdict(), limitedDeath({ kernelKills })))).toContain(
      '300 MiB of 512 MiB was tmpfs',
    );
    const little = [makeKernelKill({ usageBytes: 512 * MIB, stat: { shmemBytes: 30 * MIB } })];
    expect(said(advise(makeVerdict(), limitedDeath({ kernelKills: little })))).not.toContain('tmpfs');
  });
});

const java = (value: string): DeathFacts =>
  limitedDeath({
    container: makeContainer({
      command: ['java', '-jar', 'app.jar'],
      environment: [{ name: 'JAVA_TOOL_OPTIONS', value }],
    }),
  });

describe('runtimes', () => {
  it('a fixed heap above the limit: fit it in, or 1024 MiB / 0.75 around it', () => {
    const actions = advise(makeVerdict(), java('-Xmx1g'));
    expect(actions.find(({ kind }) => kind === 'fix')?.text).toContain('-Xmx1g');
    // 1024 / 0.75 = 1365.33, up to whole MiB.
    expect(actions.find(({ kind }) => kind === 'stop-gap')?.command).toContain('--limits=memory=1366Mi');
  });

  it.each([
    ['a heap that leaves room', '-Xmx256m'],
    ['a heap in percent, which grows with the limit', '-XX:MaxRAMPercentage=95'],
  ])('%s gives no figure for the limit', (_name, value) => {
    expect(
      advise(makeVerdict(), java(value)).find(({ kind }) => kind === 'stop-gap')?.command,
    ).toBeUndefined();
  });

  it('no larger heap is advised to a JVM that has no setting: its default is a quarter of the limit', () => {
    expect(said(advise(makeVerdict(), java('')))).not.toContain('is not set');
  });

  it('H1 and K1 point in opposite directions', () => {
    const heap = said(advise(makeVerdict({ code: 'H1' }), java('-Xmx256m')));
    expect(heap).toContain('-Xmx256m');
    expect(heap).toContain('raise the heap setting and the container limit together');
  });
});

describe('K3', () => {
  it('treats a Job that succeeded over a killed child as failed', () => {
    const pod = makePod({ owner: { kind: 'Job', name: 'report-28' }, phase: 'Succeeded' });
    const termination = { exitCode: 0, reason: 'OOMKilled' };
    const text = said(advise(makeVerdict({ code: 'K3' }), makeDeath({ pod, termination })));
    expect(text).toContain('Treat this run of Job report-28 as failed');
  });
});

describe('K4', () => {
  it('names an unbounded memory-backed volume and replaces the pod, because a restart keeps its files', () => {
    const pod = makePod({ owner: REPLICASET_OWNER, memoryVolumes: [{ name: 'cache' }] });
    const actions = advise(makeVerdict({ code: 'K4' }), makeDeath({ pod }));
    expect(said(actions)).toContain('Give the memory-backed volume cache a sizeLimit');
    expect(commandsOf(actions)).toContain('kubectl -n shop delete pod checkout-x2kqp');
  });

  it('deletes no pod that nobody would replace', () => {
    const pod = makePod({ memoryVolumes: [{ name: 'cache' }] });
    expect(commandsOf(advise(makeVerdict({ code: 'K4' }), makeDeath({ pod })))).toEqual([]);
  });

  it('repeats the victim as the largest process only where it is another', () => {
    const processes = [{ pid: 7, comm: 'proxy', rssPages: 25_600 }];
    const words = (pid: number): string =>
      said(
        advise(
          makeVerdict({ code: 'K4' }),
          makeDeath({ kernelKills: [makeKernelKill({ processes, victim: { pid, comm: 'x' } })] }),
        ),
      );
    expect(words(8)).toContain('Largest in its table: proxy (pid 7) with 100 MiB');
    expect(words(7)).not.toContain('Largest');
  });

  it('points to the neighbours', () => {
    const pod = makePod({ containers: [makeContainer(), makeContainer({ name: 'proxy', role: 'sidecar' })] });
    expect(said(advise(makeVerdict({ code: 'K4' }), makeDeath({ pod })))).toContain('its neighbours proxy');
  });
});

describe('K8', () => {
  it('goes back to the template where only the pod was resized', () => {
    const facts = limitedDeath({ limitBytes: 256 * MIB });
    const [first] = advise(makeVerdict({ code: 'K8' }), facts);
    expect(first?.text).toContain('template still says 512 MiB, only this pod was resized to 256 MiB');
    expect(first?.command).toBe('kubectl -n shop delete pod checkout-x2kqp');
  });
});

function eviction(usageBytes: number, requestBytes: number | undefined): DeathFacts {
  return limitedDeath({
    eviction: {
      resource: 'memory',
      availableText: '82340Ki',
      thresholdText: '100Mi',
      consumers: [
        {
          kind: 'container',
          name: 'api',
          usageBytes,
          exceedsRequest: true,
          ...(requestBytes === undefined ? {} : { requestBytes }),
        },
      ],
    },
  });
}

describe('L1', () => {
  it('raises the request of who used more than it asked for, rounded up to whole MiB', () => {
    // 400 MiB and one byte: 401Mi covers it, 400Mi would not.
    const [first] = advise(makeVerdict({ code: 'L1' }), eviction(400 * MIB + 1, 256 * MIB));
    expect(first?.command).toBe(
      'kubectl -n shop set resources deploy/checkout -c api --requests=memory=401Mi',
    );
    expect(first?.text).toContain('it used 400 MiB and requested 256 MiB');
  });

  it('asks for no request above the limit, which the API would refuse', () => {
    const [first] = advise(makeVerdict({ code: 'L1' }), eviction(2 * GIB, 256 * MIB));
    expect(first?.command).toContain('--requests=memory=512Mi');
  });

  it('says so where nothing was requested', () => {
    expect(said(advise(makeVerdict({ code: 'L1' }), eviction(400 * MIB, undefined)))).toContain(
      'requested nothing',
    );
  });

  it('looks elsewhere where the pod was within its request', () => {
    const text = said(
      advise(makeVerdict({ code: 'L1' }), limitedDeath({ eviction: { resource: 'memory', consumers: [] } })),
    );
    expect(text).toContain('pods of the node that use far more');
    expect(text).not.toContain('--requests');
  });
});

describe('who undoes it, and what restarts', () => {
  const cases: readonly (readonly [string, Partial<DeathFacts>, string])[] = [
    ['helm', { owners: [makeWorkload({ managedBy: 'helm' })] }, 'next helm upgrade'],
    ['argocd', { owners: [makeWorkload({ managedBy: 'argocd' })] }, 'Argo CD'],
    ['flux', { owners: [makeWorkload({ managedBy: 'flux' })] }, 'Flux'],
    [
      'operator',
      {
        owners: [
          makeWorkload({ kind: 'StatefulSet', name: 'prom', owner: { kind: 'Prometheus', name: 'k8s' } }),
        ],
      },
      'Prometheus k8s owns it',
    ],
    ['daemonset', { owners: [makeWorkload({ kind: 'DaemonSet', name: 'agent' })] }, 'node by node'],
    [
      'cronjob',
      { owners: [makeWorkload({ kind: 'Job', name: 'r-1' }), makeWorkload({ kind: 'CronJob', name: 'r' })] },
      'Restarts nothing',
    ],
  ];
  it.each(cases)('%s', (_name, partial, words) => {
    const eviction = {
      resource: 'memory' as const,
      consumers: [{ kind: 'container' as const, name: 'api', usageBytes: 300 * MIB, exceedsRequest: true }],
    };
    const [first] = advise(makeVerdict({ code: 'L1' }), limitedDeath({ ...partial, eviction }));
    expect(first?.command).toContain('set resources');
    expect(first?.caution).toContain(words);
  });

  it('changes no Job, whose template is immutable', () => {
    const eviction = {
      resource: 'memory' as const,
      consumers: [{ kind: 'container' as const, name: 'api', usageBytes: 300 * MIB, exceedsRequest: true }],
    };
    const owners = [makeWorkload({ kind: 'Job', name: 'r-1' })];
    const [first] = advise(makeVerdict({ code: 'L1' }), limitedDeath({ owners, eviction }));
    expect(first?.command).toBeUndefined();
  });
});

const words = (command: readonly string[]): string =>
  said(advise(makeVerdict({ code: 'L7' }), makeDeath({ container: makeContainer({ command }) })));

describe('shutdown', () => {
  it('tells a shell that runs the program as a child from one that execs it', () => {
    expect(words(['/bin/sh', '-c', 'migrate; node server.js'])).toContain('runs through sh -c');
    expect(words(['/bin/sh', '-c', 'migrate; exec node server.js'])).not.toContain('runs through');
    expect(words(['/bin/sh', '-c', 'node server.js'])).not.toContain('runs through');
    expect(words(['node', 'server.js'])).not.toContain('runs through');
  });

  it('gives the sums of an overrun preStop hook', () => {
    const container = makeContainer({ preStop: { handler: 'sleep', sleepSeconds: 40 } });
    const text = said(
      advise(makeVerdict({ code: 'P1', via: 'L8' }), makeDeath({ container, graceSeconds: 45 })),
    );
    expect(text).toContain('It sleeps 40 s of the 45 s grace period');
  });

  it('adds it to a probe kill only where the grace period ran out', () => {
    const decision = {
      at: 'event',
      message: '',
      decision: 'liveness',
      recordId: 'e1',
      graceSeconds: 30,
    } as const;
    const kill = (secondsBefore: number): string =>
      said(
        advise(
          makeVerdict({ code: 'L4' }),
          makeDeath({
            termination: { exitCode: 137, reason: 'Error', finishedAtMs: DIED_AT_MS },
            killDecisions: [{ ...decision, atMs: DIED_AT_MS - secondsBefore * 1000 }],
          }),
        ),
      );
    expect(kill(30)).toContain('SIGTERM');
    expect(kill(4)).not.toContain('SIGTERM');
  });
});

describe('L4', () => {
  it('speaks of memory where a reading shows that the container stood still for it', () => {
    const cgroups = [{ id: 'c', source: 'test', version: 2 as const, pressure: { fullAvg60Percent: 43 } }];
    expect(said(advise(makeVerdict({ code: 'L4' }), makeDeath({ cgroups })))).toContain('43 % of a minute');
  });

  it('states the budget of the probe with Kubernetes defaults', () => {
    const container = makeContainer({ livenessProbe: { handler: 'http', periodSeconds: 5 } });
    expect(said(advise(makeVerdict({ code: 'L4' }), makeDeath({ container })))).toContain(
      '3 failures 5 s apart, 1 s for each answer',
    );
  });
});

describe('nothing died', () => {
  const none = makeVerdict({ kind: 'nothing-died', code: 'none' });
  it('Pending for memory: the request', () => {
    const pod = makePod({
      phase: 'Pending',
      containers: [makeContainer({ requests: { memoryBytes: 64 * GIB } })],
    });
    const podEvents = [
      {
        id: 'e',
        source: 'test',
        reason: 'FailedScheduling',
        count: 1,
        message: '0/3 nodes are available: 3 Insufficient memory.',
        regarding: { kind: 'Pod', name: pod.name },
      },
    ];
    expect(said(advise(none, makeFacts({ pod, podEvents })))).toContain('memory request (64 GiB)');
  });

  it('alive at its limit: a fifth more, from the peak that was seen', () => {
    const facts = limitedDeath({ subject: { kind: 'alive' }, peakBytes: 500 * MIB });
    // max(500, 512) x 1.2 = 614.4, up to whole MiB.
    expect(commandsOf(advise(none, facts))).toEqual([
      'kubectl -n shop set resources deploy/checkout -c api --limits=memory=615Mi',
    ]);
  });

  it('alive and well: nothing to say', () => {
    expect(advise(none, limitedDeath({ subject: { kind: 'alive' }, peakBytes: 100 * MIB }))).toEqual([]);
  });
});
