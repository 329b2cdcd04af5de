/** Public door for whoever reads: the embedded history as a `HistorySource`, and the deaths that were kept. */
import type { KeptDeath, KeptDeathRequest, KeptDeaths } from '../../app/collect-ports.ts';
import type { HistoryPage, HistoryRequest, HistorySource } from '../../app/history-ports.ts';
import { SourceError } from '../../app/ports.ts';
import type { EvidenceGap } from '../../core/model/bundle.ts';
import type { ContainerHistory } from '../../core/model/series.ts';
import type { Database } from './driver.ts';
import { readIncidents } from './incidents.ts';
import { LANES } from './lanes.ts';
import { readFigures, type PageFigures } from './read-page.ts';
import { readStates, stateParts, type StateHistory } from './read-states.ts';
import { openForReading } from './schema.ts';
import { wantedContainers, type WantedContainer } from './wanted.ts';

const NAME = 'embedded history';
/** Replicas stay together; otherwise a page is full here. */
const PAGE_CONTAINERS = 100;

export type EmbeddedHistory = HistorySource & KeptDeaths;

/** Nothing is opened before it is read. A collector may write the same file meanwhile. */
export function embeddedHistory(path: string): EmbeddedHistory {
  return {
    name: NAME,
    read: (request) => readHistory(path, request),
    deaths: (request) => readDeaths(path, request),
  };
}

// oxlint-disable-next-line require-await
async function* readDeaths(path: string, request: KeptDeathRequest): AsyncGenerator<KeptDeath> {
  const database = openForReading(path);
  try {
    yield* readIncidents(database, request);
  } finally {
    database.close();
  }
}

// oxlint-disable-next-line require-await
async function* readHistory(path: string, request: HistoryRequest): AsyncGenerator<HistoryPage> {
  const database = openForReading(path);
  try {
    const groups = database.snapshot(() => wantedContainers(database, request));
    if (groups.length === 0) yield { histories: [], gaps: [nothingKept(request)] };
    for (const containers of pagesOf(groups)) {
      if (request.signal.aborted) throw new SourceError('aborted', 'interrupted');
      yield database.snapshot(() => readPage(database, request, containers));
    }
  } finally {
    database.close();
  }
}

function* pagesOf(groups: readonly (readonly WantedContainer[])[]): Generator<readonly WantedContainer[]> {
  let page: WantedContainer[] = [];
  for (const group of groups) {
    if (page.length > 0 && page.length + group.length > PAGE_CONTAINERS) {
      yield page;
      page = [];
    }
    page.push(...group);
  }
  if (page.length > 0) yield page;
}

function readPage(
  database: Database,
  request: HistoryRequest,
  containers: readonly WantedContainer[],
): HistoryPage {
  const states = containers.map(({ stays }) => readStates(database, stays));
  const figures = readFigures({
    database,
    fromMs: request.fromMs,
    toMs: request.toMs,
    stepMs: request.stepMs,
    lanes: request.depth === 'memory' ? [0] : LANES.map((_, lane) => lane),
    containers: containers.map(({ stays }, index) => ({
      stays,
      starts: (states[index] as StateHistory).startedAt.map(({ fromMs }) => fromMs),
      lateStarts: (states[index] as StateHistory).lateStarts,
    })),
  });
  const histories = containers.map((container, index) =>
    historyOf(request, container, { states: states[index] as StateHistory, figures, index }),
  );
  return {
    histories: histories.filter((history) => history !== undefined),
    gaps: figures.damaged === 0 ? [] : [damagedGap(database.path, figures.damaged)],
  };
}

function historyOf(
  request: HistoryRequest,
  container: WantedContainer,
  read: { readonly states: StateHistory; readonly figures: PageFigures; readonly index: number },
): ContainerHistory | undefined {
  const { stays: _stays, ...identity } = container;
  const { figures } = read;
  const [workingSet, rss, network] = figures.series[read.index] ?? [];
  if (workingSet === undefined && rss === undefined && network === undefined) return undefined;
  const isCoarser = figures.stepMs > request.stepMs;
  return {
    ...identity,
    source: NAME,
    stepMs: figures.stepMs,
    fromMs: request.fromMs,
    toMs: request.toMs,
    ...(workingSet === undefined ? {} : { workingSet }),
    ...(rss === undefined ? {} : { rss }),
    ...stateParts(read.states, workingSet?.timesMs ?? [], request),
    ...(network === undefined
      ? {}
      : {
          traffic: {
            kind: 'network-bytes',
            metric: 'rxBytes of the kubelet Summary API',
            perSecond: network,
            scope: 'pod',
          },
        }),
    ...(isCoarser
      ? { notes: [`older figures are kept as least, highest and last of each ${figures.stepMs / 1000} s`] }
      : {}),
  };
}

function nothingKept({ namespace, pods, workload }: HistoryRequest): EvidenceGap {
  const name =
    workload === undefined ? (pods ?? []).slice(0, 3).join(', ') : `${workload.kind} ${workload.name}`;
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  return {
    id: `gap:history/${namespace ?? ''}/${name}`,
    what: `memory history of ${name === '' ? 'any container' : name}${where}`,
    cost: 'How memory got there is unknown: the collector has not seen these containers in this window.',
    kind: 'usage',
    ...(namespace === undefined ? {} : { namespace }),
    fix: 'Let exit137 collect run while they run; its status shows which nodes do not answer.',
  };
}

function damagedGap(path: string, damaged: number): EvidenceGap {
  return {
    id: `gap:history/damaged/${path}`,
    what: `${damaged} damaged blocks of the history`,
    cost: 'The figures in them are missing.',
    kind: 'input',
    file: path,
    fix: 'Copy the file away and check the disk; the collector goes on with what is left.',
  };
}
