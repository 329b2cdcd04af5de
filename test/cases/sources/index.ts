/** Every golden death. */
import type { GoldenCase } from '../golden.ts';
import { disruptionCases } from './disruptions.ts';
import { evictionCases } from './evictions.ts';
import { exitCases } from './exits.ts';
import { halfSeenCases } from './half-seen.ts';
import { kernelChildCases } from './kernel-child.ts';
import { kernelLevelCases } from './kernel-level.ts';
import { kernelLimitCases } from './kernel-limit.ts';
import { kernelSpecialCases } from './kernel-special.ts';
import { kubeletDecisionCases } from './kubelet-decisions.ts';
import { levelTrapCases } from './level-traps.ts';
import { nothingDiedCases } from './nothing-died.ts';
import { outsideCases } from './outside.ts';
import { probeCases } from './probes.ts';
import { rolloutCases } from './rollouts.ts';
import { runtimeLostCases } from './runtime-lost.ts';
import { shutdownCases } from './shutdown.ts';
import { timingTrapCases } from './timing-traps.ts';
import { undecidedCases } from './undecided.ts';

export const goldenCases: readonly GoldenCase[] = [
  ...disruptionCases,
  ...evictionCases,
  ...exitCases,
  ...halfSeenCases,
  ...kernelChildCases,
  ...kernelLevelCases,
  ...kernelLimitCases,
  ...kernelSpecialCases,
  ...kubeletDecisionCases,
  ...levelTrapCases,
  ...nothingDiedCases,
  ...outsideCases,
  ...probeCases,
  ...rolloutCases,
  ...runtimeLostCases,
  ...shutdownCases,
  ...timingTrapCases,
  ...undecidedCases,
];
