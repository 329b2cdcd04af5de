/** Statements that several shapes make. Words and numbers only. */
import { formatBytes, formatDuration } from '../text/amounts.ts';
import { count } from '../text/numbers.ts';
import { HOUR_MS } from '../units.ts';
import { median } from '../math/median.ts';
import type { MemoryCase } from './case.ts';
import type { ShapeStatement } from './types.ts';

export function pro(text: string, source: string): ShapeStatement {
  return { weighs: 'for', text, source };
}

export function contra(text: string, source: string): ShapeStatement {
  return { weighs: 'against', text, source };
}

export function context(text: string, source: string): ShapeStatement {
  return { weighs: 'context', text, source };
}

export function formatHours(hours: number): string {
  return formatDuration(hours * HOUR_MS);
}

/** `0.03`, `0.97`. */
export function formatR2(r2: number): string {
  return r2.toFixed(2);
}

export function formatPercent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}

/** What traffic has to do with it, or that no traffic was seen. */
export function trafficStatement(memory: MemoryCase, followsWeighs: 'for' | 'against'): ShapeStatement {
  const { load } = memory;
  if (load === undefined) {
    return context(
      'No traffic metric was seen: growth with load cannot be told from growth with time.',
      'traffic',
    );
  }
  const r2 = load.partialR2;
  if (r2 > 0.35 && load.bytesPerUnit > 0) {
    return { weighs: followsWeighs, text: `It follows traffic: R² ${formatR2(r2)}.`, source: 'traffic' };
  }
  const weighs = followsWeighs === 'for' ? 'against' : 'for';
  return { weighs, text: `It does not follow traffic: R² ${formatR2(r2)}.`, source: 'traffic' };
}

/** How often it was killed and how long a life is until then. */
export function killsStatement(
  memory: MemoryCase,
  weighs: ShapeStatement['weighs'],
): readonly ShapeStatement[] {
  const { kills } = memory;
  if (kills.length === 0) return [];
  const typical = typicalLifeMs(memory);
  const limit =
    memory.limitBytes === undefined ? 'its limit' : `its limit of ${formatBytes(memory.limitBytes)}`;
  const every = typical === undefined ? '' : `, typically ${formatDuration(typical)} after its start`;
  const text = `It met ${limit} ${count(kills.length, 'time')}${every}.`;
  return [{ weighs, text, source: 'kills' }];
}

/** Median over lives whose start and kill were both seen. */
export function typicalLifeMs(memory: MemoryCase): number | undefined {
  const ages = memory.kills.filter(({ run }) => run.life.start === 'seen').map(({ ageMs }) => ageMs);
  return median(Float64Array.from(ages));
}

/** The limit beside the level, as far as both are known. */
export function roomStatement(memory: MemoryCase): readonly ShapeStatement[] {
  const { limitBytes, level } = memory;
  if (limitBytes === undefined) return [context('No memory limit is known.', 'metrics')];
  const used = formatPercent(level.highestBytes / limitBytes);
  return [
    context(
      `The highest sample is ${formatBytes(level.highestBytes)}, ${used} of the limit of ${formatBytes(limitBytes)}.`,
      'metrics',
    ),
  ];
}
