import { describe, expect, it } from 'vitest';
import { makeContainer, makeDeath, makeKernelKill, makePod } from '../facts/testing.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { CgroupLevel, KernelOomKill } from '../model/kernel.ts';
import { MIB } from '../units.ts';
import { levelOf } from './level.ts';

const PAGES_PER_MIB = 256;

interface Hit {
  readonly level: CgroupLevel;
  readonly limitMib: number;
  readonly victimMib: number;
  readonly others?: readonly (readonly [comm: string, mib: number, adj: number])[];
  readonly shmemMib?: number;
}

function hit({ level, limitMib, victimMib, others = [], shmemMib = 0 }: Hit): KernelOomKill {
  const rows = [['api', victimMib, 984] as const, ...others];
  return makeKernelKill({
    oomCgroup: { path: '/p', level },
    taskCgroup: { path: '/p/c', level: 'container', containerId: 'c' },
    limitBytes: limitMib * MIB,
    victim: { pid: 1, comm: 'api', anonRssBytes: victimMib * MIB },
    stat: { shmemBytes: shmemMib * MIB },
    processes: rows.map(([comm, mib, oomScoreAdj], index) => ({
      pid: index + 1,
      comm,
      rssPages: mib * PAGES_PER_MIB,
      oomScoreAdj,
    })),
    processCount: rows.length,
  });
}

const limited = (name: string, mib: number) => makeContainer({ name, limits: { memoryBytes: mib * MIB } });
const alone = makeDeath({ pod: makePod({ containers: [limited('api', 512)] }) });
const inTwo = makeDeath({ pod: makePod({ containers: [limited('api', 512), limited('cache', 512)] }) });
const withTmpfs = makeDeath({
  pod: makePod({ containers: [limited('api', 512)], memoryVolumes: [{ name: 'v' }] }),
});
const podLevel = makeDeath({
  hasPodLevelResources: true,
  pod: makePod({
    containers: [makeContainer(), makeContainer({ name: 'cache' })],
    podLimits: { memoryBytes: 1024 * MIB },
  }),
});

function best(facts: DeathFacts, kill: KernelOomKill): string {
  const { reason: _, ...weights } = levelOf(facts, kill);
  const [first, second] = Object.entries(weights).toSorted(([, a], [, b]) => b - a);
  return first === undefined ? 'none' : first[1] === second?.[1] ? `${first[0]}|${second[0]}` : first[0];
}

// Rule 7 of the decision procedure: which level of the tree ran out.
describe('levelOf', () => {
  it.each<{ name: string; facts: DeathFacts; kill: KernelOomKill; code: string }>([
    {
      name: "the container's own cgroup",
      facts: inTwo,
      kill: hit({ level: 'container', limitMib: 512, victimMib: 490 }),
      code: 'K1',
    },
    {
      name: "the pod's, one container: the same number",
      facts: alone,
      kill: hit({ level: 'pod', limitMib: 512, victimMib: 200 }),
      code: 'K1',
    },
    {
      name: "the pod's, two containers, own charge at 96 % of its limit",
      facts: inTwo,
      kill: hit({ level: 'pod', limitMib: 1024, victimMib: 492 }),
      code: 'K1',
    },
    {
      name: "the pod's, two containers, own charge far below its limit",
      facts: inTwo,
      kill: hit({ level: 'pod', limitMib: 1024, victimMib: 200, others: [['redis', 800, 960]] }),
      code: 'K4',
    },
    {
      name: "the pod's, two containers of one request: whose rows are whose is not known",
      facts: inTwo,
      kill: hit({ level: 'pod', limitMib: 1024, victimMib: 420, others: [['worker', 400, 984]] }),
      code: 'K1|K4',
    },
    {
      name: "the pod's, tmpfs holds most of it",
      facts: withTmpfs,
      kill: hit({ level: 'pod', limitMib: 512, victimMib: 100, shmemMib: 380 }),
      code: 'K4',
    },
    {
      name: "the pod's, an empty tmpfs beside a full container",
      facts: withTmpfs,
      kill: hit({ level: 'pod', limitMib: 512, victimMib: 490, shmemMib: 2 }),
      code: 'K1',
    },
    {
      name: 'a pod-level limit, no limit of its own',
      facts: podLevel,
      kill: hit({ level: 'pod', limitMib: 1024, victimMib: 300 }),
      code: 'K4',
    },
    {
      name: 'all pods',
      facts: alone,
      kill: hit({ level: 'kubepods', limitMib: 14_000, victimMib: 490 }),
      code: 'K5',
    },
    {
      name: 'a QoS class',
      facts: alone,
      kill: hit({ level: 'qos', limitMib: 14_000, victimMib: 490 }),
      code: 'K5',
    },
    {
      name: 'the root',
      facts: alone,
      kill: hit({ level: 'root', limitMib: 16_000, victimMib: 490 }),
      code: 'K6',
    },
    { name: 'the node', facts: alone, kill: makeKernelKill({ scope: 'global' }), code: 'K6' },
  ])('$name: $code', ({ facts, kill, code }) => {
    expect(best(facts, kill)).toBe(code);
  });

  it('a cut report with the number of the container and of its pod says no more than the pod’s level', () => {
    const { oomCgroup: _, ...cut } = hit({ level: 'pod', limitMib: 512, victimMib: 100, shmemMib: 380 });
    expect(best({ ...withTmpfs, podLimitBytes: 512 * MIB }, cut)).toBe('K4');
  });
});
