// Written by tools/calibrate-forecast.ts from development seeds of the workload generator; do not edit.
// Each side is missed by 8.5 % of them: that covers 80 % of a family that is left out.
import type { CalibrationStratum } from './forecast-interval.ts';

export const FORECAST_CALIBRATION: readonly CalibrationStratum[] = [
  { kind: 'line', usedFrom: 0, forecasts: 284, lateFactor: 3.502, earlyFactor: 1.395 },
  { kind: 'line', usedFrom: 0.2, forecasts: 516, lateFactor: 1.224, earlyFactor: 1.34 },
  { kind: 'line', usedFrom: 0.35, forecasts: 662, lateFactor: 1.144, earlyFactor: 1.255 },
  { kind: 'line', usedFrom: 0.5, forecasts: 606, lateFactor: 1.165, earlyFactor: 1.334 },
  { kind: 'line', usedFrom: 0.65, forecasts: 470, lateFactor: 1.212, earlyFactor: 1.419 },
  { kind: 'line', usedFrom: 0.8, forecasts: 353, lateFactor: 1.232, earlyFactor: 1.861 },
  { kind: 'line', usedFrom: 0.92, forecasts: 296, lateFactor: 1.136, earlyFactor: 3.17 },
  { kind: 'requests', usedFrom: 0, forecasts: 157, lateFactor: 2.438, earlyFactor: 1.574 },
  { kind: 'requests', usedFrom: 0.2, forecasts: 231, lateFactor: 1.787, earlyFactor: 1.292 },
  { kind: 'requests', usedFrom: 0.35, forecasts: 317, lateFactor: 1.41, earlyFactor: 1.344 },
  { kind: 'requests', usedFrom: 0.5, forecasts: 217, lateFactor: 1.441, earlyFactor: 1.474 },
  { kind: 'requests', usedFrom: 0.65, forecasts: 160, lateFactor: 1.462, earlyFactor: 1.504 },
  { kind: 'requests', usedFrom: 0.8, forecasts: 113, lateFactor: 2.307, earlyFactor: 1.658 },
  { kind: 'requests', usedFrom: 0.92, forecasts: 80, lateFactor: 1.234, earlyFactor: 2.789 },
  { kind: 'bend', usedFrom: 0, forecasts: 433, lateFactor: 2.468, earlyFactor: 3.229 },
  { kind: 'bend', usedFrom: 0.2, forecasts: 390, lateFactor: 1.575, earlyFactor: 3.017 },
  { kind: 'bend', usedFrom: 0.35, forecasts: 277, lateFactor: 1.372, earlyFactor: 3.411 },
  { kind: 'bend', usedFrom: 0.5, forecasts: 214, lateFactor: 1.686, earlyFactor: 4.087 },
  { kind: 'bend', usedFrom: 0.65, forecasts: 125, lateFactor: 1.363, earlyFactor: 2.618 },
  { kind: 'bend', usedFrom: 0.8, forecasts: 133, lateFactor: 1.426, earlyFactor: 2.386 },
  { kind: 'bend', usedFrom: 0.92, forecasts: 87, lateFactor: 1, earlyFactor: 9.604 },
  { kind: 'repeated', usedFrom: 0, forecasts: 658, lateFactor: 1.131, earlyFactor: 1.167 },
  { kind: 'repeated', usedFrom: 0.2, forecasts: 678, lateFactor: 1.152, earlyFactor: 1.229 },
  { kind: 'repeated', usedFrom: 0.35, forecasts: 567, lateFactor: 1.179, earlyFactor: 1.306 },
  { kind: 'repeated', usedFrom: 0.5, forecasts: 408, lateFactor: 1.124, earlyFactor: 1.516 },
  { kind: 'repeated', usedFrom: 0.65, forecasts: 195, lateFactor: 1.221, earlyFactor: 1.693 },
  { kind: 'repeated', usedFrom: 0.8, forecasts: 110, lateFactor: 1.278, earlyFactor: 3.36 },
];
