/**
 * Writes src/core/memory/forecast-calibration.ts: how far off forecasts are, by kind and by how much of the way to the
 * limit is gone. Development seeds only. A cluster's leaks are of no family that was simulated, so the intervals are as
 * wide as they must be to cover 80 % of each family when it is left out. `node tools/calibrate-forecast.ts [workloads
 * per family]`
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ForecastKind } from '../src/core/memory/forecast.ts';
import type { CalibrationStratum } from '../src/core/memory/forecast-interval.ts';
import { factorsOf } from '../src/core/memory/forecast-interval.ts';
import { forecastCases } from './shapes/forecast-cases.ts';

const PER_FAMILY = Number(process.argv[2] ?? 150);
const KINDS: readonly ForecastKind[] = ['line', 'requests', 'bend', 'repeated'];
const USED_FROM = [0, 0.2, 0.35, 0.5, 0.65, 0.8, 0.92];
/** Fewer errors than this say too little about one in ten: the stratum is joined with the one before it. */
const FEWEST = 60;
/** Share of crossings inside the interval. */
const WANTED = 0.8;

interface Scored {
  readonly family: string;
  readonly kind: ForecastKind;
  readonly used: number;
  readonly score: number;
}

function collect(): readonly Scored[] {
  const scored: Scored[] = [];
  const stops = [0.15, 0.25, 0.35, 0.45, 0.5, 0.55, 0.65, 0.75, 0.85, 0.95];
  for (const one of forecastCases({
    set: 'development',
    perFamily: PER_FAMILY,
    stops,
    lives: 'first-and-later',
  })) {
    if (one.forecast === undefined) continue;
    const { kind, usedRatio, hours } = one.forecast;
    scored.push({ family: one.family, kind, used: usedRatio, score: Math.log(hours / one.trueHours) });
  }
  return scored;
}

function strata(scored: readonly Scored[], alphaEachSide: number): readonly CalibrationStratum[] {
  return KINDS.flatMap((kind) => {
    const joined: { usedFrom: number; scores: number[] }[] = [];
    for (const [index, usedFrom] of USED_FROM.entries()) {
      const usedTo = USED_FROM[index + 1] ?? Infinity;
      const scores = scored
        .filter((one) => one.kind === kind && one.used >= usedFrom && one.used < usedTo)
        .map(({ score }) => score);
      const last = joined.at(-1);
      if (last !== undefined && (scores.length < FEWEST || last.scores.length < FEWEST))
        last.scores.push(...scores);
      else joined.push({ usedFrom, scores });
    }
    return joined
      .filter(({ scores }) => scores.length >= FEWEST / 2)
      .map(({ usedFrom, scores }) => ({
        kind,
        usedFrom,
        forecasts: scores.length,
        ...factorsOf(scores, alphaEachSide),
      }));
  });
}

/** Mean over families of the share of its forecasts that intervals counted on the other families cover. */
function coverageLeftOut(scored: readonly Scored[], alphaEachSide: number): number {
  const families = [...new Set(scored.map(({ family }) => family))];
  const shares = families.map((family) => {
    const table = strata(
      scored.filter((one) => one.family !== family),
      alphaEachSide,
    );
    const own = scored.filter((one) => one.family === family);
    const covered = own.filter(({ kind, used, score }) => {
      const stratum = table.findLast((one) => one.kind === kind && used >= one.usedFrom);
      if (stratum === undefined) return false;
      return score <= Math.log(stratum.lateFactor) && -score <= Math.log(stratum.earlyFactor);
    });
    return covered.length / own.length;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** The most that each side may miss. */
function alphaFor(scored: readonly Scored[]): number {
  for (let alpha = 0.1; alpha > 0.02; alpha -= 0.005) {
    const coverage = coverageLeftOut(scored, alpha);
    console.log(
      `each side missed by ${alpha.toFixed(3)}: families left out are covered by ${coverage.toFixed(3)}`,
    );
    if (coverage >= WANTED) return alpha;
  }
  return 0.02;
}

const scored = collect();
const alphaEachSide = alphaFor(scored);
const table = strata(scored, alphaEachSide);
const rows = table.map(
  ({ kind, usedFrom, forecasts, lateFactor, earlyFactor }) =>
    `  { kind: '${kind}', usedFrom: ${usedFrom}, forecasts: ${forecasts}, lateFactor: ${Number(lateFactor.toFixed(3))}, earlyFactor: ${Number(earlyFactor.toFixed(3))} },`,
);
const text = `// Written by tools/calibrate-forecast.ts from development seeds of the workload generator; do not edit.
// Each side is missed by ${(100 * alphaEachSide).toFixed(1)} % of them: that covers 80 % of a family that is left out.
import type { CalibrationStratum } from './forecast-interval.ts';

export const FORECAST_CALIBRATION: readonly CalibrationStratum[] = [
${rows.join('\n')}
];
`;
writeFileSync(fileURLToPath(new URL('../src/core/memory/forecast-calibration.ts', import.meta.url)), text);
console.log(rows.join('\n'));
