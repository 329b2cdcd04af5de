/** Containers with their memory for a terminal, Markdown and CSV. A percentage always names its base. */
import type { TopRow } from '../model/memory-views.ts';
import type { Bytes, MemoryLimit } from '../units.ts';
import { GIB, MIB } from '../units.ts';
import { formatBytes } from './amounts.ts';
import { cleanLine } from './clean.ts';
import { csvLine, escapeMarkdown } from './escape.ts';
import { toRfc3339 } from './instants.ts';
import type { ListOptions } from './kills.ts';
import { wrapSpans } from './layout.ts';
import { count, formatAge } from './numbers.ts';
import { toAscii } from './paint.ts';
import type { Style } from './paint.ts';
import { renderTable } from './table.ts';
import type { Cell, Column } from './table.ts';
import { workloadName } from './words.ts';

const COLUMNS: readonly Column[] = [
  { title: 'POD', cut: 'middle', leastWidth: 14 },
  { title: 'CONTAINER', cut: 'middle', leastWidth: 9 },
  { title: 'USES', align: 'right' },
  { title: 'REQUEST', align: 'right' },
  { title: 'LIMIT', align: 'right' },
  { title: '%LIMIT', align: 'right' },
  { title: 'PEAK', align: 'right' },
  { title: 'KILLS', align: 'right' },
];

const WIDE_COLUMNS: readonly Column[] = [
  { title: '%REQUEST', align: 'right' },
  { title: 'LAST KILL', align: 'right' },
  { title: 'RESTARTS', align: 'right' },
  { title: 'WORKLOAD' },
  { title: 'NODE' },
  { title: 'MEASURED', align: 'right' },
];

/** On a narrower terminal these give way to names. */
const LEFT_OUT: ReadonlySet<string> = new Set(['REQUEST', 'PEAK']);
const ALL_FROM_WIDTH = 76;

const NEAR_RATIO = 0.9;
const HIGH_RATIO = 0.75;

/** Worst first as handed in. Lines end with a newline each. */
export function renderTop(rows: readonly TopRow[], options: ListOptions): string {
  const lines: string[] = [];
  if (options.headers) {
    const spans = [{ text: topSentence(rows), styles: ['bold'] as const }];
    lines.push(...wrapSpans(spans, options.width, options.paint));
  }
  if (rows.length > 0) {
    const namespaces = new Set(rows.map(({ namespace }) => namespace));
    const cells = rows.map((row) => rowCells(row, { options, withNamespace: namespaces.size > 1 }));
    const columns = options.wide ? [...COLUMNS, ...WIDE_COLUMNS] : COLUMNS;
    const isNarrow = options.cut && !options.wide && options.width < ALL_FROM_WIDTH;
    const shown = columns.map(({ title }) => !isNarrow || !LEFT_OUT.has(title));
    lines.push(
      ...renderTable(
        columns.filter((_, index) => shown[index]),
        cells.map((row) => row.filter((_, index) => shown[index])),
        {
          headers: options.headers,
          paint: options.paint,
          ellipsis: options.ascii ? '...' : '…',
          ...(options.cut && !options.wide ? { width: options.width } : {}),
        },
      ),
    );
  }
  const worst = rows.find(({ kills }) => kills > 0) ?? rows[0];
  if (worst !== undefined && options.headers) {
    const name = workloadName({ namespace: worst.namespace, pod: worst.pod });
    lines.push(options.paint(`Over time: ${options.program} history ${name}.`, 'dim'));
  }
  const text = lines.map((line) => `${line}\n`).join('');
  return options.ascii ? toAscii(text) : text;
}

/** `214 containers: 3 killed for memory, 2 at 90 % of their limit or above, 40 without a limit, 5 not measured.` */
function topSentence(rows: readonly TopRow[]): string {
  if (rows.length === 0) return 'No containers found.';
  const [namespace, ...others] = new Set(rows.map((row) => row.namespace));
  // Rows name it where there are several.
  const where = namespace === undefined || others.length > 0 ? '' : ` in ${cleanLine(namespace)}`;
  const killed = rows.filter(({ kills }) => kills > 0).length;
  const near = rows.filter((row) => (limitShare(row) ?? 0) >= NEAR_RATIO).length;
  const free = rows.filter(({ limitBytes }) => typeof limitBytes !== 'number').length;
  const unmeasured = rows.filter(({ workingSetBytes }) => workingSetBytes === undefined).length;
  const parts = [
    ...(killed > 0 ? [`${killed} killed for memory`] : []),
    ...(near > 0 ? [`${near} at 90 % of ${near === 1 ? 'its' : 'their'} limit or above`] : []),
    ...(free > 0 ? [`${free} without a limit`] : []),
    ...(unmeasured > 0 ? [`${unmeasured} not measured`] : []),
  ];
  return `${count(rows.length, 'container')}${where}${parts.length === 0 ? ', none near its limit' : `: ${parts.join(', ')}`}.`;
}

interface CellContext {
  readonly options: ListOptions;
  readonly withNamespace: boolean;
}

function rowCells(row: TopRow, { options, withNamespace }: CellContext): (Cell | string)[] {
  const share = limitShare(row);
  const cells: (Cell | string)[] = [
    withNamespace ? `${row.namespace}/${row.pod}` : row.pod,
    row.container,
    { text: size(row.workingSetBytes), styles: ['bold'] },
    size(row.requestBytes),
    size(row.limitBytes),
    { text: percent(share), styles: shareStyles(share) },
    size(row.peakBytes),
    row.kills === 0 ? '-' : { text: String(row.kills), styles: ['bold', 'red'] },
  ];
  if (!options.wide) return cells;
  const { nowMs } = options;
  return [
    ...cells,
    percent(ratio(row.workingSetBytes, row.requestBytes)),
    row.lastKillAtMs === undefined ? '-' : formatAge(nowMs - row.lastKillAtMs),
    String(row.restarts ?? '-'),
    row.workload === undefined ? '-' : workloadName({ workload: row.workload }),
    row.nodeName ?? '-',
    row.sampledAtMs === undefined ? '-' : `${formatAge(nowMs - row.sampledAtMs)} ago`,
  ];
}

function shareStyles(share: number | undefined): readonly Style[] {
  if (share === undefined || share < HIGH_RATIO) return [];
  return share >= NEAR_RATIO ? ['bold', 'red'] : ['yellow'];
}

/** `512Mi`, as manifests spell it, so that a column needs no unit of its own. */
function size(bytes: MemoryLimit | undefined): string {
  if (bytes === undefined || bytes === 'unlimited') return '-';
  if (bytes >= 10 * GIB) return `${(bytes / GIB).toFixed(1)}Gi`;
  return bytes >= 10 * MIB || bytes === 0 ? `${Math.round(bytes / MIB)}Mi` : `${(bytes / MIB).toFixed(1)}Mi`;
}

function limitShare({ workingSetBytes, limitBytes }: TopRow): number | undefined {
  return ratio(workingSetBytes, limitBytes);
}

function ratio(part: Bytes | undefined, base: MemoryLimit | undefined): number | undefined {
  if (part === undefined || base === undefined || base === 'unlimited' || base === 0) return undefined;
  return part / base;
}

function percent(share: number | undefined): string {
  return share === undefined ? '-' : `${Math.round(share * 100)}%`;
}

const FIELDS: readonly (readonly [string, (row: TopRow) => string | number | undefined])[] = [
  ['namespace', ({ namespace }) => namespace],
  ['workload', ({ workload }) => (workload === undefined ? undefined : `${workload.kind}/${workload.name}`)],
  ['pod', ({ pod }) => pod],
  ['container', ({ container }) => container],
  ['node', ({ nodeName }) => nodeName],
  ['workingSetBytes', ({ workingSetBytes }) => workingSetBytes],
  ['requestBytes', ({ requestBytes }) => requestBytes],
  ['limitBytes', ({ limitBytes }) => limitBytes],
  ['peakBytes', ({ peakBytes }) => peakBytes],
  ['kills', ({ kills }) => kills],
  ['lastKillAt', ({ lastKillAtMs }) => (lastKillAtMs === undefined ? undefined : toRfc3339(lastKillAtMs))],
  ['restarts', ({ restarts }) => restarts],
  ['sampledAt', ({ sampledAtMs }) => (sampledAtMs === undefined ? undefined : toRfc3339(sampledAtMs))],
];

export function topCsv(rows: readonly TopRow[], headers: boolean): string {
  const head = headers ? csvLine(FIELDS.map(([name]) => name)) : '';
  return head + rows.map((row) => csvLine(FIELDS.map(([, read]) => read(row)))).join('');
}

export function topMarkdown(rows: readonly TopRow[]): string {
  const head = ['Pod', 'Container', 'Uses', 'Request', 'Limit', '% of limit', 'Peak', 'Kills'];
  const lines = [head, head.map(() => '---')];
  for (const row of rows) {
    lines.push([
      escapeMarkdown(`${row.namespace}/${row.pod}`),
      escapeMarkdown(row.container),
      ...[row.workingSetBytes, row.requestBytes, row.limitBytes].map((bytes) =>
        bytes === undefined ? '-' : formatBytes(bytes),
      ),
      percent(limitShare(row)),
      row.peakBytes === undefined ? '-' : formatBytes(row.peakBytes),
      String(row.kills),
    ]);
  }
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
