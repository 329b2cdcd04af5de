/** Time series that nobody here wrote, read in place, as questions. They are not part of the project: licences differ. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { MemoryQuestion } from '../../src/core/memory/types.ts';
import { GIB, MIB } from '../../src/core/units.ts';
import type { Row } from './real-rows.ts';
import { ask, csv, FOLDER, filesOf, numberIn, secondsIn, seriesFrom, textOf } from './real-rows.ts';

export interface RealSeries {
  readonly folder: string;
  readonly name: string;
  /** What its authors say it is. */
  readonly label: string;
  /** What an answer must not be, or must be. */
  readonly must: 'no-leak' | 'no-confirmed' | 'growing-with-eta' | 'open';
  readonly question: MemoryQuestion;
}

export const HAS_REAL_SERIES = existsSync(FOLDER);

export function realSeries(): readonly RealSeries[] {
  return [
    ...memoryHogs(),
    ...scaledHogs(),
    ...socialNetwork(),
    ...productionPods(),
    ...hosts(),
    ...nodePrograms(),
    ...dockerStats(),
    ...boutique(),
    ...rootCauseBench(),
  ];
}

/** Sock Shop with a memory or CPU hog put into one service, a file before and a file during. */
function memoryHogs(): readonly RealSeries[] {
  const folder = 'sock-shop-rcd';
  return filesOf(folder, '.csv.gz').map((file) => {
    const name = file.replace('.csv.gz', '');
    const [service = '', fault = '', , phase = ''] = name.split('-');
    const rows = csv(textOf(folder, file));
    const hasLoad = rows[0]?.[`${service}_lod`] !== undefined;
    const isHog = fault === 'mem' && phase === 'anomalous';
    return {
      folder,
      name,
      label: isHog ? 'memory hog' : phase === 'normal' ? 'no fault' : 'CPU hog',
      must: 'no-leak',
      question: ask({
        name,
        kind: 'usage',
        memory: seriesFrom(rows, secondsIn('time'), (row) => numberIn(row, `${service}_mem`)),
        ...(hasLoad
          ? { traffic: seriesFrom(rows, secondsIn('time'), (row) => numberIn(row, `${service}_lod`)) }
          : {}),
      }),
    };
  });
}

/** Scaled to 0..1 by their authors: spread over 100 MiB above 100 MiB, since only the form is left. */
function scaledHogs(): readonly RealSeries[] {
  const folder = 'sock-shop-causalrca';
  return filesOf(folder, '.csv').flatMap((file) => {
    const name = file.replace('.csv', '');
    const service = name.replace(/^(?:memory|cpu)-hog-/, '');
    const rows = csv(textOf(folder, file));
    if (rows[0]?.[`${service}_ctn_mem`] === undefined) return [];
    const memory = seriesFrom(
      rows,
      (row) => Date.UTC(2022, 0, 1) + numberIn(row, 'sample') * 5000,
      (row) => (1 + numberIn(row, `${service}_ctn_mem`)) * 100 * MIB,
    );
    return [
      {
        folder,
        name,
        label: name.startsWith('memory') ? 'memory hog' : 'CPU hog',
        must: 'no-leak',
        question: ask({ name, memory }),
      },
    ];
  });
}

function socialNetwork(): readonly RealSeries[] {
  const folder = 'socialnetwork-normal';
  return filesOf(folder, '.csv').map((file) => {
    const rows = csv(textOf(folder, file));
    const column = rows[0]?.memory_working_set === undefined ? 'memory_usage' : 'memory_working_set';
    const name = file.replace('.csv', '');
    const memory = seriesFrom(rows, secondsIn('timestamp'), (row) => numberIn(row, column));
    return {
      folder,
      name,
      label: 'no fault',
      must: 'no-leak',
      question: ask({ name, memory, kind: column === 'memory_usage' ? 'usage' : 'workingSet' }),
    };
  });
}

/** Shares of an unknown limit, taken as 16 GiB. */
export function productionPods(): readonly RealSeries[] {
  const folder = 'alibaba-genai-2026';
  const rows = csv(textOf(folder, 'pod_memory_util.dev.csv.gz'));
  const pods = Map.groupBy(rows, (row) => row.container_ip ?? '');
  return [...pods].map(([name, own]) => ({
    folder,
    name,
    label: 'production, unlabelled',
    must: 'no-confirmed',
    question: ask({
      name,
      limitBytes: 16 * GIB,
      memory: seriesFrom(own, secondsIn('timestamp_anon'), (row) => numberIn(row, 'value') * 16 * GIB),
    }),
  }));
}

/** Percent of a host's memory, taken as 64 GiB. */
export function hosts(): readonly RealSeries[] {
  const folder = 'alibaba-machines';
  return filesOf(folder, '.csv.gz').map((file) => {
    const name = file.replace('.csv.gz', '');
    const memory = seriesFrom(
      csv(textOf(folder, file)),
      (row) => Date.parse(`${(row.timestamp ?? '').replace(' ', 'T')}Z`),
      (row) => numberIn(row, 'mem_util_percent') * 0.64 * GIB,
    );
    return {
      folder,
      name,
      label: 'host, assumed no leak',
      must: 'no-confirmed',
      question: ask({ name, memory, limitBytes: 64 * GIB }),
    };
  });
}

function nodePrograms(): readonly RealSeries[] {
  const folder = 'node-processes-clinic';
  return filesOf(folder, '.csv.gz').map((file) => {
    const name = file.replace('.csv.gz', '');
    const memory = seriesFrom(
      csv(textOf(folder, file)),
      (row) => numberIn(row, 'timestamp'),
      (row) => numberIn(row, 'memory.rss'),
    );
    return {
      folder,
      name,
      label: name.startsWith('slow-gc') ? 'slow collector' : 'Node.js, unlabelled',
      must: 'no-confirmed',
      question: ask({ name, memory, kind: 'rss' }),
    };
  });
}

const UNITS: Readonly<Record<string, number>> = { MiB: MIB, GiB: GIB };

function dockerBytes(text: string): number {
  const match = /^([\d.]+)(MiB|GiB)$/.exec(text);
  return Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? Number.NaN);
}

/** Rounds of `docker stats` without clock: ten seconds apart, as its author says. */
function dockerStats(): readonly RealSeries[] {
  const folder = 'docker-stats-redis-growth';
  let round = 0;
  const rows: Row[] = [];
  for (const line of textOf(folder, 'docker-stats-20201119.txt.gz').split('\n')) {
    if (line.startsWith('CONTAINER')) round += 1;
    const [, name = '', , usage = '', , limit = ''] = line.split(/\s+/);
    if (limit.endsWith('iB')) rows.push({ name, usage, limit, round: String(round) });
  }
  return [...Map.groupBy(rows, (row) => row.name ?? '')].map(([name, own]) => ({
    folder,
    name,
    label: name === 'redis' ? 'grows all day' : 'flat',
    must: name === 'redis' ? 'growing-with-eta' : 'no-leak',
    question: ask({
      name,
      limitBytes: dockerBytes(own[0]?.limit ?? ''),
      memory: seriesFrom(
        own,
        (row) => Date.UTC(2020, 10, 19) + numberIn(row, 'round') * 10_000,
        (row) => dockerBytes(row.usage ?? ''),
      ),
    }),
  }));
}

function boutique(): readonly RealSeries[] {
  const folder = 'online-boutique-nezha';
  return filesOf(folder, '.csv.gz').map((file) => {
    const name = file.replace('.csv.gz', '');
    const rows = csv(textOf(folder, file));
    const first = rows[0] ?? {};
    return {
      folder,
      name,
      label: 'faults, none of memory',
      must: 'no-leak',
      question: ask({
        name,
        limitBytes: (numberIn(first, 'MemoryUsage(Mi)') / numberIn(first, 'MemoryUsageRate(%)')) * 100 * MIB,
        memory: seriesFrom(rows, secondsIn('TimeStamp'), (row) => numberIn(row, 'MemoryUsage(Mi)') * MIB),
        traffic: seriesFrom(rows, secondsIn('TimeStamp'), (row) => numberIn(row, 'PodWorkload(Ops)')),
      }),
    };
  });
}

const timestampIn = (row: Row): number => Date.parse(row.timestamp ?? '');

/** Synthetic, by a third party: a leak from a deploy on to the kill at the limit, 2 h 19 min later. */
function rootCauseBench(): readonly RealSeries[] {
  const folder = 'rootcausebench-synthetic';
  const name = 'recommendation-memory-leak';
  const rows = csv(textOf(join(folder, name), 'metrics.csv')).filter(
    (row) => row.service === 'recommendationservice',
  );
  const memory = seriesFrom(
    rows.filter((row) => row.metric === 'container_memory_rss_mb'),
    timestampIn,
    (row) => numberIn(row, 'value') * MIB,
  );
  const killedAt = rows.find(
    (row) => row.metric === 'container_oom_killed_total' && numberIn(row, 'value') > 0,
  );
  const limitBytes = 512 * MIB;
  return [
    {
      folder,
      name,
      label: 'leak since a deploy',
      must: 'open',
      question: ask({
        name,
        kind: 'rss',
        memory,
        limitBytes,
        kills:
          killedAt === undefined
            ? []
            : [{ pod: name, atMs: timestampIn(killedAt), kind: 'limit', limitBytes }],
      }),
    },
  ];
}
