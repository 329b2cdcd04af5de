/** Every family, and which of them development may see. */
import * as kill from './families-kill.ts';
import * as leak from './families-leak.ts';
import * as load from './families-load.ts';
import * as next from './families-next.ts';
import * as scraped from './families-scrape.ts';
import * as plateau from './families-plateau.ts';
import * as steady from './families-steady.ts';
import type { RangeSet } from './ranges.ts';
import type { Scene } from './scene.ts';
import type { Plan } from './types.ts';

type Family = (scene: Scene) => Plan;

const DEVELOPMENT = {
  'leak-linear': leak.linearLeak,
  'leak-per-request': leak.perRequestLeak,
  'leak-chunked': leak.chunkedLeak,
  'leak-accelerating': leak.acceleratingLeak,
  'leak-gc-floor': leak.floorLeak,
  'leak-late': leak.lateLeak,
  healthy: steady.healthy,
  'random-walk': steady.randomWalk,
  'gc-sawtooth': steady.collectorSawtooth,
  'deploy-step': steady.deployStep,
  'config-step': steady.configStep,
  batch: steady.batch,
  'page-cache': steady.pageCache,
  'tmpfs-fill': steady.tmpfsFill,
  'diurnal-near-limit': load.diurnalNearLimit,
  surge: load.surge,
  'organic-growth': load.organicGrowth,
  'warm-up': plateau.warmUp,
  'lru-cache': plateau.lruCache,
  'heap-to-maximum': plateau.heapToMaximum,
  'young-growth': plateau.youngGrowth,
  'few-samples': plateau.fewSamples,
  spike: kill.spike,
  undersized: kill.undersized,
  'start-up-need': kill.startUpNeed,
} as const satisfies Record<string, Family>;

const HELD_OUT_ONLY = {
  'shmem-leak': next.shmemLeak,
  'native-leak-beside-heap': next.nativeLeak,
  'go-memory-limit': next.goMemoryLimit,
  'worker-recycling': next.workerRecycling,
  fragmentation: next.fragmentation,
  'leaking-canary': next.leakingCanary,
  'skewed-replicas-leak': leak.skewedLeak,
  'clock-skew': scraped.clockSkew,
  'renamed-duplicate': scraped.renamedDuplicate,
  'resized-limit': scraped.resizedLimit,
  'throttled-collector': next.throttledCollector,
  'leak-and-surge': next.leakAndSurge,
  'unscraped-spike': kill.unscrapedSpike,
} as const satisfies Record<string, Family>;

export type FamilyName = keyof typeof DEVELOPMENT | keyof typeof HELD_OUT_ONLY;

const FAMILIES: Record<FamilyName, Family> = { ...DEVELOPMENT, ...HELD_OUT_ONLY };

const NAMES = Object.keys(FAMILIES) as FamilyName[];
const DEVELOPMENT_NAMES = Object.keys(DEVELOPMENT) as FamilyName[];

/** Families of a set; the held-out set has all. */
export function familiesOf(set: RangeSet): readonly FamilyName[] {
  return set === 'development' ? DEVELOPMENT_NAMES : NAMES;
}

export function familyNumber(name: FamilyName): number {
  return NAMES.indexOf(name);
}

export function planOf(name: FamilyName, scene: Scene): Plan {
  return FAMILIES[name](scene);
}
