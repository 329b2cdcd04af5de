/** Versions of a workload: lives of different ones are not asked the same question. */
import type { ChangeMark } from '../model/series.ts';
import { HOUR_MS } from '../units.ts';
import type { Combined } from './combined.ts';
import type { LifeFit } from './fit-types.ts';

/** An era speaks for itself once a life of it was watched this long, or this share of the longest of all. */
const FAIR_HOURS = 24;
const FAIR_SHARE = 0.15;

/** Lives by version where it is known, else by the rollout before them; oldest first. */
export function erasOf(
  fits: readonly LifeFit[],
  changes: readonly ChangeMark[],
): readonly (readonly LifeFit[])[] {
  const rollouts = changes.filter(({ kind }) => kind === 'rollout').map(({ atMs }) => atMs);
  const eras = new Map<string, LifeFit[]>();
  for (const fit of fits) {
    const { run } = fit;
    const middleMs = (run.life.fromMs + run.life.toMs) / 2;
    const era = run.version ?? `${rollouts.filter((atMs) => atMs < middleMs).length}`;
    const list = eras.get(era) ?? [];
    list.push(fit);
    eras.set(era, list);
  }
  return [...eras.values()].sort((a, b) => newestOf(a) - newestOf(b));
}

function newestOf(fits: readonly LifeFit[]): number {
  return fits.reduce((newest, { run }) => Math.max(newest, run.life.toMs), 0);
}

/** Of eras that still run the one that grows; else the newest that was watched for a fair time. */
export function spokesman(eras: readonly [Combined, ...Combined[]]): Combined {
  const newest = newestOf(eras.at(-1)?.fits ?? []);
  const longestHours = Math.max(...eras.map((era) => era.longestHours));
  const living = eras.filter(({ fits }) => newestOf(fits) > newest - 2 * HOUR_MS);
  const growing = living.findLast(({ grows }) => grows);
  const fair = eras.findLast(
    (era) => era.longestHours >= Math.min(FAIR_HOURS, longestHours * FAIR_SHARE) || era.fits.length >= 3,
  );
  const speaker = growing ?? fair ?? eras[0];
  if (!speaker.grows || speaker.sinceMs !== undefined) return speaker;
  const sinceMs = speaker.heard.reduce((first, { run }) => Math.min(first, run.life.fromMs), Infinity);
  const before = eras.some(
    (era) => era !== speaker && !era.grows && era.longestHours >= FAIR_SHARE * speaker.longestHours,
  );
  return before ? { ...speaker, sinceMs } : speaker;
}
