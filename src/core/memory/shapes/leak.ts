/** Memory that a program takes and never gives back: the floor grows without an end, life after life. */
import { formatBytes, formatInstant, formatRate } from '../../text/amounts.ts';
import type { MemoryCase } from '../case.ts';
import { bendOf } from '../combine.ts';
import { endsAtLimit } from '../fit-life.ts';
import type { LifeFit } from '../fit-types.ts';
import { context, contra, formatHours, formatR2, killsStatement, pro, trafficStatement } from '../say.ts';
import type { ShapeStatement, SubShape } from '../types.ts';
import type { Shape } from './shape.ts';
import { changeNear } from './since.ts';

/** One life must have been watched this long; younger growth may be a cache that fills. */
const LONG_ENOUGH_HOURS = 60;
const LONG_ENOUGH_SINCE_HOURS = 36;
/** A hinge or an exponential must beat the line by this much in BIC to give the leak its name. */
const SUB_EVIDENCE = 4;

export const leak: Shape = {
  id: 'leak',
  assess: (memory) => {
    const { combined } = memory;
    if (!combined.grows || !isSeenLongEnough(memory)) return undefined;
    const subShape = leakKind(memory);
    const sinceMs = sinceOf(memory);
    const since = sinceMs === undefined ? undefined : changeNear(memory, sinceMs);
    const rate = combined.slope === undefined ? '' : formatRate(combined.slope.bytesPerHour);
    const lives = livesText(memory);
    return {
      confidence: combined.growing.length >= 2 && combined.evidence > 6 ? 'certain' : 'likely',
      subShape,
      summary: `Its memory grows without an end: ${rate} in ${lives}.`,
      statements: [...growthStatements(memory), ...subStatements(memory, subShape)],
      wouldChange: 'A level that it reaches and keeps, or a comparison of two heap profiles without growth.',
      tellsGrowth: true,
      ...(since !== undefined && { since }),
    };
  },
};

/** A climb that ended at the limit, or one that was watched for days: shorter where the version before was flat. */
export function isSeenLongEnough({ combined }: MemoryCase): boolean {
  if (combined.byAge !== undefined || combined.growing.some(({ run }) => endsAtLimit(run))) return true;
  const enough = combined.sinceMs === undefined ? LONG_ENOUGH_HOURS : LONG_ENOUGH_SINCE_HOURS;
  return combined.longestHours >= enough;
}

function livesText({ combined }: MemoryCase): string {
  const { growing, heard } = combined;
  if (heard.length === 1)
    return combined.byAge === undefined ? 'the one life seen' : 'its lives laid over each other';
  return growing.length === 0 ? `its ${heard.length} lives` : `${growing.length} of ${heard.length} lives`;
}

/** What every account of growth says. */
export function growthStatements(memory: MemoryCase): readonly ShapeStatement[] {
  const { combined } = memory;
  const { slope } = combined;
  const statements: ShapeStatement[] = [];
  if (slope !== undefined) {
    statements.push(
      pro(
        `The floor of its memory moves by ${formatRate(slope.bytesPerHour)} in ${livesText(memory)} (95 %: ${formatRate(slope.low)} to ${formatRate(slope.high)}).`,
        'lives',
      ),
    );
  }
  const gain = combined.evidence.toFixed(0);
  const forms = `growth without an end against one that ends: BIC better by ${gain}`;
  statements.push(
    combined.evidence > 2
      ? pro(`${capital(forms)}.`, 'metrics')
      : contra(`${capital(forms)}, too little to decide.`, 'metrics'),
    trafficStatement(memory, 'against'),
    ...killsStatement(memory, 'for'),
  );
  return statements;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function leakKind(memory: MemoryCase): SubShape {
  const { growing, endless } = memory.combined;
  const gain = (model: string): number =>
    growing.reduce((sum, { growth }) => {
      const line = growth.fits.find((fit) => fit.model === 'lin');
      const other = growth.fits.find((fit) => fit.model === model);
      return sum + (line === undefined || other === undefined ? 0 : line.bic - other.bic);
    }, 0);
  if (sinceOf(memory) !== undefined) return 'since-change';
  if (endless === 'cum' && gain('cum') > SUB_EVIDENCE) return 'per-request';
  if (endless === 'exp' && gain('exp') > SUB_EVIDENCE) return 'accelerating';
  if (isSawtooth(growing)) return 'gc-floor';
  return isChunked(growing) ? 'chunked' : 'linear';
}

/** When growth began, where it did not begin with the container. */
function sinceOf({ combined }: MemoryCase): number | undefined {
  if (combined.sinceMs !== undefined) return combined.sinceMs;
  const { growing, endless } = combined;
  // Later lives grow from their start on: then only the first one has a bend.
  return endless === 'hinge' ? bendOf(growing) : bendOf(growing.slice(0, growing.length > 1 ? 1 : 0));
}

/** The tooth between the floor and the top is as high as a good part of the rise: a collector works above the floor. */
function isSawtooth(fits: readonly LifeFit[]): boolean {
  const teeth = fits.filter(({ bins, sigmaBytes, riseBytes }) => {
    let tooth = 0;
    for (let index = 0; index < bins.hours.length; index += 1) {
      tooth += (bins.highest[index] as number) - (bins.floor[index] as number);
    }
    tooth /= bins.hours.length;
    return tooth > 4 * sigmaBytes && tooth > 0.15 * riseBytes;
  });
  return teeth.length > fits.length / 2;
}

/** Long flat stretches between few jumps. */
function isChunked(fits: readonly LifeFit[]): boolean {
  const chunked = fits.filter(({ judged, riseBytes }) => {
    let inJumps = 0;
    let jumps = 0;
    for (let index = 1; index < judged.length; index += 1) {
      const step = (judged[index] as number) - (judged[index - 1] as number);
      if (step > (4 * riseBytes) / judged.length) {
        inJumps += step;
        jumps += 1;
      }
    }
    return inJumps > 0.7 * riseBytes && jumps < judged.length / 4;
  });
  return chunked.length > fits.length / 2;
}

function subStatements(memory: MemoryCase, subShape: SubShape): readonly ShapeStatement[] {
  const { combined, load } = memory;
  switch (subShape) {
    case 'per-request': {
      const each = combined.bytesPerRequest;
      if (each === undefined) return [];
      return [
        pro(
          `It grows with each request, not with the clock: ${formatBytes(Math.round(each))} a request.`,
          'traffic',
        ),
      ];
    }
    case 'accelerating':
      return [pro('It grows faster the longer it runs.', 'metrics')];
    case 'since-change': {
      const sinceMs = sinceOf(memory);
      if (sinceMs === undefined) return [];
      const change = changeNear(memory, sinceMs);
      const began = pro(`It was flat at first and has grown since ${formatInstant(sinceMs)}.`, 'metrics');
      return change === undefined
        ? [began, context('No rollout or change of the configuration is known near it.', 'changes')]
        : [began, pro(`It came with ${change.label}.`, 'changes')];
    }
    case 'gc-floor':
      return [pro('What is left after each garbage collection grows.', 'metrics')];
    case 'chunked':
      return [pro('It grows in steps with rests between them.', 'metrics')];
    default:
      return load === undefined
        ? [context(`Seen for ${formatHours(combined.longestHours)} at a stretch.`, 'lives')]
        : [context(`Traffic explains ${formatR2(load.r2)} of its variation (R²).`, 'traffic')];
  }
}
