import { describe, expect, it } from 'vitest';
import type { KernelOomKill } from '../../model/kernel.ts';
import {
  CONTAINER,
  GLOBAL_REPORT,
  POD_SLICE,
  SCOPE,
  UID,
  V1_REPORT,
  memcgReport,
  readReports,
} from './samples.ts';

const KIB = 1024;

/** The one report of a text. */
function only(lines: readonly string[]): KernelOomKill {
  const reports = readReports(lines.join('\n'));
  expect(reports).toHaveLength(1);
  return reports[0] as KernelOomKill;
}

describe('a report of a cgroup, 5.x to 6.x', () => {
  it('yields all it states', () => {
    const report = only(memcgReport({ pid: 22609 }));
    expect(report).toMatchObject({
      id: 'kernel:log:1',
      scope: 'memcg',
      constraint: 'CONSTRAINT_MEMCG',
      invoker: { comm: 'node', gfpMask: '0xcc0(GFP_KERNEL)', order: 0, oomScoreAdj: 969 },
      oomCgroup: { path: POD_SLICE, level: 'pod', podUid: UID },
      taskCgroup: { level: 'container', podUid: UID, containerId: CONTAINER },
      cpuset: SCOPE,
      usageBytes: 102400 * KIB,
      limitBytes: 102400 * KIB,
      failCount: 6402,
      swapUsageBytes: 0,
      swapLimitBytes: 0,
      stat: { anonBytes: 98742272, fileBytes: 2469888 },
      processCount: 1,
      processes: [{ pid: 22609, tgid: 22609, uid: 0, comm: 'node', totalVmPages: 74798, rssPages: 23376 }],
      // 299192 kB / 74798 pages = 4 kB
      pageSizeBytes: 4096,
      kernelVersion: '6.8.0-51-generic',
      outcome: 'killed',
      complete: true,
      groupKill: false,
      firstLine: 1,
      lastLine: 14,
    });
    expect(report.victim).toEqual({
      pid: 22609,
      comm: 'node',
      uid: 0,
      totalVmBytes: 299192 * KIB,
      anonRssBytes: 93176 * KIB,
      fileRssBytes: 316 * KIB,
      shmemRssBytes: 12 * KIB,
      pgtablesBytes: 476 * KIB,
      oomScoreAdj: 969,
    });
    expect(report.killed).toEqual([report.victim]);
  });

  it('quotes the decisive lines, each with its victim', () => {
    const { excerpt } = only(memcgReport({ pid: 22609 }));
    expect(excerpt.map((line) => line.slice(0, 20))).toEqual([
      'node invoked oom-kil',
      'memory: usage 102400',
      'oom-kill:constraint=',
      'Memory cgroup out of',
    ]);
    expect(excerpt[2]).toMatch(/,pid=22609,uid=0$/);
    expect(Math.max(...excerpt.map((line) => line.length))).toBeLessThanOrEqual(400);
  });

  it('is not fooled by CONSTRAINT_NONE (5.2)', () => {
    const lines = memcgReport({ pid: 7 }).map((line) => line.replace('CONSTRAINT_MEMCG', 'CONSTRAINT_NONE'));
    expect(only(lines)).toMatchObject({ scope: 'memcg', constraint: 'CONSTRAINT_NONE' });
  });

  it.each([
    ['commas, brackets and blanks', 'a, b (c) [d]'],
    ['what looks like the next field', 'x,pid=1,uid=0'],
    ['what looks like sizes', 'a) total-vm:9kB'],
    ['slashes', '/nail/live/yelp'],
    ['digits first', '0 1 2 3'],
  ])('reads names with %s', (_name, comm) => {
    const report = only(memcgReport({ pid: 9, comm, invoker: comm }));
    expect(report.victim).toMatchObject({ pid: 9, comm, uid: 0 });
    expect(report.processes[0]).toMatchObject({ comm, rssPages: 23376 });
    expect(report.invoker?.comm).toBe(comm);
    expect(report.taskCgroup?.containerId).toBe(CONTAINER);
  });
});

describe('a report of a cgroup, up to 4.x', () => {
  it('yields all it states', () => {
    expect(only(V1_REPORT)).toMatchObject({
      scope: 'memcg',
      oomCgroup: { level: 'pod', podUid: UID },
      taskCgroup: { level: 'container', podUid: UID, containerId: CONTAINER },
      cpuset: CONTAINER,
      usageBytes: 524288 * KIB,
      limitBytes: 524288 * KIB,
      // memory+swap less memory: 534288 - 524288 and 1048576 - 524288
      swapUsageBytes: 10000 * KIB,
      swapLimitBytes: 524288 * KIB,
      kmemUsageBytes: 2016 * KIB,
      // sums over the pod's group and its children: 0 + 36 + 523448, 0 + 4 + 840
      stat: { anonBytes: 523484 * KIB, fileBytes: 844 * KIB, shmemBytes: 12 * KIB, fileDirtyBytes: 8 * KIB },
      processCount: 3,
      outcome: 'killed',
      complete: true,
    });
  });

  it('takes the child that was killed in place of the process announced', () => {
    const report = only(V1_REPORT);
    expect(report.victim).toMatchObject({ pid: 28438, comm: 'java', anonRssBytes: 466160 * KIB });
    expect(report.killed.map(({ pid }) => pid)).toEqual([28438]);
  });

  it('does not claim a death from the announcement alone', () => {
    const report = only(V1_REPORT.slice(0, -1));
    expect(report).toMatchObject({ outcome: 'killed', victim: { pid: 8308 }, killed: [], complete: false });
    const lone = only(['Out of memory: Kill process 456 (python) score 50 or sacrifice child']);
    expect(lone).toMatchObject({ outcome: 'unknown', scope: 'global', victim: { pid: 456 }, killed: [] });
  });

  it('reads the two halves of Task in', () => {
    const lines = V1_REPORT.flatMap((line) =>
      line.startsWith('Task in') ? line.split(/ (?=killed as)/) : [line],
    );
    expect(lines).toHaveLength(V1_REPORT.length + 1);
    expect(only(lines)).toMatchObject({ oomCgroup: { podUid: UID }, taskCgroup: { containerId: CONTAINER } });
  });

  it('counts the processes that shared the victim memory', () => {
    const lines = [...V1_REPORT, 'Kill process 28500 (java) sharing same memory'];
    expect(only(lines).killed.map(({ pid }) => pid)).toEqual([28438, 28500]);
  });
});

describe('a report of the whole node', () => {
  it('yields all it states', () => {
    const page = 65536;
    expect(only(GLOBAL_REPORT)).toMatchObject({
      scope: 'global',
      constraint: 'CONSTRAINT_NONE',
      invoker: { comm: 'kworker/u8:1' },
      taskCgroup: { containerId: CONTAINER, podUid: UID },
      victim: { pid: 1888, comm: 'a, b (c) [d]', uid: 1001, shmemRssBytes: 640 * KIB },
      // the buddy allocator's smallest block is 64 kB
      pageSizeBytes: page,
      nodeMemory: {
        totalBytes: 262144 * page,
        freeBytes: 7279 * page,
        activeAnonBytes: 101 * page,
        inactiveAnonBytes: 127 * page,
        slabUnreclaimableBytes: 4350 * page,
        swapTotalBytes: 102396 * KIB,
        swapFreeBytes: 93424 * KIB,
      },
      processCount: 2,
      processes: [
        { pid: 1888, comm: 'a, b (c) [d]', rssPages: 4000, swapEntries: 11, oomScoreAdj: 1000 },
        { pid: 704, comm: 'watchdog', rssPages: 352 },
      ],
      kernelVersion: '6.8.1+nas',
      outcome: 'killed',
      complete: true,
    });
    expect(only(GLOBAL_REPORT)).not.toHaveProperty('oomCgroup');
  });

  it.each([
    ['nothing to kill', ['Out of memory and no killable processes...'], 'no-killable'],
    [
      'deadlock',
      [
        'Out of memory and no killable processes...',
        'Kernel panic - not syncing: System is deadlocked on memory',
      ],
      'panic',
    ],
    [
      'panic_on_oom',
      ['Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled'],
      'panic',
    ],
    [
      'compulsory panic',
      ['Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled'],
      'panic',
    ],
  ])('%s', (_name, end, outcome) => {
    const lines = [...GLOBAL_REPORT.slice(0, 15), ...end];
    expect(only(lines)).toMatchObject({ outcome, killed: [], complete: true, scope: 'global' });
    expect(only(lines)).not.toHaveProperty('victim');
  });

  it('knows a victim that was exiting already', () => {
    const lines = [
      ...memcgReport({ pid: 5 }).slice(0, 13),
      'Memory cgroup out of memory: OOM victim 5 (node) is already exiting. Skip killing the task',
    ];
    expect(only(lines)).toMatchObject({
      outcome: 'already-exiting',
      killed: [],
      victim: { pid: 5, comm: 'node' },
    });
  });
});

/** A member of the group dies. */
function kill(pid: number): string {
  return `Memory cgroup out of memory: Killed process ${pid} (worker) total-vm:100kB, anon-rss:40kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:0`;
}

describe('memory.oom.group', () => {
  const group = `Tasks in ${POD_SLICE}/${SCOPE} are going to be killed due to memory.oom.group set`;
  const rows = [6, 7].map(
    (pid) => `[      ${pid}]     0     ${pid}       25       10     8192        0             0 worker`,
  );
  const withTable = memcgReport({ pid: 5 }).flatMap((line) =>
    line.startsWith('[      5]') ? [line, ...rows] : [line],
  );

  it('is one episode with every process once', () => {
    const report = only([
      ...withTable,
      group,
      kill(6),
      kill(5),
      'Memory cgroup out of memory: OOM victim 7 (worker) is already exiting. Skip killing the task',
      kill(6),
    ]);
    expect(report).toMatchObject({ groupKill: true, outcome: 'killed', victim: { pid: 5, comm: 'node' } });
    expect(report.killed.map(({ pid }) => pid)).toEqual([5, 6]);
    // What the first of two lines states holds.
    expect(report.victim?.anonRssBytes).toBe(93176 * KIB);
  });

  it('gives the path where the summary is cut', () => {
    const cut = withTable.map((line) =>
      line.startsWith('oom-kill:') ? line.slice(0, line.indexOf(SCOPE, 200) + 20) : line,
    );
    const report = only([...cut, group]);
    expect(report.taskCgroup).toMatchObject({ containerId: CONTAINER, podUid: UID });
    expect(report.victim).toMatchObject({ pid: 5, comm: 'node' });
  });

  it('leaves a process that the table does not know to a report of its own', () => {
    const reports = readReports([...withTable, group, kill(6), kill(900)].join('\n'));
    expect(reports.map(({ killed }) => killed.map(({ pid }) => pid))).toEqual([[5, 6], [900]]);
  });
});

describe('kill lines alone', () => {
  const sizes = 'total-vm:9923620kB, anon-rss:4116684kB, file-rss:23132kB, shmem-rss:0kB';
  it.each<[string, string, object]>([
    [
      'node-problem-detector event',
      `Memory cgroup out of memory: Killed process 22609 (node) ${sizes}, UID:0 pgtables:10964kB oom_score_adj:969`,
      { scope: 'memcg', victim: { pid: 22609, comm: 'node', uid: 0 } },
    ],
    [
      'allocating task',
      `Out of memory (oom_kill_allocating_task): Killed process 22609 (node) ${sizes}`,
      { scope: 'global', victim: { pid: 22609 } },
    ],
    [
      'RHEL 6',
      'Out of memory: Killed process 123, UID 48, (httpd).',
      { victim: { pid: 123, comm: 'httpd', uid: 48 } },
    ],
    [
      'RHEL 6 with sizes',
      'Killed process 123, UID 48, (httpd) total-vm:1000kB, anon-rss:400kB, file-rss:8kB',
      { scope: 'unknown', victim: { pid: 123, comm: 'httpd', uid: 48, totalVmBytes: 1000 * KIB } },
    ],
    ['2.6.18', 'Out of memory: Killed process 4242 (java).', { victim: { pid: 4242, comm: 'java' } }],
    [
      '2.6.32',
      'Killed process 4242 (java) vsz:1000kB, anon-rss:400kB, file-rss:8kB',
      { victim: { pid: 4242, comm: 'java', totalVmBytes: 1000 * KIB } },
    ],
    [
      'reaper only',
      'oom_reaper: reaped process 345646 (vector), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB',
      { scope: 'unknown', victim: { pid: 345646, comm: 'vector' } },
    ],
  ])('%s', (_name, line, expected) => {
    expect(only([line])).toMatchObject({ ...expected, outcome: 'killed', complete: false });
  });

  it('never takes the sizes that the reaper left over for the victim', () => {
    const report = only(['oom_reaper: reaped process 5 (x), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB']);
    expect(report.victim).toEqual({ pid: 5, comm: 'x' });
  });

  it.each([
    [
      'a program that quotes the kernel',
      'Oct 12 19:00:20 n npd[3]: Memory cgroup out of memory: Killed process 5 (x) total-vm:1kB',
    ],
    [
      'a program that calls itself so',
      '{"MESSAGE":"Out of memory: Killed process 5 (x)","SYSLOG_IDENTIFIER":"kernel","_TRANSPORT":"stdout"}',
    ],
    ['a program writing to kmsg', '12,1,5000000,-;x[1]: Out of memory: Killed process 5 (x)'],
    ['prose', 'the OOM killer invoked by hand Killed process 5 yesterday'],
    ['another tool', 'Killed process 5 (x)'],
    ['cut inside the pid', 'Out of memory: Killed process 22'],
    ['memory without OOM', 'Mem-Info:'],
    ['a failed allocation', 'kswapd0: page allocation failure: order:4, mode:0x140cca'],
  ])('%s is no kill', (_name, line) => {
    expect(readReports(line)).toEqual([]);
  });
});

/** A report whose kill line prints this figure for page tables. */
function withPageTables(printed: number, table: boolean): KernelOomKill {
  const lines = memcgReport({ pid: 5 }).filter((line) => table || !line.startsWith('['));
  return only(lines.map((line) => line.replace('pgtables:476kB', `pgtables:${printed}kB`)));
}

describe('page tables of the first 5.4 kernels, in bytes labelled kB', () => {
  it.each([
    // The row says 487424 bytes = 476 kB.
    ['right, by the table', 476, true, 476 * KIB],
    ['bytes, by the table', 487424, true, 487424],
    ['right, without the table', 476, false, 476 * KIB],
    ['bytes, without the table', 487424, false, 487424],
  ])('%s', (_name, printed, table, expected) => {
    expect(withPageTables(printed, table).victim?.pgtablesBytes).toBe(expected);
  });
});

describe('cut and missing lines', () => {
  it('has a victim without a kill line, from the summary', () => {
    const report = only(memcgReport({ pid: 5 }).slice(0, 13));
    expect(report).toMatchObject({
      outcome: 'killed',
      complete: false,
      victim: { pid: 5, comm: 'node', uid: 0 },
    });
    expect(report.killed).toHaveLength(1);
  });

  it('has a report without its beginning', () => {
    for (let from = 1; from < 14; from += 1) {
      const report = only(memcgReport({ pid: 5 }).slice(from));
      expect(report).toMatchObject({
        scope: 'memcg',
        outcome: 'killed',
        complete: false,
        victim: { pid: 5 },
      });
    }
  });

  it('says unknown of a report that ends after its first line', () => {
    const report = only(memcgReport({ pid: 5 }).slice(0, 1));
    expect(report).toMatchObject({ outcome: 'unknown', scope: 'unknown', killed: [], complete: false });
  });

  it('keeps the pod where the summary is cut inside the container', () => {
    const summary = memcgReport({ pid: 5 })[12] ?? '';
    const report = only([summary.slice(0, summary.lastIndexOf(SCOPE) + 30)]);
    expect(report).toMatchObject({
      scope: 'memcg',
      oomCgroup: { podUid: UID },
      taskCgroup: { podUid: UID, level: 'container' },
      cpuset: SCOPE,
      outcome: 'unknown',
      killed: [],
    });
    expect(report.taskCgroup).not.toHaveProperty('containerId');
  });

  it.each([
    ['inside the name', 'Memory cgroup out of memory: Killed process 5 (no', { comm: 'no' }],
    ['behind the name', 'Memory cgroup out of memory: Killed process 5 (node) ', { comm: 'node' }],
    [
      'inside a size',
      'Memory cgroup out of memory: Killed process 5 (node) total-vm:299192kB, anon-rss:931',
      {
        totalVmBytes: 299192 * KIB,
      },
    ],
  ])('takes what is whole of a kill line cut %s', (_name, line, victim) => {
    const report = only([line]);
    expect(report).toMatchObject({ complete: false, victim: { pid: 5, ...victim } });
    expect(report.victim).not.toHaveProperty('anonRssBytes');
  });

  it('completes a cut kill line from the summary', () => {
    const lines = [
      ...memcgReport({ pid: 5 }).slice(0, 13),
      'Memory cgroup out of memory: Killed process 5 (no',
    ];
    expect(only(lines).victim).toEqual({ pid: 5, comm: 'node', uid: 0 });
  });
});

describe('lines that were wrapped or joined', () => {
  const [, , , , , , , , , , , , summary = '', kill = ''] = memcgReport({ pid: 5 });

  it.each([40, 79, 80, 100, 132])('puts lines wrapped at column %i together', (width) => {
    const wrapped = [summary, kill].flatMap((line) => wrap(`[ 8523.347168] ${line}`, width));
    expect(only(wrapped)).toMatchObject({
      scope: 'memcg',
      oomCgroup: { podUid: UID },
      taskCgroup: { containerId: CONTAINER },
      victim: { pid: 5, comm: 'node', anonRssBytes: 93176 * KIB, oomScoreAdj: 969 },
    });
  });

  it('puts a kill line wrapped at a blank together', () => {
    const lines = [
      '[1.5] Memory cgroup out of memory: Killed process 5',
      '(node) total-vm:299192kB, anon-rss:93176kB,',
      'file-rss:316kB, shmem-rss:12kB',
    ];
    expect(only(lines).victim).toMatchObject({ pid: 5, comm: 'node', fileRssBytes: 316 * KIB });
  });

  it.each([['#012'], ['\\x0a']])('splits what a log daemon joined with %s', (mark) => {
    const stat = `anon 98742272${mark}file 2469888${mark}slab 5`;
    const lines = memcgReport({ pid: 5 }).flatMap((line) =>
      line.startsWith('anon ') ? [stat] : line.startsWith('file ') ? [] : [line],
    );
    expect(only(lines).stat).toEqual({ anonBytes: 98742272, fileBytes: 2469888, slabBytes: 5 });
  });

  it('reads statistics whose further lines have no prefix', () => {
    const lines = memcgReport({ pid: 5 }).map((line) =>
      line.startsWith('file ') ? `                 ${line}` : `[Thu Apr  1 16:45:10 2021] ${line}`,
    );
    expect(only(lines).stat).toEqual({ anonBytes: 98742272, fileBytes: 2469888 });
  });
});

function wrap(line: string, width: number): readonly string[] {
  return Array.from({ length: Math.ceil(line.length / width) }, (_, index) =>
    line.slice(index * width, (index + 1) * width),
  );
}

/** Line by line in turn. */
function zip(a: readonly string[], b: readonly string[]): readonly string[] {
  return a.flatMap((line, index) => [line, b[index] ?? '']);
}

describe('several reports at once', () => {
  const one = memcgReport({ pid: 5, comm: 'one', invoker: 'one', limitKib: 1000, slice: '/a' });
  const two = memcgReport({ pid: 6, comm: 'two', invoker: 'two', limitKib: 2000, slice: '/b' });
  const expected = [
    { victim: { pid: 5, comm: 'one' }, limitBytes: 1000 * KIB, oomCgroup: { path: '/a' }, processCount: 1 },
    { victim: { pid: 6, comm: 'two' }, limitBytes: 2000 * KIB, oomCgroup: { path: '/b' }, processCount: 1 },
  ];
  it.each([
    ['one after the other', [...one, ...two]],
    [
      'of two hosts, line by line',
      zip(
        one.map((line) => `Oct 12 19:00:20 n1 kernel: ${line}`),
        two.map((line) => `Oct 12 19:00:20 n2 kernel: ${line}`),
      ),
    ],
    [
      'of two tasks, line by line',
      zip(
        one.map((line) => `[ 8523.347168][    T5] ${line}`),
        two.map((line) => `[ 8523.347168][    T6] ${line}`),
      ),
    ],
  ])('%s', (_name, lines) => {
    expect(readReports(lines.join('\n'))).toMatchObject(expected);
  });

  it('keeps victim, limit and cgroup together where nothing but order tells the lines apart', () => {
    const reports = readReports(zip(one, two).join('\n')).toSorted(
      (a, b) => (a.victim?.pid ?? 0) - (b.victim?.pid ?? 0),
    );
    expect(reports).toHaveLength(2);
    for (const [index, report] of reports.entries()) {
      expect(report.oomCgroup?.path).toBe(expected[index]?.oomCgroup.path);
      expect(report.taskCgroup?.path).toBe(`${expected[index]?.oomCgroup.path ?? ''}/${SCOPE}`);
      expect(report.killed).toHaveLength(1);
      expect(report.killed[0]).toMatchObject({ ...expected[index]?.victim, anonRssBytes: 93176 * KIB });
      expect(report.limitBytes).toBe(expected[index]?.limitBytes);
    }
  });

  it('gives a lost report no part of the next', () => {
    const reports = readReports([...one.slice(0, 2), ...two].join('\n'));
    expect(reports).toMatchObject([{ outcome: 'unknown', killed: [] }, expected[1]]);
    expect(reports[0]).not.toHaveProperty('limitBytes');
  });

  it('counts the same pid of two boots twice, and of one report once', () => {
    expect(readReports([...one, ...one].join('\n'))).toHaveLength(2);
    expect(readReports([...one, one.at(-1) ?? ''].join('\n'))).toHaveLength(1);
  });

  it('matches a late reaper line to its report', () => {
    const late = 'oom_reaper: reaped process 5 (one), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB';
    const reports = readReports([...one, ...two, late].join('\n'));
    expect(reports).toMatchObject(expected);
    expect(reports).toHaveLength(2);
  });

  it('tells reports far apart in time from one', () => {
    const lines = [
      '[  100.000000] Out of memory: Killed process 5 (x) total-vm:1kB, anon-rss:1kB, file-rss:0kB',
      '[ 9000.000000] Out of memory: Killed process 5 (y) total-vm:1kB, anon-rss:1kB, file-rss:0kB',
    ];
    expect(readReports(lines.join('\n')).map(({ victim }) => victim?.comm)).toEqual(['x', 'y']);
  });

  it('names the node it was told before the host in the line', () => {
    const text = 'Oct 12 19:00:20 ip-10-0-0-1 kernel: Out of memory: Killed process 5 (x)';
    expect(readReports(text)[0]?.nodeName).toBe('ip-10-0-0-1');
    expect(readReports(text, 'worker-7')[0]?.nodeName).toBe('worker-7');
  });
});

describe('bounds', () => {
  it('keeps the 64 largest processes and counts all', () => {
    const rows = Array.from(
      { length: 5000 },
      (_, pid) =>
        `[${String(pid + 10).padStart(7)}]     0 ${pid + 10}   9999    ${pid + 1}   8192        0             0 p${pid}`,
    );
    const lines = memcgReport({ pid: 5 }).flatMap((line) =>
      line.startsWith('[      5]') ? [line, ...rows] : [line],
    );
    const report = only(lines);
    expect(report.processCount).toBe(5001);
    expect(report.processes).toHaveLength(64);
    // The victim's 23376 pages, then 5000, 4999, …
    expect(report.processes.slice(0, 3).map(({ rssPages }) => rssPages)).toEqual([23376, 5000, 4999]);
  });

  it('keeps twelve lines of 400 characters', () => {
    const kills = Array.from(
      { length: 40 },
      (_, index) =>
        `Memory cgroup out of memory: Killed process ${index + 10} (${'x'.repeat(15)}) total-vm:1kB, anon-rss:1kB, file-rss:0kB ${'y'.repeat(900)}`,
    );
    const report = only([
      ...memcgReport({ pid: 5 }).filter((line) => !line.startsWith('[')),
      `Tasks in /a are going to be killed due to memory.oom.group set`,
      ...kills,
    ]);
    expect(report.excerpt).toHaveLength(12);
    expect(Math.max(...report.excerpt.map((line) => line.length))).toBe(400);
  });

  it('keeps the newest 10,000 reports', () => {
    const lines = Array.from(
      { length: 10_050 },
      (_, index) => `Out of memory: Killed process ${index + 1} (x) total-vm:1kB`,
    );
    const reports = readReports(lines.join('\n'));
    expect(reports).toHaveLength(10_000);
    expect(reports.at(-1)?.victim?.pid).toBe(10_050);
    expect(new Set(reports.map(({ id }) => id)).size).toBe(10_000);
  });
});
