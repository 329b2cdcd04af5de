/** Every staged death. */
import { child } from './child.ts';
import { disruption } from './disruption.ts';
import { exec } from './exec.ts';
import { exitCodes } from './exits.ts';
import { node } from './node.ts';
import { outside } from './outside.ts';
import { ownLimit } from './own-limit.ts';
import { podLimit } from './pod-limit.ts';
import { pressure } from './pressure.ts';
import { probes } from './probes.ts';
import type { Scenario } from './scenario.ts';
import { stops } from './stops.ts';
import { storage } from './storage.ts';

export const SCENARIOS: readonly Scenario[] = [
  ...ownLimit,
  ...child,
  ...podLimit,
  ...exec,
  ...probes,
  ...stops,
  ...disruption,
  ...outside,
  ...exitCodes,
  ...node,
  ...storage,
  ...pressure,
];
