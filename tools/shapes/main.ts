/**
 * `node tools/shapes/main.ts [--set development|held-out] [--seeds N] [--looks N] [--forecasts N] [--cases] [--real]
 * [--all quick|full]`: prints parts of the scores, or all. Only the development set shows single wrong cases.
 */
import { parseArgs } from 'node:util';
import type { RangeSet } from '../../src/sim/workloads/index.ts';
import type { Part, Sample } from './accuracy.ts';
import { forecastOf, shapesAccuracy, shapesOf, streamingOf } from './accuracy.ts';
import { realDataReport } from './real-data.ts';

const { values } = parseArgs({
  options: {
    set: { type: 'string', default: 'development' },
    seeds: { type: 'string', default: '0' },
    looks: { type: 'string', default: '0' },
    forecasts: { type: 'string', default: '0' },
    cases: { type: 'boolean', default: false },
    all: { type: 'string' },
    real: { type: 'boolean', default: false },
  },
});

function print({ lines, broken }: Part): void {
  for (const line of [...lines, ...broken.map((one) => `DOES NOT HOLD: ${one}`)]) console.log(line);
}

const set: RangeSet = values.set === 'held-out' ? 'held-out' : 'development';
if (values.all !== undefined) print(shapesAccuracy({ size: values.all === 'full' ? 'full' : 'quick' }));
const sample = (perFamily: number): Sample => ({ set, perFamily, strict: true, withCases: values.cases });
if (Number(values.seeds) > 0) print(shapesOf(sample(Number(values.seeds))));
if (Number(values.looks) > 0) print(streamingOf(sample(Number(values.looks))));
if (Number(values.forecasts) > 0) print(forecastOf(sample(Number(values.forecasts))));
if (values.real) print(realDataReport({ each: true }));
