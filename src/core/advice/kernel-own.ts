/** K1, K7, K8, K9, K10: the container's own limit was hit. Raising it is never advised further than the evidence reaches. */
import { pageCacheThatFilled } from '../facts/memory.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { Action, Verdict } from '../model/diagnosis.ts';
import type { ContainerEvidence } from '../model/kubernetes.ts';
import { formatBytes } from '../text/amounts.ts';
import type { Bytes, Milliseconds } from '../units.ts';
import { MIB } from '../units.ts';
import type { MemoryAnalysis } from '../memory/types.ts';
import { deletePod, setMemory } from './commands.ts';
import type { Advised } from './commands.ts';
import { shapeActions } from './memory-shape.ts';
import { probeBudgetText } from './probes.ts';
import { knobActions, knobLimitBytes } from './runtime.ts';
import { rollbackActions } from './rollback.ts';
import { whatChanged } from './what-changed.ts';
import { lifeMs, lifeText, ownLimit, theContainer, worstCrowd } from './words.ts';

/** A container that dies this soon after its start, again and again, never got past starting (domain rule 8). */
const START_UP_MS: Milliseconds = 5000;
/** tmpfs and shared memory above this part of the usage are worth naming. */
const SHARED_RATIO = 0.2;
/** A crowd of equal processes that holds this part of the memory is the sum to size. */
const CROWD_RATIO = 0.5;

/** K1: roll back what began it, fit the runtime into the limit, else find out first whether memory leaks or peaks. */
export function adviseOwnLimit(
  facts: DeathFacts,
  verdict: Verdict,
  memory?: MemoryAnalysis,
): readonly Action[] {
  const shaped = memory === undefined ? undefined : shapeActions(facts, memory);
  return [
    ...rollbackActions(facts, verdict),
    ...knobActions(facts),
    ...(pageCacheActions(facts) ?? crowdActions(facts)),
    ...sharedMemoryActions(facts),
    ...(shaped ?? (diesStarting(facts) ? [startUpAction(facts)] : [shapeAction(facts), stopGap(facts)])),
  ];
}

/** Again and again within seconds of its start: then the need is known to be that of starting, whatever comes after. */
function diesStarting(facts: DeathFacts): boolean {
  const lived = lifeMs(facts);
  return lived !== undefined && lived < START_UP_MS && (facts.container?.status?.restartCount ?? 0) >= 2;
}

function startUpAction(facts: DeathFacts): Action {
  const { why, ...advised } = higherLimit(facts);
  return {
    kind: 'fix',
    short: 'raise the limit for its start',
    text: `Raise the limit above what a start needs: it dies ${lifeText(lifeMs(facts) ?? 0)} after each start, so starting alone takes more than ${ownLimit(facts)}. ${why}`,
    ...advised,
  };
}

/** Without a history "leak" and "spike" are questions. */
function shapeAction(facts: DeathFacts): Action {
  const lived = lifeMs(facts);
  const after = lived === undefined ? '' : ` This one lived ${lifeText(lived)}.`;
  return {
    kind: 'investigate',
    short: 'tell a leak from a low limit',
    text: `Look at the memory of the last lives before choosing: a line that never falls back is a leak (take a heap profile), jumps with requests or batches are a spike (bound concurrency or batch size), a flat top is a limit that is too low. One death does not show which.${after}`,
  };
}

function crowdActions(facts: DeathFacts): readonly Action[] {
  const crowd = worstCrowd(facts);
  if (crowd === undefined || crowd.count < 2 || crowd.ratio < CROWD_RATIO) return [];
  return [
    {
      kind: 'fix',
      text: `Count the workers: ${crowd.count} processes named ${crowd.comm} held ${formatBytes(crowd.bytes)} together, and the limit must hold all of them at their peak. Fewer workers, or a limit sized as workers times peak.`,
    },
  ];
}

/** Files that are written faster than the disk takes them fill the cgroup although the program is small. */
function pageCacheActions(facts: DeathFacts): readonly Action[] | undefined {
  const cache = pageCacheThatFilled(facts.kernelKills.findLast(({ stat }) => stat !== undefined));
  if (cache === undefined) return undefined;
  const how = cache.dirty
    ? 'Write less at once: sync or fsync in steps, copy with a rate limit or direct I/O, or give the cgroup room for what waits to be written.'
    : 'Read and write less at once, drop what was read (posix_fadvise DONTNEED), or give the cgroup room for its files.';
  return [
    {
      kind: 'fix',
      text: `Look at its file I/O, not at its heap: ${formatBytes(cache.fileBytes)} of ${formatBytes(cache.limitBytes)} was page cache${cache.dirty ? ', most of it not yet written' : ''}. ${how}`,
    },
  ];
}

function sharedMemoryActions(facts: DeathFacts): readonly Action[] {
  const report = facts.kernelKills.find(({ stat }) => stat?.shmemBytes !== undefined);
  const shared = report?.stat?.shmemBytes;
  const used = report?.usageBytes;
  if (shared === undefined || used === undefined || used === 0 || shared / used < SHARED_RATIO) return [];
  return [
    {
      kind: 'fix',
      text: `Empty or bound the memory-backed files: ${formatBytes(shared)} of ${formatBytes(used)} was tmpfs or shared memory (/dev/shm, emptyDir with medium Memory), which no heap setting limits.`,
    },
  ];
}

function stopGap(facts: DeathFacts): Action {
  const { why, ...advised } = higherLimit(facts);
  return {
    kind: 'stop-gap',
    text: `A higher limit than ${typeof facts.limitBytes === 'number' ? formatBytes(facts.limitBytes) : 'the present one'} buys time at most until that is known; it only delays a leak. ${why}`,
    ...advised,
  };
}

/** A number only where the evidence holds one: the limit that was in force before, or the heap the runtime was given. */
function higherLimit(facts: DeathFacts): Advised & { readonly why: string } {
  const size = limitBefore(facts) ?? knobSize(facts);
  if (size === undefined) {
    return {
      why: 'How high is not in this evidence: the figure stops at the limit, because the kernel does.',
    };
  }
  const name = facts.container?.name;
  return {
    why: size.why,
    ...(name === undefined ? {} : setMemory(facts, { container: name, limitBytes: size.bytes })),
  };
}

interface Size {
  readonly bytes: Bytes;
  readonly why: string;
}

function limitBefore(facts: DeathFacts): Size | undefined {
  const limit = facts.limitBytes;
  const name = facts.container?.name;
  const changed = whatChanged(facts);
  if (typeof limit !== 'number' || changed === undefined) return undefined;
  const lowered = changed.changes.some((c) => c.field === 'memory limit' && c.container === name);
  const older = facts.revisions.find((revision) => revision.name === changed.fromName);
  const bytes = older?.containers.find((container) => container.name === name)?.limits.memoryBytes;
  if (!lowered || bytes === undefined || bytes <= limit) return undefined;
  return { bytes, why: `Revision ${changed.fromRevision ?? changed.fromName} had ${formatBytes(bytes)}.` };
}

function knobSize(facts: DeathFacts): Size | undefined {
  const bytes = knobLimitBytes(facts);
  if (bytes === undefined) return undefined;
  return { bytes, why: `${formatBytes(bytes)} is what the runtime's own heap setting needs around it.` };
}

/** Below this a limit is more likely a slip of the unit than a choice. */
const UNIT_SLIP_BYTES: Bytes = 4 * MIB;

/** K7: the runtime itself did not fit; the program never ran. */
export function adviseStart(facts: DeathFacts): readonly Action[] {
  const limit = facts.limitBytes;
  const slip =
    typeof limit === 'number' && limit < UNIT_SLIP_BYTES
      ? ' Check the unit: 128m is a fraction of one byte, 128Mi was meant.'
      : '';
  return [
    {
      kind: 'fix',
      text: `Raise the memory limit of ${theContainer(facts)}: creating a container takes up to about 20 MiB before the program's first instruction, and ${ownLimit(facts)} did not hold that.${slip}`,
    },
    {
      kind: 'investigate',
      text: 'Look at the entrypoint only if the limit is far above 20 MiB: nothing of the image had run yet, so its log is empty.',
    },
  ];
}

/** K8: a resize put the limit below what the container then used. */
export function adviseResize(facts: DeathFacts): readonly Action[] {
  const template = templateLimit(facts);
  const actual = facts.limitBytes;
  const back =
    template !== undefined &&
    typeof actual === 'number' &&
    template > actual &&
    facts.pod?.owner !== undefined
      ? [
          {
            kind: 'fix' as const,
            text: `Replace the pod: the workload's template still says ${formatBytes(template)}, only this pod was resized to ${formatBytes(actual)}.`,
            ...deletePod(facts),
          },
        ]
      : [
          {
            kind: 'fix' as const,
            text: `Resize ${theContainer(facts)} back above what it uses; lowering a limit does not make a program give memory back.`,
          },
        ];
  return [
    ...back,
    {
      kind: 'prevent',
      text: 'Find who resizes (an autoscaler, a script) and give it a floor above the peak; resizePolicy RestartContainer makes a lower limit take effect with a clean restart.',
    },
  ];
}

function templateLimit(facts: DeathFacts): Bytes | undefined {
  for (const owner of facts.owners.toReversed()) {
    const found = owner.containers.find(({ name }) => name === facts.container?.name)?.limits.memoryBytes;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** K9: a command run inside the container, not its main program, took the memory. */
export function adviseExec(facts: DeathFacts): readonly Action[] {
  const comm = facts.kernelKills.find(({ victim }) => victim !== undefined)?.victim?.comm;
  const probe = execProbe(facts.container);
  const who = comm === undefined ? 'the command that was run inside it' : `the process ${comm}`;
  return [
    {
      kind: 'fix',
      text: `Move ${who} out of the container, or give it its own bound: what is run by exec, a probe or a debugger is charged to the container's limit.`,
    },
    ...(probe === undefined
      ? []
      : [
          {
            kind: 'fix' as const,
            text: `Replace the exec probe (${probe}) by an http, tcp or grpc one, which costs the container no process.`,
          },
        ]),
  ];
}

function execProbe(container: ContainerEvidence | undefined): string | undefined {
  const probes = [container?.livenessProbe, container?.readinessProbe, container?.startupProbe];
  const found = probes.find((probe) => probe?.handler === 'exec');
  return found === undefined ? undefined : (found.command?.slice(0, 3).join(' ') ?? 'exec');
}

/** K10: throttled at memory.high until a probe gave up. */
export function adviseThrottle(facts: DeathFacts): readonly Action[] {
  const high = facts.cgroups.find(({ highBytes }) => typeof highBytes === 'number')?.highBytes;
  const mark = typeof high === 'number' ? `memory.high (${formatBytes(high)})` : 'memory.high';
  return [
    {
      kind: 'fix',
      text: `Bring the container below ${mark}, where the kernel slows every allocation down: raise the memory request (memory.high is computed from request and limit), or make request and limit equal, which turns it off.`,
    },
    {
      kind: 'investigate',
      text: `The probe is the messenger${probeBudgetText(facts)}: loosening it leaves a container that is alive and does not work.`,
    },
    {
      kind: 'prevent',
      text: 'On the node: memoryThrottlingFactor in the kubelet configuration sets how early throttling begins; unset in Kubernetes 1.37 means off.',
    },
  ];
}
