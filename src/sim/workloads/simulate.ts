/** Runs one pod's demand against its limit: samples, kills, restarts. The demand never depends on what is scraped. */
import type { KillMark } from '../../core/model/series.ts';
import type { EpochMs, Milliseconds } from '../../core/units.ts';
import { HOUR_MS, MIB, MINUTE_MS, SECOND_MS } from '../../core/units.ts';
import type { Random } from '../random.ts';
import { autoregressive } from './noise.ts';
import type { Grid } from './traffic.ts';
import type { Demand, Moment, PodPlan, TrueLife } from './types.ts';

/** Columns of what a perfect scrape would have seen. MiB, parallel to `timesMs`. */
export interface PodRun {
  readonly plan: PodPlan;
  readonly timesMs: EpochMs[];
  readonly rss: number[];
  readonly shmem: number[];
  readonly activeFile: number[];
  /** Highest need since the container started. */
  readonly peak: number[];
  readonly load: number[];
  readonly restarts: number[];
  readonly startedAtMs: EpochMs[];
  readonly limits: number[];
  readonly kills: KillMark[];
  readonly lives: TrueLife[];
}

export interface RunSettings {
  readonly grid: Grid;
  readonly traffic: Float64Array;
  readonly limitMib: number;
  readonly phi: number;
  readonly noiseSd: number;
  /** Lives that met no limit by then are cut here. */
  readonly untilMs: EpochMs;
  /** A life that starts from then on is of no interest: the run ends with the life before. */
  readonly enoughMs: EpochMs;
}

/** What the kernel charges to the container besides its own pages: page tables, sockets, stacks. MiB. */
export const KERNEL_MIB = 3;
/** The kubelet's back-off: 10 s, doubled up to 5 minutes, forgotten after 10 minutes of running. */
const FIRST_BACKOFF_MS = 10 * SECOND_MS;
const LONGEST_BACKOFF_MS = 5 * MINUTE_MS;
const CALM_MS = 10 * MINUTE_MS;
const START_MS = 2 * SECOND_MS;

class PodSimulation {
  readonly run: PodRun;
  private startedMs: EpochMs;
  private previousMs: EpochMs;
  private previousNeed = 0;
  private highest = 0;
  private restartCount = 0;
  private backoffMs = FIRST_BACKOFF_MS;
  private plannedIndex = 0;
  private readonly settings: RunSettings;
  private readonly random: Random;
  private readonly nextNoise: () => number;
  private readonly moment: Moment = { atMs: 0, ageHours: 0, sinceHours: 0, load: 0, loadHours: 0, noise: 0 };
  private readonly demand: Demand = { rss: 0, shmem: 0, activeFile: 0, transient: 0, transientAgeHours: 0 };

  constructor(plan: PodPlan, settings: RunSettings, random: Random) {
    this.settings = settings;
    this.random = random;
    this.nextNoise = autoregressive(random, settings.phi, settings.noiseSd);
    this.startedMs = plan.bornMs - (plan.startAgeMs ?? 0);
    this.previousMs = plan.bornMs;
    this.moment.loadHours = ((plan.startAgeMs ?? 0) / HOUR_MS) * plan.share;
    this.run = {
      plan,
      timesMs: [],
      rss: [],
      shmem: [],
      activeFile: [],
      peak: [],
      load: [],
      restarts: [],
      startedAtMs: [],
      limits: [],
      kills: [],
      lives: [],
    };
    plan.process.restart?.(this.startedMs);
  }

  finish(): PodRun {
    const { grid, traffic, untilMs, enoughMs } = this.settings;
    const endMs = Math.min(this.run.plan.goneMs ?? untilMs, untilMs);
    for (let index = 0; index < grid.points; index += 1) {
      const atMs = grid.fromMs + index * grid.stepMs;
      if (atMs >= endMs || this.startedMs >= enoughMs) break;
      const noise = this.nextNoise();
      if (atMs < this.run.plan.bornMs) continue;
      this.restartAsPlanned(atMs);
      if (this.startedMs > atMs) continue;
      this.moment.noise = noise;
      this.step(atMs, (traffic[index] ?? 1) * this.run.plan.share);
    }
    if (this.startedMs < endMs)
      this.endLife(endMs, this.run.plan.goneMs === endMs ? 'gone' : 'still-running');
    return this.run;
  }

  /** One scrape. Between it and the one before, the container may die several times. */
  private step(atMs: EpochMs, load: number): void {
    const limit = this.limitAt(atMs);
    for (let attempt = 0; attempt < 4 && this.startedMs <= atMs; attempt += 1) {
      const need = this.ask(atMs, load);
      const top = Math.max(need, this.demand.transient);
      if (top < limit) {
        this.highest = Math.max(this.highest, top);
        this.sample(atMs, load, limit);
        this.previousMs = atMs;
        this.previousNeed = need;
        return;
      }
      this.kill(this.killInstant(atMs, need, limit), limit, top);
    }
    if (this.startedMs <= atMs) this.startedMs = atMs + FIRST_BACKOFF_MS;
  }

  private ask(atMs: EpochMs, load: number): number {
    const { moment, demand } = this;
    const sinceMs = atMs - Math.max(this.previousMs, this.startedMs);
    moment.atMs = atMs;
    moment.ageHours = (atMs - this.startedMs) / HOUR_MS;
    moment.sinceHours = sinceMs / HOUR_MS;
    moment.load = load;
    moment.loadHours += load * moment.sinceHours;
    demand.shmem = 0;
    demand.activeFile = 0;
    demand.transient = 0;
    demand.transientAgeHours = 0;
    this.run.plan.process.demand(moment, demand);
    return demand.rss + demand.shmem + KERNEL_MIB;
  }

  private killInstant(atMs: EpochMs, need: number, limit: number): EpochMs {
    const fromMs = Math.max(this.previousMs, this.startedMs);
    const { transientAgeHours, transient } = this.demand;
    let at = fromMs + this.random() * (atMs - fromMs);
    if (transient > need && transientAgeHours > 0) at = this.startedMs + transientAgeHours * HOUR_MS;
    else if (transient <= need && this.previousNeed > 0 && need > this.previousNeed)
      at = fromMs + ((limit - this.previousNeed) / (need - this.previousNeed)) * (atMs - fromMs);
    return Math.round(Math.min(atMs, Math.max(fromMs + 1, at)));
  }

  private kill(atMs: EpochMs, limit: number, top: number): void {
    const limitBytes = Math.round(limit * MIB);
    this.run.kills.push({
      pod: this.run.plan.name,
      atMs,
      kind: 'limit',
      limitBytes,
      peakBytes: Math.min(limitBytes, Math.round(top * MIB)),
    });
    if (atMs - this.startedMs >= CALM_MS) this.backoffMs = FIRST_BACKOFF_MS;
    this.endLife(atMs, 'kill');
    this.begin(atMs + this.backoffMs + START_MS);
    this.backoffMs = Math.min(LONGEST_BACKOFF_MS, this.backoffMs * 2);
  }

  private restartAsPlanned(atMs: EpochMs): void {
    const planned = this.run.plan.restartsAtMs?.[this.plannedIndex];
    if (planned === undefined || planned > atMs) return;
    this.plannedIndex += 1;
    if (this.startedMs < planned) this.endLife(planned, 'gone');
    this.backoffMs = FIRST_BACKOFF_MS;
    this.begin(planned + START_MS);
  }

  private begin(atMs: EpochMs): void {
    this.startedMs = atMs;
    this.previousMs = atMs;
    this.previousNeed = 0;
    this.highest = 0;
    this.restartCount += 1;
    this.moment.loadHours = 0;
    this.run.plan.process.restart?.(atMs);
  }

  private endLife(atMs: EpochMs, end: TrueLife['end']): void {
    this.run.lives.push({ pod: this.run.plan.name, startedMs: this.startedMs, endedMs: atMs, end });
  }

  private limitAt(atMs: EpochMs): number {
    let limit = this.settings.limitMib;
    for (const entry of this.run.plan.limits ?? []) if (entry.fromMs <= atMs) limit = entry.mib;
    return limit;
  }

  private sample(atMs: EpochMs, load: number, limit: number): void {
    const { run, demand } = this;
    run.timesMs.push(atMs);
    run.rss.push(demand.rss);
    run.shmem.push(demand.shmem);
    // The kernel takes page cache back before it kills: the working set stops below the limit.
    run.activeFile.push(
      Math.max(0, Math.min(demand.activeFile, 0.995 * limit - demand.rss - demand.shmem - KERNEL_MIB)),
    );
    run.peak.push(this.highest);
    run.load.push(load);
    run.restarts.push(this.restartCount);
    run.startedAtMs.push(this.startedMs);
    run.limits.push(limit);
  }
}

/** The same random stream and a longer grid give the same samples and then more of them. */
export function simulatePod(plan: PodPlan, settings: RunSettings, random: Random): PodRun {
  return new PodSimulation(plan, settings, random).finish();
}

/** `end` of a scene's window plus what is run on to see when the limit would be met. */
export function longerGrid(grid: Grid, extraMs: Milliseconds): Grid {
  return { ...grid, points: grid.points + Math.ceil(extraMs / grid.stepMs) };
}
