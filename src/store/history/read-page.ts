/** Reads the figures of some containers: packed ones first, then the ticks that are not packed yet. */
import type { Series } from '../../core/model/series.ts';
import { MINUTE_MS, type EpochMs, type Milliseconds } from '../../core/units.ts';
import { decodeSeries, GROUP_SIZE, openBlock, type OpenBlock } from './block.ts';
import { CutError } from './bytes.ts';
import { chunksIn, timesOf, type Chunk } from './chunk.ts';
import type { Database } from './driver.ts';
import { amountOf, MISSING } from './lanes.ts';
import { SeriesBuilder } from './series-builder.ts';
import { decodeTick } from './tick-log.ts';
import { blockId, TIERS } from './tiers.ts';
import type { Stay } from './wanted.ts';

export interface PageAsk {
  readonly database: Database;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly stepMs: Milliseconds;
  readonly lanes: readonly number[];
  readonly containers: readonly {
    readonly stays: readonly Stay[];
    readonly starts: readonly EpochMs[];
    readonly lateStarts: ReadonlyMap<EpochMs, EpochMs>;
  }[];
}

export interface PageFigures {
  /** Per container, per lane asked for. */
  readonly series: readonly (readonly (Series | undefined)[])[];
  /** The coarsest distance of figures that was met. */
  readonly stepMs: Milliseconds;
  /** Blocks that were damaged. */
  readonly damaged: number;
}

/** One container in one lane of the page. */
interface Target {
  readonly place: number;
  readonly slot: number;
  readonly lane: number;
  readonly builder: SeriesBuilder;
  readonly lateStarts: ReadonlyMap<EpochMs, EpochMs>;
}

const USUAL_TICK_MS = 15_000;

/** Call it in a snapshot: what is packed and what is not must be of one moment. */
export function readFigures(ask: PageAsk): PageFigures {
  const binMs = ask.stepMs < MINUTE_MS ? 0 : Math.floor(ask.stepMs / MINUTE_MS) * MINUTE_MS;
  const builders = ask.containers.map(({ starts }) =>
    ask.lanes.map(() => new SeriesBuilder({ fromMs: ask.fromMs, toMs: ask.toMs, binMs, starts })),
  );
  const targets = ask.containers.flatMap(({ stays, lateStarts }, index) =>
    ask.lanes.flatMap((lane, at) =>
      stays.map(
        ({ place, slot }): Target => ({
          place,
          slot,
          lane,
          builder: builders[index]?.[at] as SeriesBuilder,
          lateStarts,
        }),
      ),
    ),
  );
  const reading: Reading = { ask, targets, damaged: 0, coarsestMs: binMs, tickMs: USUAL_TICK_MS };
  for (const chunk of chunksIn(ask.database, ask)) readChunk(reading, chunk);
  readLog(reading);
  return {
    series: builders.map((lanes) => lanes.map((builder) => builder.series())),
    stepMs: Math.max(reading.coarsestMs, reading.tickMs),
    damaged: reading.damaged,
  };
}

interface Reading {
  readonly ask: PageAsk;
  readonly targets: readonly Target[];
  damaged: number;
  coarsestMs: Milliseconds;
  tickMs: Milliseconds;
}

function readChunk(reading: Reading, chunk: Chunk & { readonly times: Uint8Array | undefined }): void {
  const binMs = TIERS[chunk.tier]?.binMs ?? 0;
  try {
    const instants = timesOf(chunk, chunk.times);
    if (binMs === 0) reading.tickMs = spacing(instants) ?? reading.tickMs;
    reading.coarsestMs = Math.max(reading.coarsestMs, binMs);
    const groups = Map.groupBy(reading.targets, ({ slot, lane }) =>
      blockId(chunk.no, lane, Math.floor(slot / GROUP_SIZE)),
    );
    for (const [id, targets] of groups) readGroup(reading, { chunk, id, targets, instants, binMs });
  } catch (error) {
    if (!(error instanceof CutError)) throw error;
    reading.damaged += 1;
  }
}

interface GroupAsk {
  readonly chunk: Chunk;
  readonly id: number;
  readonly targets: readonly Target[];
  readonly instants: readonly EpochMs[];
  readonly binMs: Milliseconds;
}

function readGroup(reading: Reading, group: GroupAsk): void {
  const row = reading.ask.database.get('select v from block where id = ?', group.id);
  if (!(row?.['v'] instanceof Uint8Array)) return;
  let block: OpenBlock;
  try {
    block = openBlock(row['v']);
  } catch (error) {
    if (!(error instanceof CutError)) throw error;
    reading.damaged += 1;
    return;
  }
  const entries = new Map(block.entries.map((entry) => [entry.place, entry]));
  for (const target of group.targets) {
    const entry = entries.get(target.place);
    if (entry !== undefined) addBins(target, block, { ...group, at: entry.at });
  }
}

function addBins(target: Target, block: OpenBlock, from: GroupAsk & { readonly at: number }): void {
  const { chunk, instants, binMs } = from;
  const { last, least, highest } = decodeSeries(block, from.at, {
    bins: chunk.bins,
    isFinest: chunk.tier === 0,
  });
  for (let bin = 0; bin < chunk.bins; bin += 1) {
    if (last[bin] === MISSING) continue;
    const at = instants[bin] as EpochMs;
    const toMs = binMs === 0 ? (target.lateStarts.get(at) ?? at) : at;
    target.builder.add({
      fromMs: toMs - binMs,
      toMs,
      last: amountOf(target.lane, last[bin] as number),
      least: amountOf(target.lane, least[bin] as number),
      highest: amountOf(target.lane, highest[bin] as number),
    });
  }
}

function readLog(reading: Reading): void {
  const { ask, targets } = reading;
  const bySlot = new Map(ask.lanes.map((lane) => [lane, new Map<number, Target>()]));
  for (const target of targets) {
    // Of several stays in one slot the last one is in the log.
    const known = bySlot.get(target.lane)?.get(target.slot);
    if (known === undefined || known.place < target.place) bySlot.get(target.lane)?.set(target.slot, target);
  }
  const slots = targets.map(({ slot }) => slot);
  const band = {
    from: slots.reduce((least, slot) => Math.min(least, slot), Number.POSITIVE_INFINITY),
    to: slots.reduce((highest, slot) => Math.max(highest, slot), -1) + 1,
  };
  const instants: EpochMs[] = [];
  const rows = ask.database.iterate(
    'select at, v from tick where at >= ? and at <= ? order by at',
    ask.fromMs,
    ask.toMs,
  );
  for (const { at, v } of rows) {
    if (typeof at !== 'number' || !(v instanceof Uint8Array)) continue;
    instants.push(at);
    try {
      for (const [lane, wanted] of bySlot) {
        decodeTick(v, { lane, ...band }, (slot, units) => {
          const target = wanted.get(slot);
          if (target === undefined) return;
          const amount = amountOf(lane, units);
          const atMs = target.lateStarts.get(at) ?? at;
          target.builder.add({ fromMs: atMs, toMs: atMs, last: amount, least: amount, highest: amount });
        });
      }
    } catch (error) {
      if (!(error instanceof CutError)) throw error;
      reading.damaged += 1;
    }
  }
  reading.tickMs = spacing(instants) ?? reading.tickMs;
}

/** The usual distance: the median, to the second. */
function spacing(instants: readonly EpochMs[]): Milliseconds | undefined {
  if (instants.length < 3) return undefined;
  const distances = instants.slice(1).map((at, index) => at - (instants[index] as EpochMs));
  distances.sort((one, other) => one - other);
  return Math.max(1000, Math.round((distances[Math.floor(distances.length / 2)] as number) / 1000) * 1000);
}
