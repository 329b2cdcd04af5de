/** The scores of the shapes against the bounds they are held to. */
import { performance } from 'node:perf_hooks';
import type { RangeSet } from '../../src/sim/workloads/index.ts';
import { BASELINES } from './baselines.ts';
import { PRODUCT } from './detector.ts';
import { forecastReport, scoreForecasts } from './forecast-score.ts';
import type { Looked } from './one-look.ts';
import { lookOnce } from './one-look.ts';
import { realDataReport } from './real-data.ts';
import {
  baselineTable,
  exceptions,
  familyTable,
  headline,
  perFamilyBaselines,
  shapeTable,
  streamingBaselines,
  streamingTable,
  wrongCases,
} from './report.ts';
import { abstention, leakScore, macroF1 } from './score.ts';
import { alarmScore, watchAll } from './streaming.ts';
import { figure, percent, table } from './tables.ts';

export interface Part {
  readonly lines: readonly string[];
  /** Sentences about bounds that do not hold. Empty = all hold. */
  readonly broken: readonly string[];
}

interface Bound {
  readonly what: string;
  readonly value: number;
  readonly holds: boolean;
  readonly bound: string;
}

/** One look at the end of every window. */
export function shapesOf(set: RangeSet, seedsPerFamily: number, withCases = false): Part {
  const started = performance.now();
  const looked = lookOnce([PRODUCT, ...BASELINES], set, seedsPerFamily);
  const [own] = looked;
  if (own === undefined) return { lines: [], broken: ['nothing was looked at'] };
  const lines = [
    `## ${set}: one look at the end, ${seedsPerFamily} seeds per family`,
    '',
    ...headline(own.records).map((line) => `- ${line}`),
    `- an answer takes ${figure(middle(own.tookMs), 2)} ms (median), ${figure(at(own.tookMs, 0.99), 1)} ms (99 of 100)`,
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
    `(${Math.round((performance.now() - started) / 1000)} s)`,
    '',
    ...(withCases ? [...wrongCases(own.records), ''] : []),
  ];
  return { lines, broken: brokenOf(set, boundsOf(own)) };
}

function boundsOf({ records }: Looked): readonly Bound[] {
  const leak = leakScore(records);
  const f1 = macroF1(records);
  const silent = abstention(records);
  return [
    { what: 'macro-F1', value: f1, holds: f1 >= 0.9, bound: 'at least 0.90' },
    { what: 'leak F1', value: leak.f1, holds: leak.f1 >= 0.97, bound: 'at least 0.97' },
    {
      what: 'false positives',
      value: leak.falsePositiveRate,
      holds: leak.falsePositiveRate <= 0.005,
      bound: 'at most 0.005',
    },
    { what: 'abstention', value: silent, holds: silent <= 0.1, bound: 'at most 0.10' },
  ];
}

function brokenOf(set: RangeSet, bounds: readonly Bound[]): readonly string[] {
  return bounds
    .filter(({ holds }) => !holds)
    .map(({ what, value, bound }) => `${set}: ${what} is ${figure(value, 4)}, must be ${bound}`);
}

function exceptionLines(looked: readonly Looked[]): readonly string[] {
  const found = exceptions(looked);
  if (found.length === 0) return ['On every family at least as good as every baseline.'];
  return [
    'Families where a baseline tells leak from no leak more often:',
    '',
    ...table(
      [
        { title: 'family' },
        { title: 'baseline' },
        { title: 'it', align: 'right' },
        { title: 'exit137', align: 'right' },
      ],
      found.map(({ family, baseline, theirs, own }) => [
        family,
        baseline,
        percent(theirs, 0),
        percent(own, 0),
      ]),
    ),
  ];
}

/** A look every six hours. */
export function streamingOf(set: RangeSet, seedsPerFamily: number): Part {
  const started = performance.now();
  const all = watchAll([PRODUCT, ...BASELINES], set, seedsPerFamily);
  const watched = all[0]?.watched ?? [];
  const confirmed = alarmScore(watched, 'confirmed');
  const bounds: readonly Bound[] = [
    {
      what: 'falsely CONFIRMED per 1,000 container-days',
      value: confirmed.falsePer1000Days,
      holds: confirmed.falsePer1000Days <= 2,
      bound: 'at most 2',
    },
    {
      what: 'recall of CONFIRMED',
      value: confirmed.recall,
      holds: confirmed.recall >= 0.9,
      bound: 'at least 0.9',
    },
  ];
  return {
    lines: [
      `## ${set}: a look every 6 h, ${seedsPerFamily} seeds per family`,
      '',
      ...streamingTable(watched),
      '',
      ...streamingBaselines(all),
      `(${Math.round((performance.now() - started) / 1000)} s)`,
      '',
    ],
    broken: brokenOf(set, bounds),
  };
}

/** First lives stopped half-way to their limit. Bounds are those of the held-out set. */
export function forecastOf(set: RangeSet, perFamily: number): Part {
  const started = performance.now();
  const score = scoreForecasts(set, perFamily);
  const { own, baselines, coverage } = score;
  const rivals = baselines.filter(({ method }) => method.startsWith('predict_linear'));
  const bounds: readonly Bound[] = [
    {
      what: 'coverage of the 80 % interval',
      value: coverage,
      holds: coverage >= 0.75 && coverage <= 0.85,
      bound: '0.75 to 0.85',
    },
    {
      what: 'more than 1.5 times too late',
      value: own.tooLate,
      holds: own.tooLate <= 0.1,
      bound: 'at most 0.10',
    },
    {
      what: 'more than twice too early',
      value: own.tooEarly,
      holds: own.tooEarly <= 0.15,
      bound: 'at most 0.15',
    },
    ...rivals.map(({ method, medianError }) => ({
      what: `median error (${method}: ${figure(medianError)})`,
      value: own.medianError,
      holds: own.medianError < medianError,
      bound: 'below it',
    })),
  ];
  return {
    lines: [
      `## ${set}: forecast at half of the run, ${perFamily} seeds per family`,
      '',
      '```',
      forecastReport(score),
      '```',
      `(${Math.round((performance.now() - started) / 1000)} s)`,
      '',
    ],
    broken: brokenOf(set, bounds),
  };
}

const SIZES = {
  quick: { seeds: 8, looks: 1, forecasts: 12 },
  full: { seeds: 60, looks: 10, forecasts: 60 },
} as const;

/** Everything that is printed about shapes, and what of it does not hold. */
export function shapesAccuracy({ size }: { readonly size: keyof typeof SIZES }): Part {
  const { seeds, looks, forecasts } = SIZES[size];
  const parts = [
    shapesOf('development', seeds),
    shapesOf('held-out', seeds),
    streamingOf('development', looks),
    streamingOf('held-out', looks),
    forecastOf('development', forecasts),
    forecastOf('held-out', forecasts),
    realDataReport(),
  ];
  return { lines: parts.flatMap(({ lines }) => lines), broken: parts.flatMap(({ broken }) => broken) };
}

function middle(values: readonly number[]): number {
  return at(values, 0.5);
}

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
