/**
 * `node tools/shapes/main.ts [--set development|held-out] [--seeds N] [--looks N] [--cases] [--real]`: prints the scores of the
 * shapes. Without arguments, everything at the quick size.
 */
import { parseArgs } from 'node:util';
import type { RangeSet } from '../../src/sim/workloads/index.ts';
import { shapesOf, streamingOf } from './accuracy.ts';
import { realDataReport } from './real-data.ts';

const { values } = parseArgs({
  options: {
    set: { type: 'string', default: 'development' },
    seeds: { type: 'string', default: '12' },
    looks: { type: 'string', default: '0' },
    cases: { type: 'boolean', default: false },
    real: { type: 'boolean', default: false },
  },
});

const set: RangeSet = values.set === 'held-out' ? 'held-out' : 'development';
for (const line of shapesOf(set, Number(values.seeds), values.cases && set === 'development').lines)
  console.log(line);
if (Number(values.looks) > 0)
  for (const line of streamingOf(set, Number(values.looks)).lines) console.log(line);
if (values.real) for (const line of realDataReport().lines) console.log(line);
