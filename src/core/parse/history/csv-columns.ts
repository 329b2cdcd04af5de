/** What the header of a table says of its columns. */
import { fault, ok, type Result } from '../../model/result.ts';
import { unitBytes } from './amounts.ts';
import type { Quantity } from './build-history.ts';
import { splitCells } from './csv-cells.ts';

export interface ValueColumn {
  readonly at: number;
  /** Exports that join tables give each value a column of times of its own. */
  readonly timeAt: number;
  readonly quantity: Quantity;
  /** Where the column is a container. */
  readonly container?: string;
  /** Bytes in one; absent = the number itself. */
  readonly bytesEach?: number;
}

export interface Columns {
  readonly separator: string;
  readonly values: readonly ValueColumn[];
  readonly namespaceAt?: number;
  readonly podAt?: number;
  readonly containerAt?: number;
  readonly trafficName?: string;
  readonly notes: readonly string[];
}

const TIMES =
  /^(?:time|timestamp|timestamp_?(?:anon|ms|s|ns)|ts|date|datetime|date_?time|@timestamp|at|epoch|unixtime)$/;
const NAMESPACES = /^(?:namespace|kubernetes_namespace|ns)$/;
const PODS = /^(?:pod|pod_?name|kubernetes_pod_name)$/;
const CONTAINERS = /^(?:container|container_?(?:name|id|ip)|name|service|instance)$/;

/** Longest names first: `memory_usage` is not `memory`. In plain words and as metrics are called. */
const QUANTITIES: readonly { readonly names: RegExp; readonly quantity: Quantity }[] = [
  { names: /^(?:container_)?(?:memory_)?working_?set(?:_bytes)?$/, quantity: 'workingSet' },
  {
    names:
      /^(?:(?:container_|process_)?(?:memory[._]|resident_memory_?)?rss|resident)(?:_bytes)?$|^process_resident_memory_bytes$/,
    quantity: 'rss',
  },
  { names: /^(?:container_)?(?:memory_)?(?:page_?)?cache(?:_bytes)?$/, quantity: 'cache' },
  { names: /^(?:container_)?(?:memory_)?(?:max_usage|peak)(?:_bytes)?$/, quantity: 'peak' },
  { names: /^(?:container_(?:spec_)?)?(?:memory_)?limits?(?:_bytes)?$/, quantity: 'limit' },
  { names: /^(?:memory_)?requests?_(?:bytes|memory)$|^memory_request$/, quantity: 'request' },
  { names: /^(?:container_)?memory_?usage(?:_bytes)?$|^usage_bytes$/, quantity: 'usage' },
  { names: /^restarts?(?:_count|_total)?$/, quantity: 'restarts' },
  { names: /^(?:rps|qps|requests_per_second|request_rate|traffic|ops|podworkload)$/, quantity: 'traffic' },
  { names: /^(?:value|memory|mem|bytes|used|mem_usage|memory_used|v)$/, quantity: 'workingSet' },
];
/** A column of one container in a wide table: `carts_mem`, `redis memory`. */
const OF_CONTAINER =
  /^(.{1,200}?)[_ .:-](?:mem|memory|memory_usage|memory_working_set|working_set|rss)(?:_bytes)?$/;
const NOT_MEMORY =
  /cpu|latency|lod|load|net|disk|read|write|error|delay|interval|handle|heap|external|goroutine|threads|_util|percent|rate|%|sample|index/;

/** Faults with words for people. */
export function columnsOf(header: string): Result<Columns> {
  const separator =
    [',', ';', '\t'].toSorted((a, b) => header.split(b).length - header.split(a).length)[0] ?? ',';
  const cells = splitCells(header.replace(/^\ufeff/, ''), separator).map((cell) => readCell(cell));
  const timesAt = cells.flatMap(({ name }, at) => (TIMES.test(name) ? [at] : []));
  const [firstTime] = timesAt;
  if (firstTime === undefined) {
    return fault('csv.time', 'no column of times (time, timestamp or date)', header);
  }
  const at = (names: RegExp): number | undefined => {
    const found = cells.findIndex(({ name }) => names.test(name));
    return found < 0 ? undefined : found;
  };
  const [namespaceAt, podAt, containerAt] = [at(NAMESPACES), at(PODS), at(CONTAINERS)];
  const taken = new Set([...timesAt, namespaceAt, podAt, containerAt]);
  const rest = cells.map((cell, index) => ({ ...cell, at: index })).filter((cell) => !taken.has(cell.at));
  const notes: string[] = [];
  const values = valuesOf(rest, notes).map((column) => ({
    ...column,
    timeAt: timesAt.findLast((time) => time < column.at) ?? firstTime,
  }));
  if (values.length === 0) return noValue(rest, header);
  const traffic = rest.find((cell) =>
    values.some((value) => value.at === cell.at && value.quantity === 'traffic'),
  );
  return ok({
    separator,
    values,
    ...(namespaceAt === undefined ? {} : { namespaceAt }),
    ...(podAt === undefined ? {} : { podAt }),
    ...(containerAt === undefined ? {} : { containerAt }),
    ...(traffic === undefined ? {} : { trafficName: traffic.text }),
    notes,
  });
}

interface Cell {
  readonly text: string;
  /** Lower case, without the unit. */
  readonly name: string;
  /** What stands in brackets: `Mi`, `%`. */
  readonly unit?: string;
}

function readCell(raw: string): Cell {
  const text = raw.trim();
  const bracket = /^(.{1,200}?) ?[([]([^)\]]{1,10})[)\]]$/.exec(text);
  const name = (bracket?.[1] ?? text).toLowerCase().replace(/ /g, '_');
  return { text, name, ...(bracket?.[2] === undefined ? {} : { unit: bracket[2] }) };
}

type Placed = Cell & { readonly at: number };

function valuesOf(cells: readonly Placed[], notes: string[]): readonly Omit<ValueColumn, 'timeAt'>[] {
  const known = new Map<Quantity, Omit<ValueColumn, 'timeAt'>>();
  for (const cell of cells) {
    const quantity = QUANTITIES.find(({ names }) =>
      names.test(cell.name.replace(/^memoryusage$/, 'memory_usage')),
    )?.quantity;
    const scale = quantity === undefined ? undefined : scaleOf(cell, quantity);
    if (quantity !== undefined && scale !== undefined && !known.has(quantity))
      known.set(quantity, { at: cell.at, quantity, ...scale });
  }
  if (
    [...known.keys()].some(
      (quantity) => quantity !== 'traffic' && quantity !== 'limit' && quantity !== 'restarts',
    )
  )
    return [...known.values()];
  const containers = wideColumns(cells);
  if (containers.length > 0) notes.push('each column is taken for the working set of one container');
  return containers;
}

/** Absent = a unit that is not of memory. */
function scaleOf(cell: Cell, quantity: Quantity): { readonly bytesEach?: number } | undefined {
  if (quantity === 'traffic' || quantity === 'restarts') return {};
  if (cell.unit === undefined) return { bytesEach: 1 };
  const bytesEach = unitBytes(cell.unit);
  return bytesEach === undefined ? undefined : { bytesEach };
}

function wideColumns(cells: readonly Placed[]): readonly Omit<ValueColumn, 'timeAt'>[] {
  const suffixed = cells.flatMap((cell) => {
    const container = OF_CONTAINER.exec(cell.text)?.[1];
    return container === undefined
      ? []
      : [{ at: cell.at, quantity: 'workingSet' as const, container, bytesEach: 1 }];
  });
  if (suffixed.length > 0) return suffixed;
  return cells.flatMap((cell) => {
    const bytesEach = cell.unit === undefined ? 1 : unitBytes(cell.unit);
    if (bytesEach === undefined || cell.text === '' || NOT_MEMORY.test(cell.name)) return [];
    return [{ at: cell.at, quantity: 'workingSet' as const, container: cell.text, bytesEach }];
  });
}

/** `csv.share`: a table of memory, though of no use. `csv.value`: perhaps no table of memory at all. */
function noValue(cells: readonly Cell[], header: string): Result<Columns> {
  const share = cells.find(({ name, unit }) => /percent|util|%/.test(name) || unit === '%');
  if (share !== undefined) {
    const name = share.text.slice(0, 40);
    const message = `no column of bytes: "${name}" is a share, which says nothing without the limit`;
    return fault('csv.share', message, header);
  }
  return fault('csv.value', 'no column of memory in bytes (value, memory, rss, working_set, …)', header);
}
