/** Every golden death. */
import type { GoldenCase } from '../golden.ts';
import { controlPlaneCases } from './control-plane.ts';
import { exitCases } from './exits.ts';
import { kernelLevelCases } from './kernel-level.ts';
import { kernelLimitCases } from './kernel-limit.ts';
import { kubeletEvictionCases } from './kubelet-eviction.ts';
import { kubeletKillCases } from './kubelet-kill.ts';
import { levelTrapCases } from './level-traps.ts';
import { outsideCases } from './outside.ts';
import { undecidedCases } from './undecided.ts';

export const goldenCases: readonly GoldenCase[] = [
  ...kernelLimitCases,
  ...kernelLevelCases,
  ...kubeletEvictionCases,
  ...kubeletKillCases,
  ...controlPlaneCases,
  ...outsideCases,
  ...exitCases,
  ...undecidedCases,
  ...levelTrapCases,
];
