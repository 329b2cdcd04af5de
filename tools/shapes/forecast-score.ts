/** How good forecasts are: stopped half-way to the limit, against what really came, beside `predict_linear`. */
import { shapeOf } from '../../src/core/memory/analyse.ts';
import { readCase } from '../../src/core/memory/case.ts';
import { podForecasts } from '../../src/core/memory/forecast.ts';
import { between } from '../../src/core/memory/hygiene.ts';
import { intervalOf } from '../../src/core/memory/forecast-interval.ts';
import { predictLinear } from '../../src/core/math/predict-linear.ts';
import type { RangeSet } from '../../src/sim/workloads/index.ts';
import { familiesOf, generateWorkload } from '../../src/sim/workloads/index.ts';
import type { ForecastCase } from './forecast-cases.ts';
import { questionAt } from './cut.ts';
import { forecastCases } from './forecast-cases.ts';

/** Errors of one method. Shares of all forecasts it was asked for. */
export interface ErrorSummary {
  readonly method: string;
  readonly forecasts: number;
  /** Median of |predicted / real - 1|. */
  readonly medianError: number;
  /** More than 1.5 times too late; a method that sees no crossing is too late. */
  readonly tooLate: number;
  /** More than twice too early. */
  readonly tooEarly: number;
}

export interface ForecastScore {
  readonly set: RangeSet;
  /** Lives stopped half-way, and those of them for which a forecast was made. */
  readonly stopped: number;
  readonly forecast: number;
  /** Real crossings inside the 80 % interval. */
  readonly coverage: number;
  /** Median of latest by earliest. */
  readonly intervalRatio: number;
  readonly own: ErrorSummary;
  readonly baselines: readonly ErrorSummary[];
  readonly families: readonly (ErrorSummary & { readonly stopped: number; readonly coverage: number })[];
  /** Lives after the first one, where lives before them ended at the same limit. */
  readonly later: ErrorSummary & { readonly coverage: number };
  /** Looks at workloads that do not leak, and looks at which a crossing was forecast. */
  readonly quiet: {
    readonly looks: number;
    readonly forecasts: number;
    readonly families: Readonly<Record<string, number>>;
  };
}

const HOUR_MS = 3_600_000;
const HALF = 0.5;
/** No crossing seen: later than anything. */
const NEVER_HOURS = 1e6;

export function scoreForecasts(set: RangeSet, perFamily: number): ForecastScore {
  const all = [...forecastCases({ set, perFamily, stops: [HALF], lives: 'first-and-later' })].map(scored);
  const first = all.filter(({ livesBefore }) => livesBefore === 0);
  const made = first.filter(({ own }) => own !== undefined);
  const later = all.filter(({ livesBefore, own }) => livesBefore > 0 && own !== undefined);
  const ratios = made.flatMap(({ ratio }) => ratio ?? []).toSorted((a, b) => a - b);
  return {
    set,
    stopped: first.length,
    forecast: made.length,
    coverage: share(made, ({ isCovered }) => isCovered),
    intervalRatio: ratios[ratios.length >> 1] ?? Number.NaN,
    own: summary('exit137', made, ({ own }) => own),
    baselines: [
      summary('predict_linear over 6 h', made, ({ linear6 }) => linear6),
      summary('predict_linear over 24 h', made, ({ linear24 }) => linear24),
    ],
    families: [...new Set(first.map(({ family }) => family))].map((family) => {
      const mine = made.filter((one) => one.family === family);
      return {
        ...summary(family, mine, ({ own }) => own),
        stopped: first.filter((one) => one.family === family).length,
        coverage: share(mine, ({ isCovered }) => isCovered),
      };
    }),
    later: {
      ...summary('later lives', later, ({ own }) => own),
      coverage: share(later, ({ isCovered }) => isCovered),
    },
    quiet: quietScore(set, perFamily),
  };
}

interface Scored {
  readonly family: string;
  readonly livesBefore: number;
  /** ln(predicted / real) */
  readonly own?: number;
  readonly linear6: number;
  readonly linear24: number;
  readonly isCovered: boolean;
  readonly ratio?: number;
}

function scored(one: ForecastCase): Scored {
  const { family, livesBefore, trueHours, forecast } = one;
  const interval = forecast && intervalOf(forecast);
  const [low, high] = [interval?.lowHours ?? 0, interval?.highHours ?? Infinity];
  const log = (hours: number): number => Math.log(hours / trueHours);
  return {
    family,
    livesBefore,
    ...(forecast && { own: log(forecast.hours) }),
    linear6: log(linearHours(one, 6)),
    linear24: log(linearHours(one, 24)),
    isCovered: forecast !== undefined && trueHours >= low && trueHours <= high,
    ...(low > 0 && high < Infinity && { ratio: high / low }),
  };
}

/** What an alert on `predict_linear(container_memory_working_set_bytes[window])` sees. */
function linearHours({ memory, pod, nowMs, forecast }: ForecastCase, windowHours: number): number {
  const run = memory.runs.findLast(({ life }) => life.pod === pod || life.pod === forecast?.pod);
  const limitBytes = forecast?.limitBytes ?? run?.life.limitBytes;
  if (run === undefined || limitBytes === undefined) return NEVER_HOURS;
  const { timesMs, values } = between(run.level, nowMs - windowHours * HOUR_MS, nowMs);
  const line = predictLinear(
    timesMs.map((atMs) => atMs / HOUR_MS),
    values,
    { evaluationTime: nowMs / HOUR_MS, ahead: 0 },
  );
  if (line === undefined || line.slope <= 0) return NEVER_HOURS;
  return Math.max((limitBytes - line.now) / line.slope, 1 / 60);
}

function summary(
  method: string,
  cases: readonly Scored[],
  error: (one: Scored) => number | undefined,
): ErrorSummary {
  const errors = cases.map((one) => error(one) ?? Math.log(NEVER_HOURS));
  const relative = errors.map((log) => Math.abs(Math.exp(log) - 1)).toSorted((a, b) => a - b);
  return {
    method,
    forecasts: errors.length,
    medianError: relative[relative.length >> 1] ?? Number.NaN,
    tooLate: share(errors, (log) => log > Math.log(1.5)),
    tooEarly: share(errors, (log) => log < -Math.log(2)),
  };
}

function share<Item>(items: readonly Item[], isOne: (item: Item) => boolean): number {
  return items.length === 0 ? Number.NaN : items.filter(isOne).length / items.length;
}

/** Workloads that do not leak, looked at three times. */
function quietScore(set: RangeSet, perFamily: number): ForecastScore['quiet'] {
  const families: Record<string, number> = {};
  let looks = 0;
  let forecasts = 0;
  for (const family of familiesOf(set)) {
    for (let index = 0; index < perFamily; index += 1) {
      const { question, truth } = generateWorkload(family, index, set);
      if (truth.isLeak !== false) continue;
      const fromMs = Math.min(...question.histories.map((history) => history.fromMs));
      for (const part of [0.3, 0.6, 1]) {
        const nowMs = Math.round(fromMs + part * (question.nowMs - fromMs));
        looks += 1;
        const memory = readCase(questionAt(question, nowMs));
        if (podForecasts({ memory, shape: shapeOf(memory).shape }).forecasts.length === 0) continue;
        forecasts += 1;
        families[family] = (families[family] ?? 0) + 1;
      }
    }
  }
  return { looks, forecasts, families };
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(1)} %`.padStart(8);
}

/** Lines for people. */
export function forecastReport(score: ForecastScore): string {
  const row = (one: ErrorSummary, rest = ''): string =>
    `${one.method.padEnd(26)}${String(one.forecasts).padStart(6)}${percent(one.medianError)}${percent(one.tooLate)}${percent(one.tooEarly)}${rest}`;
  return [
    `${score.set}: ${score.stopped} first lives stopped half-way to their limit, ${score.forecast} forecast`,
    `80 % interval covers ${percent(score.coverage).trim()}; latest by earliest, median: ${score.intervalRatio.toFixed(2)}`,
    `${''.padEnd(26)}     n   error    late   early  covered`,
    row(score.own, percent(score.coverage)),
    ...score.baselines.map((one) => row(one)),
    row(score.later, percent(score.later.coverage)),
    ...score.families.map((one) => row(one, `${percent(one.coverage)}  of ${one.stopped} stopped`)),
    `not leaking: ${score.quiet.forecasts} of ${score.quiet.looks} looks forecast a crossing ${JSON.stringify(score.quiet.families)}`,
  ].join('\n');
}

if (import.meta.main) {
  const [set = 'development', perFamily = '30'] = process.argv.slice(2);
  console.log(forecastReport(scoreForecasts(set as RangeSet, Number(perFamily))));
}
