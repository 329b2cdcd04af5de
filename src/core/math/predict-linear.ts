import { fitLine } from './line.ts';

/**
 * As PromQL's `predict_linear` (promql/functions.go, linearRegression): a least squares line through the samples, read at
 * `evaluationTime` and prolonged by `ahead`. Equal samples have the slope 0. Times in one unit (PromQL: seconds).
 * `undefined` below two samples.
 */
export function predictLinear(
  times: Float64Array,
  values: Float64Array,
  { evaluationTime, ahead }: { readonly evaluationTime: number; readonly ahead: number },
): { readonly slope: number; readonly now: number; readonly later: number } | undefined {
  const line = fitLine(
    times.map((time) => time - evaluationTime),
    values,
  );
  if (line === undefined) return undefined;
  const first = values[0] as number;
  if (values.every((value) => value === first)) return { slope: 0, now: first, later: first };
  return { slope: line.slope, now: line.intercept, later: line.intercept + line.slope * ahead };
}
