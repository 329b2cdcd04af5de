/** What all lives say together. */
import type { GrowthModel } from '../math/growth-models.ts';
import type { EpochMs } from '../units.ts';
import type { LifeFit, LoadFit } from './fit-types.ts';

/** What all lives say together at one instant. */
export interface Combined {
  /** Every life with enough samples, oldest first. */
  readonly fits: readonly LifeFit[];
  /** The ones that are long enough to be heard: at least half as long as the longest. */
  readonly heard: readonly LifeFit[];
  /** Of `heard`, those that grow. */
  readonly growing: readonly LifeFit[];
  /** Lives too short to be judged alone, laid over each other by age. */
  readonly byAge?: LifeFit;
  /** What traffic explains, of the floor. */
  readonly load?: LoadFit;
  /** Half of what is heard grows, or the lives by age do. */
  readonly grows: boolean;
  /** Sum over lives of BIC(best form that ends) - BIC(best endless form), one form for all. */
  readonly evidence: number;
  /** The endless form that describes all lives best. */
  readonly endless?: GrowthModel;
  /** The form that ends which describes all lives best. */
  readonly ending: GrowthModel;
  /** Pooled over the growing lives (over those heard, where none grows), bytes per hour, 95 %. */
  readonly slope?: {
    readonly bytesPerHour: number;
    readonly low: number;
    readonly high: number;
    readonly i2: number;
  };
  readonly bytesPerRequest?: number;
  /** When growth began, where lives before it were heard and did not grow. */
  readonly sinceMs?: EpochMs;
  /** The longest life, hours. */
  readonly longestHours: number;
}
