/** What to do about a shape of memory over time. A leak is never met with a higher limit alone: it is told how long that lasts. */
import type { DeathFacts } from '../facts/types.ts';
import type { MemoryAnalysis } from '../memory/types.ts';
import type { Action } from '../model/diagnosis.ts';
import { formatBytes, formatDuration } from '../text/amounts.ts';
import type { Bytes, Milliseconds } from '../units.ts';
import { HOUR_MS, MIB } from '../units.ts';
import { setMemory } from './commands.ts';
import { ownLimit, theContainer } from './words.ts';

/** A limit that buys time is half as high again, in steps that people choose. */
const MORE_RATIO = 1.5;
const LIMIT_STEP_BYTES: Bytes = 64 * MIB;
/** Room above what was seen to be needed: samples are taken every so often and miss the highest instant. */
const ROOM_RATIO = 1.15;

/**
 * Undefined where the shape gives no other advice than a single death does (`healthy`, `no-data`): then the general
 * advice stays.
 */
export function shapeActions(facts: DeathFacts, analysis: MemoryAnalysis): readonly Action[] | undefined {
  switch (analysis.shape) {
    case 'leak':
      return [...leakActions(facts, analysis), buyTime(facts, analysis)];
    case 'growing':
      return [growingAction(analysis), buyTime(facts, analysis)];
    case 'limit-too-low':
      return [
        raiseTo(
          facts,
          analysis,
          'It needs more than its limit in ordinary use, and does not grow without an end',
        ),
      ];
    case 'start-up':
      if (analysis.needsBytes === undefined) return [tryOnce(facts), buyTime(facts, analysis)];
      return [
        raiseTo(facts, analysis, 'Starting alone needs more than its limit'),
        {
          kind: 'fix',
          text: 'Or make the start smaller: load less at once, fewer workers while starting, caches filled later.',
        },
      ];
    case 'spike':
      return spikeActions(facts, analysis);
    case 'traffic-surge':
    case 'load-driven':
      return loadActions(facts, analysis);
    case 'plateau':
      return [raiseTo(facts, analysis, 'Its memory levels off by itself, above what the limit allows')];
    case 'periodic':
      return [
        raiseTo(facts, analysis, 'It peaks again and again at the same hours'),
        {
          kind: 'fix',
          text: 'Or spread what runs at those hours (cron jobs, batches, cache refreshes), so that the peaks do not meet.',
        },
      ];
    case 'step':
      return [
        stepAction(analysis),
        raiseTo(facts, analysis, 'If the new level is wanted, the limit has to follow it'),
      ];
    case 'page-cache':
      return [PAGE_CACHE];
    case 'tmpfs':
      return [TMPFS];
    case 'healthy':
    case 'no-data':
      return undefined;
    default:
      return analysis.shape satisfies never;
  }
}

const PAGE_CACHE: Action = {
  kind: 'fix',
  short: 'look at its file I/O',
  text: 'Look at its file I/O, not at its heap: what grows is page cache, which the kernel takes back before it kills unless it is written faster than the disk takes it. Read and write in steps (posix_fadvise DONTNEED, fsync), or leave room for it; a heap setting changes nothing.',
};

const TMPFS: Action = {
  kind: 'fix',
  short: 'bound its memory-backed files',
  text: 'Empty or bound the files in memory: what grows is tmpfs or shared memory (emptyDir with medium Memory, /dev/shm), which counts against the limit and which no garbage collector frees. Give the volume a sizeLimit, delete what is no longer read, or move it to disk.',
};

function leakActions(facts: DeathFacts, { subShape, since }: MemoryAnalysis): readonly Action[] {
  const began = since === undefined ? [] : [sinceAction(since.label)];
  const how =
    subShape === 'per-request'
      ? 'It grows with each request: look at what a request leaves behind (caches by key, listeners, sessions, clients that are not closed).'
      : 'Take two heap profiles some hours apart and compare what was retained: what grew between them is the leak.';
  return [
    ...began,
    {
      kind: 'fix',
      short: 'find the leak: compare two heap profiles',
      text: `Find what ${theContainer(facts)} keeps. ${how}`,
    },
  ];
}

function sinceAction(label: string): Action {
  return {
    kind: 'investigate',
    text: `Look first at what ${label} changed: the growth begins with it, and going back to the one before stops it.`,
  };
}

function growingAction({ wouldChange }: MemoryAnalysis): Action {
  const change = wouldChange === '' ? '' : ` ${wouldChange}`;
  return {
    kind: 'investigate',
    short: 'watch on: leak or plateau',
    text: `Watch on before sizing: it grows, and so far a leak cannot be told from a level to come.${change}`,
  };
}

/** How long a higher limit lasts, never as a fix. */
function buyTime(facts: DeathFacts, analysis: MemoryAnalysis): Action {
  const { growthBytesPerRequest, typicalLifeMs } = analysis;
  const limit = facts.limitBytes;
  const name = facts.container?.name;
  const higher =
    typeof limit === 'number'
      ? Math.ceil((limit * MORE_RATIO) / LIMIT_STEP_BYTES) * LIMIT_STEP_BYTES
      : undefined;
  const bought = higher === undefined ? undefined : timeBought(analysis, { limit: Number(limit), higher });
  if (higher === undefined || bought === undefined) {
    return {
      kind: 'stop-gap',
      text: 'A higher limit only delays the next kill; how long is not known without the rate of growth.',
    };
  }
  const about = bought.isLeast ? 'at least' : 'about';
  const instead =
    typicalLifeMs === undefined
      ? `${about} ${formatDuration(bought.ms)} more`
      : `${about} ${formatDuration(typicalLifeMs + bought.ms)} instead of ${formatDuration(typicalLifeMs)}`;
  const requests =
    growthBytesPerRequest === undefined || growthBytesPerRequest <= 0
      ? ''
      : ` (${Math.round((higher - Number(limit)) / growthBytesPerRequest)} requests)`;
  return {
    kind: 'stop-gap',
    short: `${formatBytes(higher)} buys ${formatDuration(bought.ms)}`,
    text: `Or buy time: with ${formatBytes(higher)} it lives ${instead}${requests} at this rate. That delays the kill and does not end it.`,
    ...(name === undefined ? {} : setMemory(facts, { container: name, limitBytes: higher })),
  };
}

/** Below this part of the limit the growth seen does not explain how soon the kill comes. */
const EXPLAINED_RATIO = 0.3;

/**
 * Room over growth. Where the pooled growth is too slow for the lives that were seen (it began late, or quickened), the
 * life itself bounds it: from any start the limit L was reached in the life T, so room dL lasts at least T * dL / L.
 */
function timeBought(
  { growthBytesPerHour, typicalLifeMs }: MemoryAnalysis,
  { limit, higher }: { readonly limit: Bytes; readonly higher: Bytes },
): { readonly ms: Milliseconds; readonly isLeast: boolean } | undefined {
  const room = higher - limit;
  const growth = growthBytesPerHour === undefined || growthBytesPerHour <= 0 ? undefined : growthBytesPerHour;
  const grownInLife =
    growth === undefined || typicalLifeMs === undefined ? undefined : (growth * typicalLifeMs) / HOUR_MS;
  if (typicalLifeMs !== undefined && (grownInLife === undefined || grownInLife < EXPLAINED_RATIO * limit)) {
    return { ms: (typicalLifeMs * room) / limit, isLeast: true };
  }
  return growth === undefined ? undefined : { ms: (room / growth) * HOUR_MS, isLeast: false };
}

/** Neither a start nor a leak is proven, so no size can be given. */
function tryOnce(facts: DeathFacts): Action {
  return {
    kind: 'investigate',
    short: 'let one life run under a higher limit',
    text: `Let one life run under a higher limit and watch it: a start comes to rest below it, a leak goes on growing. Under ${ownLimit(facts)} no life is long enough to tell.`,
  };
}

function raiseTo(facts: DeathFacts, { needsBytes }: MemoryAnalysis, why: string): Action {
  const name = facts.container?.name;
  const limit = facts.limitBytes;
  const wanted = needsBytes === undefined ? undefined : roundUp(needsBytes * ROOM_RATIO);
  if (wanted === undefined || (typeof limit === 'number' && wanted <= limit)) {
    return {
      kind: 'fix',
      short: 'size the limit for what it needs',
      text: `Size the limit for what it needs. ${why}; how much exactly is cut off at ${ownLimit(facts)}.`,
    };
  }
  return {
    kind: 'fix',
    short: `raise the limit to ${formatBytes(wanted)}`,
    text: `Raise the limit to ${formatBytes(wanted)}. ${why}: about ${formatBytes(needsBytes ?? wanted)}, and some room, because samples miss the highest instant.`,
    ...(name === undefined ? {} : setMemory(facts, { container: name, limitBytes: wanted })),
  };
}

function roundUp(bytes: Bytes): Bytes {
  return Math.ceil(bytes / LIMIT_STEP_BYTES) * LIMIT_STEP_BYTES;
}

function spikeActions(facts: DeathFacts, analysis: MemoryAnalysis): readonly Action[] {
  return [
    {
      kind: 'fix',
      short: 'bound what one request or batch takes',
      text: 'Bound what comes at once: fewer workers or concurrent requests, smaller batches and uploads, streaming instead of loading whole. Memory jumps from a level that is fine.',
    },
    analysis.needsBytes === undefined
      ? {
          kind: 'stop-gap',
          text: 'Or size the limit for the jump; how high it goes is cut off by the kill and not known.',
        }
      : raiseTo(facts, analysis, 'Or size it for the jump'),
  ];
}

function loadActions(facts: DeathFacts, analysis: MemoryAnalysis): readonly Action[] {
  const surge = analysis.shape === 'traffic-surge';
  return [
    {
      kind: 'fix',
      short: 'scale out sooner, cap concurrency',
      text: surge
        ? 'Scale out before the surge or cap what one replica takes at once (concurrency limit, queue, load shedding): its memory follows traffic, and the kill came at an unusual peak.'
        : 'Share the load or cap what one replica takes at once: its memory follows traffic, so more replicas or a lower target of the autoscaler lower it.',
    },
    raiseTo(facts, analysis, 'Or size it for the highest traffic'),
  ];
}

function stepAction({ since }: MemoryAnalysis): Action {
  return {
    kind: 'investigate',
    short: 'look at what changed there',
    text:
      since === undefined
        ? 'Look at what changed when the level rose: configuration, data, a dependency.'
        : `Look at what ${since.label} changed: the level rose with it, and going back lowers it again.`,
  };
}
