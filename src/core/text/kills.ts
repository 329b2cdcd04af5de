/** Lists of deaths for a terminal: grouped, or one line each. */
import type { KillGroup } from '../kills.ts';
import type { Diagnosis, Verdict } from '../model/diagnosis.ts';
import { formatInstant } from './instants.ts';
import { formatDuration } from './amounts.ts';
import { clock, shapeWords } from './memory.ts';
import { count, formatAge } from './numbers.ts';
import type { TextOptions } from './options.ts';
import { toAscii } from './paint.ts';
import type { Style } from './paint.ts';
import { renderTable } from './table.ts';
import type { Cell, Column } from './table.ts';
import { actionShort, causeWords, podName, workloadName, workloadShort } from './words.ts';
import { wrapSpans } from './layout.ts';

export interface ListOptions extends TextOptions {
  readonly headers: boolean;
  /** More columns. */
  readonly wide: boolean;
  /** How far back was asked for; absent = everything found. */
  readonly sinceMs?: number;
}

const KILL_COLUMNS: readonly Column[] = [
  { title: 'KILLS', align: 'right' },
  { title: 'WORKLOAD', cut: 'middle', leastWidth: 20 },
  { title: 'CAUSE', cut: 'end', leastWidth: 18 },
  { title: 'SURE' },
  { title: 'LAST' },
  { title: 'FIX', cut: 'end', leastWidth: 26 },
];

/** Only where a history was read. */
const NEXT_COLUMN: Column = { title: 'NEXT' };

const WIDE_KILL_COLUMNS: readonly Column[] = [
  { title: 'CODE' },
  { title: 'CONTAINER', cut: 'middle' },
  { title: 'NODE', cut: 'middle' },
  { title: 'FIRST' },
];

/** On a narrower terminal there is no room for the last column: names serve better. */
const FIX_FROM_WIDTH = 96;

function causeStyles(verdict: Verdict): readonly Style[] {
  if (verdict.kind !== 'identified') return ['yellow'];
  return verdict.memory === 'none' ? [] : ['red'];
}

function ageOf(atMs: number | undefined, nowMs: number): string {
  return atMs === undefined ? '-' : formatAge(nowMs - atMs);
}

function killCells(
  group: KillGroup,
  { options, withNext }: { readonly options: ListOptions; readonly withNext: boolean },
): (Cell | string)[] {
  const [newest] = group.deaths;
  const cells: (Cell | string)[] = [
    { text: String(group.count), styles: ['bold'] },
    options.wide ? workloadName(group.target) : workloadShort(group.target),
    { text: groupCause(group), styles: causeStyles(group.verdict) },
    group.verdict.confidence ?? '-',
    ageOf(group.lastAtMs, options.collectedAtMs ?? options.nowMs),
    ...(withNext ? [nextOf(newest, options)] : []),
    fixOf(newest),
  ];
  if (!options.wide) return cells;
  const wide = [
    group.verdict.code,
    group.container ?? '-',
    group.target.node ?? '-',
    ageOf(group.firstAtMs, options.collectedAtMs ?? options.nowMs),
  ];
  return [...cells.slice(0, -1), ...wide, ...cells.slice(-1)];
}

/** How memory got there says more than whose limit it was. */
function groupCause({ verdict, deaths }: KillGroup): string {
  const shape = deaths[0]?.memory?.shape;
  const isTelling = shape !== undefined && shape !== 'no-data' && shape !== 'healthy' && shape !== 'growing';
  return isTelling && verdict.kind === 'identified' ? shapeWords(shape) : causeWords(verdict);
}

function nextOf(newest: Diagnosis | undefined, options: ListOptions): string {
  const atMs = newest?.memory?.forecast.atMs;
  if (atMs === undefined) return '-';
  return atMs <= options.nowMs ? 'now' : clock(atMs, options);
}

function fixOf(newest: Diagnosis | undefined): string {
  const [step] = [...(newest?.actions ?? []), ...(newest?.nextEvidence ?? [])];
  return step === undefined ? '-' : actionShort(step);
}

/** The grouped table with one sentence above and the way on below. Lines end with a newline each. */
export function renderKills(groups: readonly KillGroup[], options: ListOptions): string {
  const lines: string[] = [];
  const total = groups.reduce((sum, group) => sum + group.count, 0);
  if (options.headers)
    lines.push(
      ...wrapSpans(
        [{ text: killsSentence(groups, options), styles: ['bold'] }],
        options.width,
        options.paint,
      ),
    );
  if (total > 0) {
    const isNarrow = options.cut && !options.wide && options.width < FIX_FROM_WIDTH;
    const withNext = groups.some(({ deaths }) => deaths[0]?.memory !== undefined);
    const columns = [
      ...KILL_COLUMNS.slice(0, -1),
      ...(withNext ? [NEXT_COLUMN] : []),
      ...(options.wide ? WIDE_KILL_COLUMNS : []),
      ...(isNarrow ? [] : KILL_COLUMNS.slice(-1)),
    ];
    const rows = groups.map((group) => killCells(group, { options, withNext }));
    lines.push(...renderTable(columns, rows, tableOptions(options)));
  }
  const [worst] = groups;
  if (worst !== undefined && options.headers) {
    lines.push(
      options.paint(`Explain one: ${options.program} why ${whyTarget(worst)}.  Every death: --list.`, 'dim'),
    );
  }
  return finish(lines, options);
}

function whyTarget({ target }: KillGroup): string {
  return target.pod === undefined && target.workload === undefined ? '' : workloadName(target);
}

/** What a death counts as in the sentence above the table: each counts once. */
const SORTS = [
  'about memory',
  'from other causes',
  'ordinary exit',
  'refused',
  'without a named cause',
] as const;
type Sort = (typeof SORTS)[number];

function sortOf({ kind, code, memory }: Verdict): Sort {
  if (kind !== 'identified') return code === 'reject' ? 'refused' : 'without a named cause';
  if (code === 'reject') return 'refused';
  if (code.startsWith('exit-')) return 'ordinary exit';
  return memory === 'none' || memory === 'unknown' ? 'from other causes' : 'about memory';
}

function sortWords(sort: Sort, amount: number): string {
  switch (sort) {
    case 'ordinary exit':
      return count(amount, sort);
    case 'from other causes':
      return amount === 1 ? '1 from another cause' : `${amount} ${sort}`;
    case 'about memory':
    case 'refused':
    case 'without a named cause':
      return `${amount} ${sort}`;
    default:
      return sort satisfies never;
  }
}

function killsSentence(groups: readonly KillGroup[], options: ListOptions): string {
  const total = groups.reduce((sum, group) => sum + group.count, 0);
  const span = options.sinceMs === undefined ? '' : ` in the last ${formatDuration(options.sinceMs)}`;
  if (total === 0) return `No deaths found${span}.`;
  const amounts = new Map<Sort, number>();
  for (const { verdict, count: amount } of groups) {
    const sort = sortOf(verdict);
    amounts.set(sort, (amounts.get(sort) ?? 0) + amount);
  }
  const parts = SORTS.flatMap((sort) => {
    const amount = amounts.get(sort);
    return amount === undefined ? [] : [sortWords(sort, amount)];
  });
  return `${count(total, 'death')}${span}: ${parts.join(', ')}.${mostAreOne(groups, total)}`;
}

/** Below this many deaths everybody sees it in the table. */
const WORTH_SAYING = 4;

function mostAreOne(groups: readonly KillGroup[], total: number): string {
  const most = groups.find((group) => group.count * 2 >= total);
  if (most === undefined || total < WORTH_SAYING || most.count === total) return '';
  const share = most.count * 2 === total ? 'Half' : 'Most';
  return ` ${share} are one: ${workloadShort(most.target)}, ${causeWords(most.verdict)}.`;
}

function tableOptions(options: ListOptions): {
  headers: boolean;
  paint: TextOptions['paint'];
  ellipsis: string;
  width?: number;
} {
  return {
    headers: options.headers,
    paint: options.paint,
    ellipsis: options.ascii ? '...' : '…',
    ...(options.cut && !options.wide ? { width: options.width } : {}),
  };
}

function finish(lines: readonly string[], options: TextOptions): string {
  const text = lines.map((line) => `${line}\n`).join('');
  return options.ascii ? toAscii(text) : text;
}

const DEATH_COLUMNS: readonly Column[] = [
  { title: 'ENDED' },
  { title: 'POD', cut: 'middle', leastWidth: 16 },
  { title: 'CONTAINER', cut: 'middle', leastWidth: 9 },
  { title: 'EXIT', align: 'right' },
  { title: 'CAUSE', cut: 'end', leastWidth: 14 },
  { title: 'SURE' },
];

const WIDE_DEATH_COLUMNS: readonly Column[] = [
  ...DEATH_COLUMNS,
  { title: 'CODE' },
  { title: 'REASON' },
  { title: 'NODE' },
];

/** One line per death, in the order given. Lines end with a newline each. */
export function renderDeathList(items: readonly Diagnosis[], options: ListOptions): string {
  const rows = items.map((item): (Cell | string)[] => [
    item.atMs === undefined ? '-' : formatInstant(item.atMs, options.nowMs, options.zone),
    item.target.pod === undefined ? workloadName(item.target) : podName(item.target),
    item.container ?? '-',
    String(item.exitCode ?? '-'),
    { text: causeWords(item.verdict), styles: causeStyles(item.verdict) },
    item.verdict.confidence ?? '-',
    ...(options.wide ? [item.verdict.code, item.reason ?? '-', item.target.node ?? '-'] : []),
  ]);
  if (rows.length === 0) return options.headers ? finish(['No deaths found.'], options) : '';
  const columns = options.wide ? WIDE_DEATH_COLUMNS : DEATH_COLUMNS;
  return finish(renderTable(columns, rows, tableOptions(options)), options);
}
