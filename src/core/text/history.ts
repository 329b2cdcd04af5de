/** The whole text of `history`: the shape in one sentence, the chart, the lives, what speaks for it, what comes next. */
import type { Life } from '../memory/types.ts';
import type { ContainerMemory } from '../model/memory-views.ts';
import type { ContainerHistory, KillMark } from '../model/series.ts';
import { formatBytes, formatDuration } from './amounts.ts';
import { KILL_GLYPHS } from './chart-frame.ts';
import { cleanLine } from './clean.ts';
import type { ListOptions } from './kills.ts';
import type { Section } from './layout.ts';
import { renderSection, wrapSpans } from './layout.ts';
import { clock, memorySection, shapeSection, shapeSpans, shapeWords, trafficWords } from './memory.ts';
import { highestTraffic, renderMemoryChart, shownSeries } from './memory-chart.ts';
import { count } from './numbers.ts';
import { toAscii } from './paint.ts';
import type { Style } from './paint.ts';
import { renderTable } from './table.ts';
import type { Cell, Column } from './table.ts';
import { workloadName } from './words.ts';

export interface HistoryTextOptions extends ListOptions {
  readonly chartWidth: number;
  readonly chartRows: number;
}

/** Without -v: one chart, the newest lives. */
const SHORT = { lives: 5, charts: 1 };
const MOST_CHARTS = 8;

/** Renders the containers, the most telling first; all but the first in one line each. */
export function renderHistories(memories: readonly ContainerMemory[], options: HistoryTextOptions): string {
  const [first, ...others] = memories;
  if (first === undefined) return 'No history found.\n';
  const lines = [...renderOne(first, options), ...otherLines(others, options)];
  const text = `${lines.join('\n')}\n`;
  return options.ascii ? toAscii(text) : text;
}

function otherLines(others: readonly ContainerMemory[], options: HistoryTextOptions): string[] {
  if (others.length === 0) return [];
  if (options.verbose) return others.flatMap((memory) => ['', ...renderOne(memory, options)]);
  const section: Section = {
    label: 'Also',
    blocks: others.map(({ container, analysis }) => ({
      kind: 'point',
      sign: '*',
      spans: [{ text: `container ${container}: ${shapeWords(analysis.shape)} (-c ${container})` }],
    })),
  };
  return renderSection(section, options);
}

function renderOne(memory: ContainerMemory, options: HistoryTextOptions): string[] {
  const { analysis } = memory;
  const ordered = memory.histories.toSorted((one, other) => interest(memory, other) - interest(memory, one));
  const shown = ordered.slice(0, options.verbose ? MOST_CHARTS : SHORT.charts);
  return [
    ...wrapSpans(shapeSpans(analysis), options.width, options.paint),
    ...wrapSpans([{ text: whereWords(memory, options) }], options.width, options.paint),
    '',
    ...shown.flatMap((history) => chartLines(memory, history, options)),
    ...renderSection(livesSection(memory, options), options),
    ...renderSection(shapeSection(withoutNotes(memory), options), options),
    ...renderSection(memorySection(analysis, options), options),
    ...renderSection(changesSection(memory, options), options),
    ...renderSection(notesSection(memory, options), options),
  ];
}

/** The pod that tells most is drawn: many kills, then the pod that is next, then many samples. */
function interest(memory: ContainerMemory, history: ContainerHistory): number {
  const { analysis } = memory;
  const own = killsDrawn(memory, history).length;
  const next = analysis.forecast.pod === history.pod ? 0.5 : 0;
  return (own + next) * 1e6 + (shownSeries(history)?.series.timesMs.length ?? 0);
}

function whereWords(memory: ContainerMemory, options: HistoryTextOptions): string {
  const { namespace, workload, container, histories, fromMs, toMs } = memory;
  const [only] = histories;
  const name = workloadName({
    ...(namespace === '' ? {} : { namespace }),
    ...(workload === undefined ? { pod: only?.pod ?? '' } : { workload }),
  });
  const pods = workload === undefined ? '' : `, ${count(histories.length, 'pod')}`;
  const kills = histories.reduce((sum, history) => sum + killsDrawn(memory, history).length, 0);
  const killed = kills === 0 ? 'no kill' : count(kills, 'kill');
  const sources = [...new Set(histories.map(({ source }) => source))].join(', ');
  return cleanLine(
    `${name}, container ${container}${pods}: ${formatDuration(toMs - fromMs)} up to ${clock(toMs, options)}, ${killed}. From ${sources}.`,
  );
}

function chartLines(
  memory: ContainerMemory,
  history: ContainerHistory,
  options: HistoryTextOptions,
): string[] {
  const own = killsDrawn(memory, history);
  const lives = memory.analysis.lives.filter(({ pod }) => pod === history.pod);
  const cutsMs = [...lives.map(({ fromMs }) => fromMs), ...own.map(({ atMs }) => atMs)];
  const chart = renderMemoryChart(
    { history, kills: own, cutsMs, span: { fromMs: memory.fromMs, toMs: memory.toMs } },
    options,
  );
  const pod = options.paint(cleanLine(`pod ${history.pod}`), 'bold');
  if (chart.length === 0) return [`${pod}: no memory samples`, ''];
  const others = memory.histories.length - 1;
  const more =
    others > 0 && !options.verbose
      ? options.paint(`  (${count(others, 'more pod')}: -v draws them)`, 'dim')
      : '';
  return [`${pod}${more}`, ...chart, ...legendLines(memory, { history, own }, options), ''];
}

/** Kills that were reported, and ends of lives that the analysis took for one. */
function killsDrawn(
  { kills, analysis, fromMs, toMs }: ContainerMemory,
  { pod, stepMs }: ContainerHistory,
): readonly KillMark[] {
  const told = kills.filter((kill) => kill.pod === pod);
  const inferred = analysis.lives
    .filter((life) => life.pod === pod && life.end === 'kill')
    .filter(({ toMs }) => !told.some(({ atMs }) => Math.abs(atMs - toMs) <= 2 * stepMs))
    .map(
      ({ toMs, limitBytes }): KillMark => ({
        pod,
        atMs: toMs,
        kind: 'limit',
        ...(limitBytes === undefined ? {} : { limitBytes }),
      }),
    );
  return [...told, ...inferred].filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
}

interface OneChart {
  readonly history: ContainerHistory;
  readonly own: readonly KillMark[];
}

function legendLines(
  memory: ContainerMemory,
  { history, own }: OneChart,
  options: HistoryTextOptions,
): string[] {
  const limit = history.limit?.at(-1)?.value;
  const request = history.request?.at(-1)?.value;
  const [limitLine, requestLine, line] = options.ascii ? ['=', '-', '*'] : ['━', '╌', '⠤'];
  const kinds = [...new Set(own.map(({ kind }) => kind))];
  const parts: readonly { readonly text: string; readonly styles?: readonly Style[] }[] = [
    { text: `${line} ${shownSeries(history)?.name ?? 'memory'}`, styles: ['blue'] },
    limit === undefined
      ? { text: '(limit not known)' }
      : limit === 'unlimited'
        ? { text: '(no limit)' }
        : { text: `${limitLine} limit ${formatBytes(limit)}`, styles: ['yellow'] },
    ...(request === undefined
      ? []
      : [{ text: `${requestLine} request ${formatBytes(request)}`, styles: ['magenta'] as const }]),
    ...kinds.map((kind) => ({
      text: `${KILL_GLYPHS[kind][options.ascii ? 1 : 0]} ${KILL_GLYPHS[kind][2]}`,
      styles: ['red'] as const,
    })),
  ];
  const traffic = trafficWords(memory.analysis, history.traffic);
  const named = traffic === undefined ? undefined : trafficLegend(traffic, history);
  return [
    ...wrapSpans(parts, options.width - LEGEND_INDENT, options.paint),
    ...(named === undefined
      ? []
      : wrapSpans([{ text: named, styles: ['cyan'] }], options.width - LEGEND_INDENT, options.paint)),
  ].map((text) => ' '.repeat(LEGEND_INDENT) + text);
}

const LEGEND_INDENT = 7;

function trafficLegend(words: string, history: ContainerHistory): string {
  const unit = history.traffic?.kind === 'network-bytes' ? 'net/s' : 'req/s';
  const most = highestTraffic(history);
  return `${unit}${most === undefined ? '' : ` ${most}`} (${history.traffic?.metric ?? ''}): ${words}`;
}

const LIFE_COLUMNS: readonly Column[] = [
  { title: 'POD', cut: 'middle', leastWidth: 12 },
  { title: 'FROM' },
  { title: 'LIVED' },
  { title: 'HIGHEST', align: 'right' },
  { title: 'LIMIT', align: 'right' },
  { title: 'ENDED' },
];

const END_WORDS: Readonly<Record<Life['end'], string>> = {
  kill: 'killed',
  restart: 'restarted',
  change: 'changed',
  gone: 'pod gone',
  'still-running': 'runs',
};

/** Newest first. */
function livesSection({ analysis }: ContainerMemory, options: HistoryTextOptions): Section {
  const lives = analysis.lives.toSorted((one, other) => other.fromMs - one.fromMs);
  const shown = options.verbose ? lives : lives.slice(0, SHORT.lives);
  if (shown.length === 0) return { label: 'Lives', blocks: [] };
  const rows = shown.map((life): (Cell | string)[] => [
    life.pod,
    // The zone is said above.
    life.start === 'before-window' ? 'earlier' : clock(life.fromMs, options).replace(/ [^ ]+$/, ''),
    formatDuration(life.toMs - life.fromMs),
    formatBytes(life.highestBytes),
    life.limitBytes === undefined ? '-' : formatBytes(life.limitBytes),
    { text: END_WORDS[life.end], styles: life.end === 'kill' ? ['red'] : [] },
  ]);
  const table = renderTable(LIFE_COLUMNS, rows, {
    headers: true,
    paint: options.paint,
    ellipsis: options.ascii ? '...' : '…',
    ...(options.cut ? { width: options.width - TABLE_INDENT } : {}),
  });
  const hidden = lives.length - shown.length;
  return {
    label: 'Lives',
    blocks: [
      ...table.map((text) => ({ kind: 'line' as const, text })),
      ...(hidden > 0
        ? [{ kind: 'line' as const, text: `${hidden} more: -v`, styles: ['dim'] as const }]
        : []),
    ],
  };
}

const TABLE_INDENT = 12;
const CHANGES_SHOWN = 4;

function changesSection({ changes }: ContainerMemory, options: HistoryTextOptions): Section {
  const newest = changes.toSorted((one, other) => other.atMs - one.atMs);
  const shown = options.verbose ? newest : newest.slice(0, CHANGES_SHOWN);
  return {
    label: 'Changed',
    blocks: shown.map(({ atMs, label, kind }) => ({
      kind: 'point',
      sign: '*',
      spans: [{ text: `${kind} ${label}, ${clock(atMs, options)}` }],
    })),
  };
}

/** The notes on the samples have a section of their own. */
function withoutNotes({ analysis, histories }: ContainerMemory): ContainerMemory['analysis'] {
  const notes = new Set(histories.flatMap(({ notes: own = [] }) => own));
  return { ...analysis, statements: analysis.statements.filter(({ text }) => !notes.has(text)) };
}

/** What was wrong with the samples; each once. */
function notesSection({ histories }: ContainerMemory, options: HistoryTextOptions): Section {
  const notes = [...new Set(histories.flatMap(({ notes = [] }) => notes))];
  const shown = options.verbose ? notes : notes.slice(0, 2);
  return {
    label: 'Samples',
    blocks: shown.map((text) => ({ kind: 'point', sign: '!', spans: [{ text }] })),
  };
}
