/** The memory figures inside a report: the cgroup's (mm/memcontrol.c) and the node's (`Mem-Info`, show_mem). */
import type { MemoryStat } from '../../model/kernel.ts';
import type { Bytes, MemoryLimit, Pages } from '../../units.ts';
import { KIB } from '../../units.ts';
import { kibToBytes } from './kill-line.ts';

/** `memory: usage 4194304kB, limit 4194304kB, failcnt 1273284` and its siblings. */
export interface UsageLine {
  readonly counter: 'memory' | 'swap' | 'memory+swap' | 'kmem';
  readonly usageBytes: Bytes;
  readonly limitBytes?: MemoryLimit;
  readonly failCount?: number;
}

const USAGE =
  /^(memory|memory\+swap|swap|kmem): usage (\d{1,20})kB(?:, limit (\d{1,20})kB(?:, failcnt (\d{1,15})$)?)?/;

export function readUsageLine(message: string): UsageLine | undefined {
  const match = USAGE.exec(message);
  const usageBytes = kibToBytes(match?.[2]);
  if (match === null || typeof usageBytes !== 'number') return undefined;
  const limitBytes = kibToBytes(match[3]);
  return {
    counter: match[1] as UsageLine['counter'],
    usageBytes,
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(match[4] === undefined ? {} : { failCount: Number(match[4]) }),
  };
}

/** Keys of `memory.stat`; the first four lines of v1 carry older names. */
const STAT_KEYS: Readonly<Record<string, keyof MemoryStat>> = {
  anon: 'anonBytes',
  file: 'fileBytes',
  shmem: 'shmemBytes',
  kernel: 'kernelBytes',
  slab: 'slabBytes',
  slab_unreclaimable: 'slabUnreclaimableBytes',
  sock: 'sockBytes',
  pagetables: 'pageTablesBytes',
  inactive_file: 'inactiveFileBytes',
  active_file: 'activeFileBytes',
  file_dirty: 'fileDirtyBytes',
  file_writeback: 'fileWritebackBytes',
  rss: 'anonBytes',
  cache: 'fileBytes',
  dirty: 'fileDirtyBytes',
  writeback: 'fileWritebackBytes',
};

/** Sums of one report; a v1 report prints one line per child cgroup, each without its children. */
export class StatSums {
  #own: Partial<Record<keyof MemoryStat, Bytes>> = {};
  #total: Partial<Record<keyof MemoryStat, Bytes>> = {};

  /** `cache:844KB rss:521136KB rss_huge:0KB …`. */
  addInline(text: string): void {
    for (const [, name = '', digits] of text.matchAll(/(?:^|\s)([a-z_]{1,32}):(\d{1,16})KB(?=\s|$)/g)) {
      const key = keyOf(name);
      const bytes = kibToBytes(digits);
      if (key !== undefined && typeof bytes === 'number') this.#own[key] = (this.#own[key] ?? 0) + bytes;
    }
  }

  /** `anon 98742272`: bytes; `total_` (v1) includes the children and so takes precedence. */
  set(name: string, value: number): void {
    if (value > Number.MAX_SAFE_INTEGER) return;
    const total = name.startsWith('total_');
    const key = keyOf(total ? name.slice('total_'.length) : name);
    if (key !== undefined) (total ? this.#total : this.#own)[key] = value;
  }

  get result(): MemoryStat | undefined {
    const stat = { ...this.#own, ...this.#total };
    return Object.keys(stat).length === 0 ? undefined : stat;
  }
}

function keyOf(name: string): keyof MemoryStat | undefined {
  return Object.hasOwn(STAT_KEYS, name) ? STAT_KEYS[name] : undefined;
}

/** `anon 98742272`, one line of the multi-line form. */
export function readStatLine(message: string): { readonly name: string; readonly value: number } | undefined {
  const match = /^([a-z][a-z0-9_]{1,40}) (\d{1,20})$/.exec(message);
  return match?.[1] === undefined ? undefined : { name: match[1], value: Number(match[2]) };
}

/** `Memory cgroup stats for /path:` with or without values behind it; some kernels leave the path out. */
export function readStatTitle(
  message: string,
): { readonly path?: string; readonly inline: string } | undefined {
  const match = /^Memory cgroup stats(?: for (\/.*?))?\s?:(?: (.*))?$/.exec(message);
  if (match === null) return undefined;
  return { ...(match[1] === undefined ? {} : { path: match[1] }), inline: match[2] ?? '' };
}

/** Whole-node figures, in pages until the page size is known. */
export class NodeFigures {
  #pages: Partial<Record<'active_anon' | 'inactive_anon' | 'slab_unreclaimable' | 'free', Pages>> = {};
  #ramPages: Pages | undefined;
  #zoneFreeBytes: Bytes | undefined;
  #buddyFreeBytes: Bytes | undefined;
  #swapFreeBytes: Bytes | undefined;
  #swapTotalBytes: Bytes | undefined;
  /** From the smallest block of the buddy allocator (`Node 0 DMA: 5*4kB …`). */
  pageSizeBytes: Bytes | undefined;

  /** True where the line held one of the figures. */
  read(message: string): boolean {
    const swap = /^(Free|Total) swap\s{0,4}= ?(\d{1,15})kB/.exec(message);
    if (swap !== null) {
      const bytes = Number(swap[2]) * KIB;
      if (swap[1] === 'Free') this.#swapFreeBytes ??= bytes;
      else this.#swapTotalBytes ??= bytes;
      return true;
    }
    const ram = /^(\d{1,12}) pages RAM$/.exec(message);
    if (ram !== null) {
      this.#ramPages ??= Number(ram[1]);
      return true;
    }
    return this.#readZone(message) || this.#readCounters(message);
  }

  #readZone(message: string): boolean {
    const zone =
      /^(?:Node \d{1,4} )?(?:DMA|DMA32|Normal|HighMem|Movable|Device)( free:(\d{1,15})kB|: .*)/.exec(message);
    if (zone === null) return false;
    if (zone[2] !== undefined) {
      this.#zoneFreeBytes = (this.#zoneFreeBytes ?? 0) + Number(zone[2]) * KIB;
      return true;
    }
    const smallest = /^: \d{1,12}\*(\d{1,3})kB/.exec(zone[1] ?? '');
    const sum = / = (\d{1,15})kB$/.exec(zone[1] ?? '');
    if (smallest !== null) this.pageSizeBytes ??= Number(smallest[1]) * KIB;
    if (sum !== null) this.#buddyFreeBytes = (this.#buddyFreeBytes ?? 0) + Number(sum[1]) * KIB;
    return true;
  }

  /** `active_anon:101 inactive_anon:127 isolated_anon:29`: pages. The zones' lines say the same with `kB` behind. */
  #readCounters(message: string): boolean {
    let found = false;
    const counters = /(?:^|\s)(active_anon|inactive_anon|slab_unreclaimable|free):(\d{1,12})(?=\s|$)/g;
    for (const [, name, digits] of message.matchAll(counters)) {
      this.#pages[name as 'free'] ??= Number(digits);
      found = true;
    }
    return found;
  }

  result(pageSizeBytes: Bytes): NodeMemory | undefined {
    const pages = (count: Pages | undefined): Bytes | undefined =>
      count === undefined ? undefined : count * pageSizeBytes;
    const all: Readonly<Record<keyof NodeMemory, Bytes | undefined>> = {
      totalBytes: pages(this.#ramPages),
      freeBytes: pages(this.#pages.free) ?? this.#zoneFreeBytes ?? this.#buddyFreeBytes,
      activeAnonBytes: pages(this.#pages.active_anon),
      inactiveAnonBytes: pages(this.#pages.inactive_anon),
      slabUnreclaimableBytes: pages(this.#pages.slab_unreclaimable),
      swapTotalBytes: this.#swapTotalBytes,
      swapFreeBytes: this.#swapFreeBytes,
    };
    const known = Object.entries(all).filter(([, bytes]) => bytes !== undefined);
    return known.length === 0 ? undefined : Object.fromEntries(known);
  }
}

interface NodeMemory {
  readonly totalBytes?: Bytes;
  readonly freeBytes?: Bytes;
  readonly activeAnonBytes?: Bytes;
  readonly inactiveAnonBytes?: Bytes;
  readonly slabUnreclaimableBytes?: Bytes;
  readonly swapTotalBytes?: Bytes;
  readonly swapFreeBytes?: Bytes;
}
