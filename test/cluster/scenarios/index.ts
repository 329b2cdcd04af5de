/** Every staged death. */
import { child } from './child.ts';
import { outside } from './outside.ts';
import { ownLimit } from './own-limit.ts';
import type { Scenario } from './scenario.ts';

export const SCENARIOS: readonly Scenario[] = [...ownLimit, ...child, ...outside];
