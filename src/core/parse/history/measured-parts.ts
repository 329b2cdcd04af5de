/** The parts of a history that are read as samples, and what they are called in a note. */
import type { ContainerHistory } from '../../model/series.ts';

export type MeasuredPart = Extract<
  keyof ContainerHistory,
  | 'workingSet'
  | 'rss'
  | 'cache'
  | 'shmem'
  | 'usage'
  | 'peak'
  | 'limit'
  | 'request'
  | 'restarts'
  | 'startedAt'
  | 'oomEvents'
  | 'cpuSeconds'
  | 'stalledSeconds'
>;

export const PART_NAMES: Readonly<Record<MeasuredPart, string>> = {
  workingSet: 'working set',
  rss: 'rss',
  cache: 'cache',
  shmem: 'shmem',
  usage: 'usage',
  peak: 'peak',
  limit: 'limit',
  request: 'request',
  restarts: 'restarts',
  startedAt: 'start',
  oomEvents: 'OOM events',
  cpuSeconds: 'CPU seconds',
  stalledSeconds: 'stalled seconds',
};
