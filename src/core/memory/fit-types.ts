/** What one life of a container gives the shapes, the states and the forecast. Hours and bytes throughout. */
import type { Bytes, EpochMs, Milliseconds, Ratio } from '../units.ts';
import type { GrowthFits } from '../math/growth-models.ts';
import type { KillMark } from '../model/series.ts';
import type { Life } from './types.ts';

/** Samples of one quantity, checked: times ascend strictly, values are finite and not negative, both parallel. */
export interface CleanSeries {
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
}

/** What the trend is read from: anonymous memory where it is known, because page cache is no demand. */
export type MemorySignal = 'rss' | 'working-set' | 'usage';

/** One life with its own samples. Memory goes on through a resize in place, so that does not cut a run. */
export interface Run {
  readonly life: Life;
  readonly signal: MemorySignal;
  readonly memory: CleanSeries;
  /** What the limit is compared with: working set, else usage, else anonymous memory. */
  readonly level: CleanSeries;
  /** tmpfs and shared memory: real demand that anonymous memory does not show. */
  readonly shmem?: CleanSeries;
  /** Requests (or bytes) per second. */
  readonly traffic?: CleanSeries;
  readonly stepMs: Milliseconds;
  /** The kill that ended it, where one did: true demand was at least the limit then. */
  readonly kill?: KillMark;
  /** Limit through the life, ascending; more than one entry = resized in place. Empty = none known. */
  readonly limits: readonly { readonly fromMs: EpochMs; readonly bytes: Bytes }[];
  readonly version?: string;
}

/**
 * Equal spans of time. A bin with fewer than two samples is left out, so `hours` may have gaps.
 * All arrays are parallel.
 */
export interface Bins {
  /** Instant of hour 0: the first sample used. */
  readonly originMs: EpochMs;
  readonly widthHours: number;
  /** Middle of each bin, hours since `originMs`. */
  readonly hours: Float64Array;
  /** 10th percentile in the bin: what a garbage collection leaves. */
  readonly floor: Float64Array;
  /** Lowest floor of this bin and the next ones: looks past collections that are rarer than bins. */
  readonly envelope: Float64Array;
  readonly mean: Float64Array;
  readonly highest: Float64Array;
  /** Mean rate in the bin; absent without a traffic metric or where it covers too little of the life. */
  readonly traffic?: Float64Array;
  /** Requests since `originMs` until the middle of the bin: the clock of leaks that grow with each request. */
  readonly requests?: Float64Array;
}

/** What of the memory follows traffic. */
export interface LoadFit {
  readonly lagBins: number;
  /** Bytes per unit of traffic per second. */
  readonly bytesPerUnit: number;
  /** Share of the variation that time leaves and traffic explains. */
  readonly partialR2: Ratio;
  /** Share of the whole variation that traffic alone explains. */
  readonly r2: Ratio;
  /** Traffic's part was taken away before growth was tested. */
  readonly removed: boolean;
}

/** One life, judged. */
export interface LifeFit {
  readonly run: Run;
  readonly bins: Bins;
  readonly load?: LoadFit;
  /** The floor that was judged: envelope, less the part of traffic where that was removed. Parallel to `bins.hours`. */
  readonly judged: Float64Array;
  /**
   * Forms of growth fitted to `judged` over `bins.hours` (`cum` over `bins.requests`), in bytes: the best, the best
   * endless one, the best that ends, and by how much the endless one is the better account.
   */
  readonly growth: GrowthFits;
  /** Mann-Kendall with the factor for autocorrelation; in the clock of the best endless model. */
  readonly trendZ: number;
  /** Theil-Sen of `judged` over hours, with its 95 % interval. */
  readonly slope: {
    readonly bytesPerHour: number;
    readonly low: number;
    readonly high: number;
    /** At hour 0. */
    readonly interceptBytes: number;
  };
  /** Bytes per request, where the best endless model's clock is requests. */
  readonly bytesPerRequest?: number;
  /** Slope of the last third over that of the whole, in the winning clock: 1 = steady, below 0.35 = ends. */
  readonly lastThird: number;
  /** Hours from the first to the last bin. */
  readonly spanHours: number;
  /** Of `slope` over the span. */
  readonly riseBytes: number;
  /** Robust standard deviation of what the best model leaves. */
  readonly sigmaBytes: number;
  readonly medianBytes: Bytes;
  /** The rise is larger than what is left and matters, and its end was not seen. */
  readonly rises: boolean;
  /** It rises, and Z, effect, evidence and persistence all say growth. */
  readonly grows: boolean;
}
