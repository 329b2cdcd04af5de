/** The scores of the shapes and of the forecast against the bounds they are held to. */
import { performance } from 'node:perf_hooks';
import type { RangeSet } from '../../src/sim/workloads/index.ts';
import { BASELINES } from './baselines.ts';
import { bootstrap } from './bootstrap.ts';
import type { Bound } from './bounds.ts';
import { brokenOf, wilson } from './bounds.ts';
import { PRODUCT } from './detector.ts';
import { forecastReport, scoreForecasts } from './forecast-score.ts';
import type { Looked } from './one-look.ts';
import { lookOnce } from './one-look.ts';
import { realDataReport } from './real-data.ts';
import {
  baselineTable,
  exceptionLines,
  familyTable,
  headline,
  perFamilyBaselines,
  shapeTable,
  streamingBaselines,
  streamingTable,
  wrongAlarms,
  wrongCases,
} from './report.ts';
import { abstention, leakScore, macroF1 } from './score.ts';
import type { Watched } from './streaming.ts';
import { alarmScore, watchAll } from './streaming.ts';
import { figure } from './tables.ts';

export interface Part {
  readonly lines: readonly string[];
  /** Sentences about bounds that do not hold. Empty = all hold. */
  readonly broken: readonly string[];
}

/** How much is looked at, and how hard the bounds are (see `brokenOf`). */
export interface Sample {
  readonly set: RangeSet;
  readonly perFamily: number;
  readonly strict: boolean;
  /** Also the single wrong cases: of the development set only. */
  readonly withCases?: boolean;
}

/** One look at the end of every window. */
export function shapesOf({ set, perFamily, strict, withCases = false }: Sample): Part {
  const started = performance.now();
  const looked = lookOnce([PRODUCT, ...BASELINES], set, perFamily);
  const [own] = looked;
  if (own === undefined) return { lines: [], broken: ['nothing was looked at'] };
  const lines = [
    `## ${set}: one look at the end, ${perFamily} seeds per family`,
    '',
    ...headline(own.records).map((line) => `- ${line}`),
    `- an answer takes ${figure(quantileOf(own.tookMs, 0.5), 2)} ms (median), ${figure(quantileOf(own.tookMs, 0.99), 1)} ms (99 of 100)`,
    '',
    ...shapeTable(own.records),
    '',
    ...familyTable(own.records),
    '',
    ...baselineTable(looked),
    '',
    ...perFamilyBaselines(looked),
    '',
    ...exceptionLines(looked),
    took(started),
    '',
    ...(withCases && set === 'development' ? [...wrongCases(own.records), ''] : []),
  ];
  return { lines, broken: brokenOf(set, shapeBounds(own), strict) };
}

function shapeBounds({ records }: Looked): readonly Bound[] {
  const leak = leakScore(records);
  const silent = abstention(records);
  return [
    { what: 'macro-F1', value: macroF1(records), ...intervalOf(records, macroF1), atLeast: 0.9 },
    {
      what: 'leak F1',
      value: leak.f1,
      ...intervalOf(records, (drawn) => leakScore(drawn).f1),
      atLeast: 0.97,
    },
    {
      what: 'share of clean workloads called a leak',
      value: leak.falsePositiveRate,
      interval: wilson(leak.falsePositiveRate, leak.clean),
      atMost: 0.005,
    },
    { what: 'abstention', value: silent, interval: wilson(silent, records.length), atMost: 0.1 },
  ];
}

function intervalOf<Cluster>(
  clusters: readonly Cluster[],
  statistic: (drawn: readonly Cluster[]) => number,
): Pick<Bound, 'interval'> {
  const interval = bootstrap(clusters, statistic);
  return interval === undefined ? {} : { interval };
}

/** A look every six hours. */
export function streamingOf({ set, perFamily, strict, withCases = false }: Sample): Part {
  const started = performance.now();
  const all = watchAll([PRODUCT, ...BASELINES], set, perFamily);
  const watched = all[0]?.watched ?? [];
  return {
    lines: [
      `## ${set}: a look every 6 h, ${perFamily} seeds per family`,
      '',
      ...streamingTable(watched),
      '',
      ...streamingBaselines(all),
      took(started),
      '',
      ...(withCases && set === 'development' ? [...wrongAlarms(watched), ''] : []),
    ],
    broken: brokenOf(set, streamingBounds(watched), strict),
  };
}

function streamingBounds(watched: readonly Watched[]): readonly Bound[] {
  const confirmed = alarmScore(watched, 'confirmed');
  const clean = watched.filter(({ isLeak }) => !isLeak);
  return [
    {
      what: 'falsely CONFIRMED per 1,000 container-days',
      value: confirmed.falsePer1000Days,
      ...intervalOf(clean, (drawn) => alarmScore(drawn, 'confirmed').falsePer1000Days),
      atMost: 2,
    },
    {
      what: 'recall of CONFIRMED',
      value: confirmed.recall,
      interval: wilson(confirmed.recall, watched.length - clean.length),
      atLeast: 0.9,
    },
  ];
}

/** First lives stopped half-way to their limit. The bounds are those of the held-out set. */
export function forecastOf({ set, perFamily, strict }: Sample): Part {
  const started = performance.now();
  const score = scoreForecasts(set, perFamily);
  const { own, baselines, coverage, forecast: n } = score;
  const rivals = baselines.filter(({ method }) => method.startsWith('predict_linear'));
  const bounds: readonly Bound[] = [
    {
      what: 'coverage of the 80 % interval',
      value: coverage,
      interval: wilson(coverage, n),
      atLeast: 0.75,
      atMost: 0.85,
    },
    {
      what: 'share more than 1.5 times too late',
      value: own.tooLate,
      interval: wilson(own.tooLate, n),
      atMost: 0.1,
    },
    {
      what: 'share more than twice too early',
      value: own.tooEarly,
      interval: wilson(own.tooEarly, n),
      atMost: 0.15,
    },
    ...rivals.map(({ method, medianError }) => ({
      what: `median error, beside ${method}`,
      value: own.medianError,
      atMost: medianError,
    })),
  ];
  return {
    lines: [
      `## ${set}: forecast at half of the run, ${perFamily} seeds per family`,
      '',
      '```',
      forecastReport(score),
      '```',
      took(started),
      '',
    ],
    broken: set === 'held-out' ? brokenOf(set, bounds, strict) : [],
  };
}

const SIZES = {
  quick: { seeds: 8, looks: 1, forecasts: 5 },
  full: { seeds: 40, looks: 12, forecasts: 25 },
} as const;

/**
 * Everything that is printed about shapes, and what of it does not hold. `full` holds the figures themselves to their
 * bounds; `quick` is a sample of a minute, and only what is beyond doubt breaks a bound.
 */
export function shapesAccuracy({ size }: { readonly size: keyof typeof SIZES }): Part {
  const { seeds, looks, forecasts } = SIZES[size];
  const strict = size === 'full';
  const parts = (['development', 'held-out'] as const).flatMap((set) => [
    shapesOf({ set, perFamily: seeds, strict }),
    streamingOf({ set, perFamily: looks, strict }),
    forecastOf({ set, perFamily: forecasts, strict }),
  ]);
  const all = [...parts, realDataReport({ each: size === 'full' })];
  return { lines: all.flatMap(({ lines }) => lines), broken: all.flatMap(({ broken }) => broken) };
}

function took(startedMs: number): string {
  return `\n(${Math.round((performance.now() - startedMs) / 1000)} s)`;
}

function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
