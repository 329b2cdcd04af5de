/** Captured programs as questions to the analysis. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MemoryQuestion } from '../../src/core/memory/types.ts';
import type { ContainerHistory, Series } from '../../src/core/model/series.ts';
import type { Program } from './programs.ts';

const PAGE_BYTES = 4096;
const CAPTURED = join(dirname(fileURLToPath(import.meta.url)), 'captured');

/** The first line of a captured file; see `capture.ts`, which writes it. */
interface Head extends Pick<Program, 'name' | 'label' | 'alsoTrue'> {
  readonly limitBytes: number;
  readonly heapMaxBytes?: number;
  readonly stepMs: number;
  readonly beginAtMs: number;
  readonly deaths: readonly {
    readonly atMs: number;
    readonly byLimit: boolean;
    readonly peakBytes: number;
  }[];
}

export interface CapturedProgram extends Pick<Program, 'name' | 'label' | 'alsoTrue'> {
  readonly question: MemoryQuestion;
}

export function capturedPrograms(): readonly CapturedProgram[] {
  return readdirSync(CAPTURED)
    .filter((file) => file.endsWith('.txt'))
    .toSorted()
    .map((file) => capturedProgram(basename(file, '.txt'), readFileSync(join(CAPTURED, file), 'utf8')));
}

function capturedProgram(name: string, text: string): CapturedProgram {
  const [first = '{}', ...lines] = text.trimEnd().split('\n');
  const head = JSON.parse(first) as Head;
  const rows = lines.map((line) => line.split(' '));
  const column = (index: number, scale = 1, offset = 0): Series => {
    const known = rows.filter((row) => (row[index] ?? '') !== '');
    return {
      timesMs: known.map((row) => head.beginAtMs + Number(row[0])),
      values: known.map((row) => Number(row[index]) * scale + offset),
    };
  };
  const requests = column(9);
  const history: ContainerHistory = {
    namespace: 'programs',
    pod: head.name,
    container: 'program',
    source: 'memory cgroup',
    stepMs: head.stepMs,
    fromMs: head.beginAtMs,
    toMs: head.beginAtMs + Number(rows.at(-1)?.[0] ?? 0),
    workingSet: column(1, PAGE_BYTES),
    rss: column(2, PAGE_BYTES),
    cache: column(3, PAGE_BYTES),
    shmem: column(4, PAGE_BYTES),
    usage: column(5, PAGE_BYTES),
    peak: column(6, PAGE_BYTES),
    startedAt: column(7, 1, head.beginAtMs),
    restarts: column(8),
    limit: [{ fromMs: head.beginAtMs, value: head.limitBytes }],
    ...(requests.values.length < 2
      ? {}
      : { traffic: { kind: 'requests', metric: 'requests', scope: 'pod', perSecond: rateOf(requests) } }),
  };
  const { label, alsoTrue, heapMaxBytes } = head;
  return {
    name,
    label,
    ...(alsoTrue === undefined ? {} : { alsoTrue }),
    question: {
      histories: [history],
      kills: head.deaths.map(({ atMs, byLimit, peakBytes }) => ({
        pod: head.name,
        atMs,
        kind: byLimit ? 'limit' : 'not-memory',
        limitBytes: head.limitBytes,
        peakBytes,
      })),
      changes: [],
      ...(heapMaxBytes === undefined ? {} : { heapMaxBytes }),
      nowMs: history.toMs,
    },
  };
}

/** Requests per second between two samples; a counter that begins again counts from 0. */
function rateOf({ timesMs, values }: Series): Series {
  const rates = values.slice(1).map((value, index) => {
    const before = values[index] ?? 0;
    const seconds = ((timesMs[index + 1] ?? 0) - (timesMs[index] ?? 0)) / 1000;
    return Math.max(0, value - (value < before ? 0 : before)) / seconds;
  });
  return { timesMs: timesMs.slice(1), values: rates };
}
