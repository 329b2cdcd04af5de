// Written by tools/calibrate-forecast.ts from development seeds of the workload generator; do not edit.
import type { CalibrationStratum } from './forecast-interval.ts';

export const FORECAST_CALIBRATION: readonly CalibrationStratum[] = [
  { kind: 'line', usedFrom: 0, forecasts: 251, lateFactor: 2.421, earlyFactor: 1.335 },
  { kind: 'line', usedFrom: 0.2, forecasts: 475, lateFactor: 1.217, earlyFactor: 1.239 },
  { kind: 'line', usedFrom: 0.35, forecasts: 670, lateFactor: 1.229, earlyFactor: 1.214 },
  { kind: 'line', usedFrom: 0.5, forecasts: 532, lateFactor: 1.199, earlyFactor: 1.231 },
  { kind: 'line', usedFrom: 0.65, forecasts: 427, lateFactor: 1.304, earlyFactor: 1.335 },
  { kind: 'line', usedFrom: 0.8, forecasts: 314, lateFactor: 1.308, earlyFactor: 1.668 },
  { kind: 'line', usedFrom: 0.92, forecasts: 252, lateFactor: 1.116, earlyFactor: 170.537 },
  { kind: 'bend', usedFrom: 0, forecasts: 358, lateFactor: 2.217, earlyFactor: 2.796 },
  { kind: 'bend', usedFrom: 0.2, forecasts: 333, lateFactor: 1.907, earlyFactor: 2.804 },
  { kind: 'bend', usedFrom: 0.35, forecasts: 225, lateFactor: 1.556, earlyFactor: 3.130 },
  { kind: 'bend', usedFrom: 0.5, forecasts: 194, lateFactor: 1.335, earlyFactor: 3.854 },
  { kind: 'bend', usedFrom: 0.65, forecasts: 107, lateFactor: 1.349, earlyFactor: 2.216 },
  { kind: 'bend', usedFrom: 0.8, forecasts: 112, lateFactor: 1.431, earlyFactor: 2.146 },
  { kind: 'bend', usedFrom: 0.92, forecasts: 83, lateFactor: 1.000, earlyFactor: 403.338 },
  { kind: 'repeated', usedFrom: 0, forecasts: 477, lateFactor: 1.110, earlyFactor: 1.165 },
  { kind: 'repeated', usedFrom: 0.2, forecasts: 508, lateFactor: 1.154, earlyFactor: 1.221 },
  { kind: 'repeated', usedFrom: 0.35, forecasts: 436, lateFactor: 1.135, earlyFactor: 1.322 },
  { kind: 'repeated', usedFrom: 0.5, forecasts: 329, lateFactor: 1.086, earlyFactor: 1.589 },
  { kind: 'repeated', usedFrom: 0.65, forecasts: 138, lateFactor: 1.107, earlyFactor: 1.800 },
  { kind: 'repeated', usedFrom: 0.8, forecasts: 87, lateFactor: 1.206, earlyFactor: 3.590 },
];
