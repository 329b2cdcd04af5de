import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContainerEvidence } from '../model/kubernetes.ts';
import { GIB, MIB } from '../units.ts';
import { RUNTIMES } from './list.ts';
import { runtimeOf } from './runtime-of.ts';
import { RUNTIME_IDS } from './types.ts';

interface Spec {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly limit?: number;
}

function container(spec: Spec): ContainerEvidence {
  return {
    name: 'app',
    role: 'main',
    ...(spec.image === undefined ? {} : { image: spec.image }),
    ...(spec.command === undefined ? {} : { command: spec.command }),
    ...(spec.args === undefined ? {} : { args: spec.args }),
    environment: Object.entries(spec.env ?? {}).map(([name, value]) =>
      value === undefined ? { name } : { name, value },
    ),
    requests: {},
    limits: spec.limit === undefined ? {} : { memoryBytes: spec.limit },
  };
}

describe('detection', () => {
  it.each([
    ['a process', {}, ['java'], 'jvm', 'process java'],
    ['a JVM thread', {}, ['C2 CompilerThre'], 'jvm', 'process C2 CompilerThre'],
    [
      'a process before a misleading image',
      { image: 'node:22' },
      ['python3.12'],
      'python',
      'process python3.12',
    ],
    ['the command', { command: ['/usr/local/bin/node', 'server.js'] }, [], 'nodejs', 'command node'],
    [
      'a shell text',
      { command: ['sh', '-c'], args: ['set -e; exec java -jar /app.jar'] },
      [],
      'jvm',
      'command java',
    ],
    ['a jar behind flags', { args: ['-jar', '/srv/app.jar'] }, [], 'jvm', 'command app.jar'],
    ['a variable', { env: { JAVA_TOOL_OPTIONS: '-Xmx1g' } }, [], 'jvm', 'variable JAVA_TOOL_OPTIONS'],
    ['a variable without a value', { env: { GOMEMLIMIT: undefined } }, [], 'go', 'variable GOMEMLIMIT'],
    ['an image', { image: 'registry:5000/library/postgres:17@sha256:aa' }, [], 'postgres', 'image postgres'],
    [
      'elasticsearch, a JVM of its own kind',
      { image: 'elasticsearch:8.15.0' },
      ['java'],
      'elasticsearch',
      'process java',
    ],
    ['redis', { args: ['redis-server', '--maxmemory', '100mb'] }, [], 'redis', 'command redis-server'],
    ['php-fpm', { command: ['php-fpm'] }, [], 'php', 'command php-fpm'],
    ['dotnet', { command: ['dotnet', 'App.dll'] }, [], 'dotnet', 'command dotnet'],
    ['puma', { command: ['bundle', 'exec', 'puma'] }, [], 'ruby', 'command bundle'],
    ['mongod', {}, ['mongod'], 'mongodb', 'process mongod'],
    ['nginx', {}, ['nginx'], 'nginx', 'process nginx'],
  ] as const)('%s', (...[, spec, comms, runtime, detectedBy]) => {
    expect(runtimeOf(container(spec), comms)).toMatchObject({ runtime, detectedBy });
  });

  it.each([
    ['nothing known', { image: 'registry/team/checkout:1' }, ['checkout']],
    ['a value that names another program', { command: ['/checkout', '--driver', 'postgres'] }, []],
    ['an empty spec', {}, []],
  ] as const)('is silent about %s', (_name, spec, comms) => {
    expect(runtimeOf(container(spec), comms)).toBeUndefined();
  });

  it('holds every runtime once', () => {
    expect(RUNTIMES.map((one) => one.id).toSorted()).toEqual([...RUNTIME_IDS].toSorted());
  });
});

describe('heap against the limit', () => {
  it.each([
    // 900 MiB of 1024 MiB = 87.9 %
    {
      name: '-Xmx near the limit',
      spec: { env: { JAVA_TOOL_OPTIONS: '-Xmx900m' }, limit: GIB },
      heap: 900 * MIB,
      kind: 'heap-near-limit',
    },
    {
      name: '-Xmx above the limit',
      spec: { command: ['java', '-Xmx2g'], limit: GIB },
      heap: 2 * GIB,
      kind: 'heap-above-limit',
    },
    {
      name: '-Xmx that fits',
      spec: { command: ['java', '-Xmx512m'], limit: GIB },
      heap: 512 * MIB,
      kind: undefined,
    },
    {
      name: 'the command beats JAVA_TOOL_OPTIONS',
      spec: { env: { JAVA_TOOL_OPTIONS: '-Xmx2g' }, command: ['java', '-Xmx512m'], limit: GIB },
      heap: 512 * MIB,
      kind: undefined,
    },
    {
      name: '_JAVA_OPTIONS beats the command',
      spec: { env: { _JAVA_OPTIONS: '-Xmx2g' }, command: ['java', '-Xmx512m'], limit: GIB },
      heap: 2 * GIB,
      kind: 'heap-above-limit',
    },
    // 90 % of 1 GiB = 966367641.6
    {
      name: 'MaxRAMPercentage=90',
      spec: { command: ['java', '-XX:MaxRAMPercentage=90.0'], limit: GIB },
      heap: 966367641,
      kind: 'heap-near-limit',
    },
    {
      name: 'Xmx beats MaxRAMPercentage',
      spec: { command: ['java', '-Xmx256m', '-XX:MaxRAMPercentage=90'], limit: GIB },
      heap: 256 * MIB,
      kind: undefined,
    },
    {
      name: '--max-old-space-size in MiB',
      spec: { env: { NODE_OPTIONS: '--max-old-space-size=4096' }, limit: 2 * GIB },
      heap: 4 * GIB,
      kind: 'heap-above-limit',
    },
    {
      name: 'underscores and a blank',
      spec: { command: ['node', '--max_old_space_size', '1536', 'x.js'], limit: 4 * GIB },
      heap: 1536 * MIB,
      kind: undefined,
    },
    // 95 % of 1000 MiB
    {
      name: 'the percentage wins',
      spec: {
        env: { NODE_OPTIONS: '--max-old-space-size=10 --max-old-space-size-percentage=95' },
        limit: 1000 * MIB,
      },
      heap: 950 * MIB,
      kind: 'heap-near-limit',
    },
    {
      name: 'GOMEMLIMIT at the limit',
      spec: { env: { GOMEMLIMIT: '1GiB' }, limit: GIB },
      heap: GIB,
      kind: 'heap-above-limit',
    },
    {
      name: 'GOMEMLIMIT with headroom',
      spec: { env: { GOMEMLIMIT: '900MiB' }, limit: GIB },
      heap: 900 * MIB,
      kind: undefined,
    },
    // 0x30000000 = 805306368 = 768 MiB
    {
      name: '.NET, hexadecimal',
      spec: { env: { DOTNET_GCHeapHardLimit: '0x30000000' }, limit: GIB },
      heap: 768 * MIB,
      kind: undefined,
    },
    // 0x5A = 90 %
    {
      name: '.NET, hexadecimal percentage',
      spec: { env: { DOTNET_GCHeapHardLimitPercent: '5A' }, limit: 1000 * MIB },
      heap: 900 * MIB,
      kind: 'heap-near-limit',
    },
    // redis.conf: 1m = 1000000 bytes; 950000000 of 1073741824 = 88 %
    {
      name: 'redis units',
      spec: { args: ['redis-server', '--maxmemory', '950m'], limit: GIB },
      heap: 950_000_000,
      kind: 'heap-near-limit',
    },
    {
      name: 'elasticsearch over half',
      spec: { image: 'elasticsearch:8', env: { ES_JAVA_OPTS: '-Xms3g -Xmx3g' }, limit: 4 * GIB },
      heap: 3 * GIB,
      kind: 'heap-near-limit',
    },
    // 20 × 128 MiB = 2560 MiB
    {
      name: 'PHP children',
      spec: { command: ['php-fpm'], env: { PHP_FPM_PM_MAX_CHILDREN: '20' }, limit: GIB },
      heap: 2560 * MIB,
      kind: 'heap-above-limit',
    },
    // 262144 blocks of 8 KiB = 2 GiB
    {
      name: 'postgres blocks',
      spec: { command: ['postgres', '-c', 'shared_buffers=262144'], limit: 4 * GIB },
      heap: 2 * GIB,
      kind: 'heap-near-limit',
    },
    {
      name: 'wiredTiger',
      spec: { command: ['mongod', '--wiredTigerCacheSizeGB', '1.5'], limit: 2 * GIB },
      heap: 1.5 * GIB,
      kind: 'heap-near-limit',
    },
  ])('$name', ({ spec, heap, kind }) => {
    const facts = runtimeOf(container(spec), []);
    expect(facts?.heapMaxBytes).toBe(heap);
    expect(facts?.flags.map((flag) => flag.kind)).toEqual(kind === undefined ? [] : [kind]);
  });

  it('says it with numbers', () => {
    const facts = runtimeOf(container({ env: { JAVA_TOOL_OPTIONS: '-Xmx900m' }, limit: GIB }), []);
    expect(facts?.flags[0]?.text).toBe(
      'The Java heap may grow to 900 MiB (-Xmx900m in JAVA_TOOL_OPTIONS), 88 % of the limit of 1024 MiB: too little is left for metaspace, code cache, thread stacks and direct buffers.',
    );
    // 75 % of 1024 MiB
    expect(facts?.advice[0]).toContain('at or below 768 MiB');
    expect(facts?.heapOfLimitRatio).toBeCloseTo(900 / 1024, 10);
  });

  it('compares with the limit in force, and with none where there is none', () => {
    const spec = container({ command: ['java', '-Xmx900m'], limit: GIB });
    expect(runtimeOf(spec, [], { limitBytes: 4 * GIB })?.flags).toEqual([]);
    expect(runtimeOf(container({ command: ['java', '-Xmx900m'] }), [])?.flags).toEqual([]);
  });

  it.each([
    ['jvm', { command: ['java', '-jar', 'a.jar'] }, '-XX:MaxRAMPercentage'],
    ['nodejs', { command: ['node', 'a.js'] }, '--max-old-space-size'],
    ['go', { env: { GOGC: '50' } }, 'GOMEMLIMIT'],
    ['dotnet', { command: ['dotnet', 'a.dll'] }, 'DOTNET_GCHeapHardLimitPercent'],
    ['redis', { command: ['redis-server'] }, 'maxmemory'],
    ['php', { command: ['php-fpm'] }, 'pm.max_children'],
  ] as const)('names the knob that %s lacks', (runtime, spec, knob) => {
    const facts = runtimeOf(container({ ...spec, limit: GIB }), []);
    expect(facts?.runtime).toBe(runtime);
    expect(facts?.unsetKnobs.map((one) => one.name)).toContain(knob);
  });

  it('reads digits in GCHeapHardLimit as the hexadecimal that they are', () => {
    const facts = runtimeOf(container({ env: { DOTNET_GCHeapHardLimit: '500000000' }, limit: GIB }), []);
    // 0x500000000 = 5 × 16^8 = 21474836480 = 20 GiB
    expect(facts?.heapMaxBytes).toBe(21474836480);
    expect(facts?.flags.map((flag) => flag.kind)).toEqual(['heap-above-limit', 'misread-knob']);
  });
});

describe('kernels from 6.12 on and older JDKs', () => {
  it.each([
    ['6.12.0', 'eclipse-temurin:17-jre', 'java', true],
    ['6.14.0-1012-aws', 'eclipse-temurin:21.0.4_7-jre', 'java', true],
    ['6.18.2', 'registry/team/app:1', 'java', true],
    ['6.12.0', 'eclipse-temurin:21.0.10_7-jre', 'java', false],
    ['6.12.0', 'amazoncorretto:25', 'java', false],
    ['6.8.0-51-generic', 'eclipse-temurin:17-jre', 'java', false],
    ['5.15.0', 'eclipse-temurin:17-jre', 'java', false],
    ['7.1.0', 'eclipse-temurin:17-jre', 'java', true],
  ])('kernel %s with %s: %s flagged %s', (kernelVersion, image, comm, flagged) => {
    const facts = runtimeOf(container({ image, limit: GIB }), [comm], { kernelVersion });
    expect(facts?.flags.some((flag) => flag.kind === 'limit-not-seen')).toBe(flagged);
  });

  it('is silent where -Xmx fixes the heap', () => {
    const facts = runtimeOf(container({ command: ['java', '-Xmx512m'], limit: GIB }), [], {
      kernelVersion: '6.12.1',
    });
    expect(facts?.flags).toEqual([]);
  });
});

describe('robustness', () => {
  it('never throws and never states a heap that is no safe number', () => {
    const words = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'java',
        'node',
        '-Xmx',
        '-Xmx99999999999999t',
        '--maxmemory',
        '--max-old-space-size=',
        '-w',
        '0',
        'redis-server',
      ),
    );
    fc.assert(
      fc.property(
        fc.array(words),
        fc.array(words),
        fc.option(fc.integer(), { nil: undefined }),
        (command, comms, limit) => {
          const spec: Spec = {
            command,
            env: { GOMEMLIMIT: comms[0], NODE_OPTIONS: command[0] },
            ...(limit === undefined ? {} : { limit }),
          };
          const heap = runtimeOf(container(spec), comms)?.heapMaxBytes;
          expect(heap === undefined || (Number.isSafeInteger(heap) && heap >= 0)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
