/** Memory that climbs to a level and stays: warm-up, a cache, a heap that goes up to its maximum. */
import { formatBytes } from '../../text/amounts.ts';
import type { GrowthFit } from '../../math/growth-models.ts';
import type { MemoryCase } from '../case.ts';
import { shareOfLimit } from '../case.ts';
import { bestOf, fitValue, riseOf } from '../fit-life.ts';
import type { LifeFit } from '../fit-types.ts';
import { context, formatHours, pro, roomStatement, trafficStatement } from '../say.ts';
import type { SubShape } from '../types.ts';
import type { Shape } from './shape.ts';

const ENDS: ReadonlySet<GrowthFit['model']> = new Set(['sat', 'ramp', 'log']);
const ENDS_OR_STEPS: ReadonlySet<GrowthFit['model']> = new Set(['sat', 'ramp', 'log', 'step']);
const EARLY = 0.1;
const SIGMAS = 4;
const LIMIT_SHARE = 0.05;
/** A random walk climbs a little and rests as well: a small rise must be told from a constant more clearly. */
const LARGE_SHARE = 0.15;
const LARGE_EVIDENCE = 5;
const SMALL_EVIDENCE = 14;
/** The heap's maximum is what was reached within this share. */
const HEAP_NEAR = 0.25;

export const plateau: Shape = {
  id: 'plateau',
  assess: (memory) => {
    const { heard } = memory.combined;
    const ended = heard.flatMap((fit) => {
      const form = endingForm(fit, memory);
      return form === undefined ? [] : [{ fit, form }];
    });
    if (ended.length === 0 || ended.length < heard.length / 2) return undefined;
    const newest = ended.at(-1) as (typeof ended)[number];
    const levelBytes = Math.max(...ended.map(({ fit, form }) => levelOf(fit, form, memory)));
    const subShape = subShapeOf(memory, newest.form, newest.fit);
    const rise = riseOf(newest.form, newest.fit.bins);
    return {
      confidence: ended.length >= 2 || newest.fit.spanHours >= 72 ? 'likely' : 'possible',
      subShape,
      summary: `Its memory rises by ${formatBytes(Math.round(rise))} and stays at about ${formatBytes(Math.round(levelBytes))}.`,
      statements: [
        pro(
          `The climb ends: a form that levels off describes ${ended.length} of ${heard.length} lives best.`,
          'metrics',
        ),
        ...(memory.question.heapMaxBytes === undefined
          ? []
          : [
              context(
                `The runtime's own maximum is ${formatBytes(memory.question.heapMaxBytes)}.`,
                'runtime',
              ),
            ]),
        context(`Watched for ${formatHours(newest.fit.spanHours)}.`, 'lives'),
        trafficStatement(memory, 'against'),
        ...roomStatement(memory),
      ],
      wouldChange: 'Growth that goes on beyond this level.',
      needsBytes: Math.round(levelBytes),
    };
  },
};

function endingForm(fit: LifeFit, memory: MemoryCase): GrowthFit | undefined {
  const form = bestOf(fit.growth, isEarlyStep(fit) ? ENDS_OR_STEPS : ENDS);
  if (form === undefined || fit.grows) return undefined;
  const flat = fit.growth.fits.find(({ model }) => model === 'const') as GrowthFit;
  const rise = riseOf(form, fit.bins);
  const isBest = form.bic <= fit.growth.flat.bic + 1 && fit.growth.evidence < 2;
  const needed = rise > shareOfLimit(memory, LARGE_SHARE) ? LARGE_EVIDENCE : SMALL_EVIDENCE;
  const matters = rise > Math.max(SIGMAS * fit.sigmaBytes, shareOfLimit(memory, LIMIT_SHARE));
  return isBest && matters && flat.bic - form.bic > needed ? form : undefined;
}

/** Where it ends: the form's own limit, or the runtime's maximum where that is near. */
function levelOf(fit: LifeFit, form: GrowthFit, { question }: MemoryCase): number {
  const reached = fitValue(form, fit.bins, fit.bins.hours.length - 1);
  const ended = form.model === 'sat' ? Math.min(form.intercept + form.growth, 1.5 * reached) : reached;
  const level = Math.max(ended, reached);
  const heap = question.heapMaxBytes;
  return heap !== undefined && heap > level && heap < level * (1 + HEAP_NEAR) ? heap : level;
}

function subShapeOf({ question }: MemoryCase, form: GrowthFit, fit: LifeFit): SubShape {
  if (question.heapMaxBytes !== undefined) return 'heap-to-maximum';
  if (form.model === 'sat' && (form.parameter ?? 0) < fit.spanHours / 3) return 'warm-up';
  return form.model === 'ramp' ? 'cache' : 'warm-up';
}

/** A climb that is over within the first bins is a start, not a change. */
export function isEarlyStep({ growth, bins, spanHours }: LifeFit): boolean {
  const found = growth.fits.find(({ model }) => model === 'step');
  return found !== undefined && (found.parameter ?? 0) - (bins.hours[0] as number) < EARLY * spanHours;
}
