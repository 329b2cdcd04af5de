/** All shapes. The first that answers is the answer, so the order is the taxonomy's. */
import { growing } from './growing.ts';
import { healthy } from './healthy.ts';
import { leak } from './leak.ts';
import { limitTooLow } from './limit-too-low.ts';
import { loadDriven } from './load-driven.ts';
import { noData } from './no-data.ts';
import { pageCache } from './page-cache.ts';
import { periodic } from './periodic.ts';
import { plateau } from './plateau.ts';
import type { Shape } from './shape.ts';
import { spike } from './spike.ts';
import { startUp } from './start-up.ts';
import { step } from './step.ts';
import { tmpfs } from './tmpfs.ts';
import { trafficSurge } from './traffic-surge.ts';

export const SHAPES: readonly Shape[] = [
  noData,
  tmpfs,
  pageCache,
  startUp,
  leak,
  trafficSurge,
  spike,
  limitTooLow,
  growing,
  step,
  plateau,
  periodic,
  loadDriven,
  healthy,
];
