/** Which instance of a container a death is about, and which kernel reports are of its processes. */
import type { KernelOomKill } from '../model/kernel.ts';
import type { EpochMs } from '../units.ts';
import { adoptedKills, isInLife } from './adoption.ts';
import type { Death } from './deaths.ts';
import { containerIdOfKill } from './index-bundle.ts';
import type { BundleIndex } from './index-bundle.ts';
import type { DeathFacts } from './types.ts';

/** The container instance that a death is about: what tells it from its predecessors and successors. */
export interface Instance {
  readonly containerId: string | undefined;
  readonly startedAtMs: EpochMs | undefined;
  readonly diedAtMs: EpochMs | undefined;
  readonly alive: boolean;
}

export function instanceOf(death: Death): Instance {
  const { subject, container, atMs } = death;
  if (subject.kind === 'container') {
    const { startedAtMs, finishedAtMs } = subject.termination;
    return { containerId: shownIdOf(death), startedAtMs, diedAtMs: finishedAtMs, alive: false };
  }
  const state = container?.status?.state;
  const startedAtMs = state?.kind === 'running' ? state.startedAtMs : undefined;
  const alive = subject.kind === 'child' || subject.kind === 'alive';
  const [kill] = subject.kind === 'kernel' ? (death.kernelKills ?? []) : [];
  const ofKill = kill === undefined ? undefined : containerIdOfKill(kill);
  const containerId = ofKill ?? death.containerId ?? container?.status?.containerId;
  return { containerId, startedAtMs, diedAtMs: atMs, alive };
}

/** Reports of the pod split by whose process was the victim. */
export function kernelFacts(
  index: BundleIndex,
  death: Death,
  instance: Instance,
): Pick<DeathFacts, 'kernelKills' | 'podKernelKills'> {
  const { pod } = death;
  if (death.subject.kind === 'kernel') {
    return { kernelKills: death.kernelKills ?? [], podKernelKills: [] };
  }
  const own =
    instance.containerId === undefined ? [] : (index.killsByContainer.get(instance.containerId) ?? []);
  const uids = [pod?.uid, pod?.configHash].filter((uid) => uid !== undefined);
  const ofPod = uids.flatMap((uid) => index.killsByPod.get(uid) ?? []);
  const unnamed = ofPod.filter((kill) => containerIdOfKill(kill) === undefined);
  // In a pod of one container a report that names only the pod is about that container, if the time allows it.
  const alone = pod?.containers.filter((c) => c.role !== 'init').length === 1;
  const adopted = alone ? unnamed.filter((kill) => isOfInstance(kill, instance)) : [];
  const mine = [...new Set([...own, ...adopted, ...adoptedUnnamed(index, death, instance)])];
  return { kernelKills: mine, podKernelKills: ofPod.filter((kill) => !mine.includes(kill)) };
}

function isOfInstance(kill: KernelOomKill, { startedAtMs, diedAtMs, alive }: Instance): boolean {
  return isInLife(kill, { startedAtMs, endedAtMs: alive ? undefined : diedAtMs });
}

/** In `describe` text a waiting container still shows the ID of the instance that ended last. */
function shownIdOf({ subject, pod, container }: Death): string | undefined {
  if (subject.kind !== 'container') return undefined;
  if (subject.termination.containerId !== undefined || pod?.origin !== 'describe')
    return subject.termination.containerId;
  const { state, containerId } = container?.status ?? {};
  const ended = subject.which === 'state' ? 'terminated' : 'waiting';
  return state?.kind === ended ? containerId : undefined;
}

function adoptedUnnamed(index: BundleIndex, death: Death, instance: Instance): readonly KernelOomKill[] {
  const { pod, container, subject } = death;
  if (pod === undefined || container === undefined || subject.kind !== 'container') return [];
  if (instance.containerId !== undefined) return [];
  return adoptedKills(index, { pod, container, termination: subject.termination });
}
