import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCgroupFiles } from './cgroup-files.ts';
import { parseCgroupText } from './cgroup-text.ts';

const CONTEXT = { id: 'c1', source: 'pasted.txt', namespace: 'shop', pod: 'web-1', container: 'app' };

describe('parseCgroupFiles', () => {
  it('reads cgroup v2', () => {
    const reading = parseCgroupFiles(
      {
        'memory.events': 'low 0\nhigh 0\nmax 1523\noom 2\noom_kill 1\noom_group_kill 1\n',
        'memory.events.local': 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 1\n',
        'memory.current': '268431360\n',
        'memory.peak': '268435456\n',
        'memory.max': '268435456\n',
        'memory.high': 'max\n',
        'memory.oom.group': '1\n',
        'memory.stat':
          'anon 250000000\nfile 1000\nkernel 900\nsock 10\nshmem 20\nfile_dirty 3\nfile_writeback 4\ninactive_file 400\nactive_file 600\nslab_unreclaimable 50\nslab 80\npagetables 70\n',
        'memory.pressure':
          'some avg10=0.00 avg60=12.50 avg300=3.00 total=123456\nfull avg10=0.00 avg60=11.02 avg300=2.00 total=100001\n',
      },
      CONTEXT,
    );
    expect(reading).toEqual({
      ...CONTEXT,
      version: 2,
      events: { low: 0, high: 0, max: 1523, oom: 2, oomKill: 1, oomGroupKill: 1 },
      eventsLocal: { low: 0, high: 0, max: 0, oom: 0, oomKill: 1 },
      currentBytes: 268431360,
      peakBytes: 268435456,
      limitBytes: 268435456,
      highBytes: 'unlimited',
      oomGroup: true,
      stat: {
        anonBytes: 250000000,
        fileBytes: 1000,
        shmemBytes: 20,
        kernelBytes: 900,
        slabBytes: 80,
        slabUnreclaimableBytes: 50,
        sockBytes: 10,
        pageTablesBytes: 70,
        inactiveFileBytes: 400,
        activeFileBytes: 600,
        fileDirtyBytes: 3,
        fileWritebackBytes: 4,
      },
      pressure: {
        someAvg60Percent: 12.5,
        fullAvg60Percent: 11.02,
        someTotalMicros: 123456,
        fullTotalMicros: 100001,
      },
    });
  });

  it('reads cgroup v1, hierarchy totals before own figures', () => {
    const reading = parseCgroupFiles(
      {
        'memory.usage_in_bytes': '104857600\n',
        'memory.max_usage_in_bytes': '104861696\n',
        'memory.limit_in_bytes': '9223372036854771712\n',
        'memory.failcnt': '17\n',
        'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n',
        'memory.stat': 'cache 10\nrss 20\ntotal_cache 4096\ntotal_rss 8192\ntotal_inactive_file 1024\n',
      },
      CONTEXT,
    );
    expect(reading).toEqual({
      ...CONTEXT,
      version: 1,
      events: { max: 17, oomKill: 3 },
      currentBytes: 104857600,
      peakBytes: 104861696,
      limitBytes: 'unlimited',
      stat: { anonBytes: 8192, fileBytes: 4096, inactiveFileBytes: 1024 },
    });
  });

  it.each([
    ['64 KiB pages', '9223372036854710272'],
    ['minus one', '-1'],
  ])('takes the v1 limit of %s for none', (_name, limit) => {
    expect(parseCgroupFiles({ 'memory.limit_in_bytes': limit }, CONTEXT)?.limitBytes).toBe('unlimited');
  });

  it.each([
    ['nothing', {}],
    ['other files', { 'cpu.stat': 'nr_throttled 5\n' }],
    ['an error text', { 'memory.max': 'cat: memory.max: No such file or directory' }],
    ['a number beyond memory', { 'memory.current': '99999999999999999999' }],
    ['a negative number', { 'memory.current': '-5' }],
  ])('gives no reading from %s', (_name, files) => {
    expect(parseCgroupFiles(files as Record<string, string>, CONTEXT)).toBeUndefined();
  });

  it('is not fooled by inherited names', () => {
    expect(
      parseCgroupFiles(Object.create({ 'memory.max': '5' }) as Record<string, string>, CONTEXT),
    ).toBeUndefined();
  });
});

const UID = '5931aa75-4603-4e65-b552-7c71cf55cfb5';
const ID = '25a38b5b8d556d7983d975577f5ac75ebbcfb4b269e6deaa0a0440c1ffc969ca';
const SLICE = `/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice`;

describe('parseCgroupText', () => {
  it('reads memory.events alone', () => {
    const [reading] = parseCgroupText(
      'low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n',
      CONTEXT,
    );
    expect(reading).toEqual({
      ...CONTEXT,
      version: 2,
      events: { low: 0, high: 0, max: 12, oom: 1, oomKill: 1, oomGroupKill: 0 },
    });
  });

  it('reads oom_control alone as v1', () => {
    const [reading] = parseCgroupText('oom_kill_disable 0\nunder_oom 0\noom_kill 4', CONTEXT);
    expect(reading).toEqual({ ...CONTEXT, version: 1, events: { oomKill: 4 } });
  });

  it('reads grep . of several files', () => {
    const text = [
      '/sys/fs/cgroup/memory.current:1048576',
      '/sys/fs/cgroup/memory.events:low 0',
      '/sys/fs/cgroup/memory.events:oom 0',
      '/sys/fs/cgroup/memory.events:oom_kill 2',
      '/sys/fs/cgroup/memory.max:max',
      '/sys/fs/cgroup/memory.swap.max:0',
    ].join('\n');
    expect(parseCgroupText(text, CONTEXT)).toEqual([
      {
        ...CONTEXT,
        version: 2,
        currentBytes: 1048576,
        limitBytes: 'unlimited',
        events: { low: 0, oom: 0, oomKill: 2 },
      },
    ]);
  });

  it('reads head and tail of several files', () => {
    const text =
      '==> /sys/fs/cgroup/memory.max <==\n536870912\n\n==> /sys/fs/cgroup/memory.peak <==\n400000000\n\n==> memory.events.local <==\nlow 0\noom_kill 0\n';
    const [first, second] = parseCgroupText(text, CONTEXT);
    expect(first).toEqual({ ...CONTEXT, version: 2, limitBytes: 536870912, peakBytes: 400000000 });
    expect(second).toEqual({ ...CONTEXT, id: 'c1#2', version: 2, eventsLocal: { low: 0, oomKill: 0 } });
  });

  it.each(['--- memory.current ---', '# memory.current', 'memory.current:', '/sys/fs/cgroup/memory.current'])(
    'takes %j for a header',
    (header) => {
      const [reading] = parseCgroupText(`${header}\n4096\n$ exit\n`, CONTEXT);
      expect(reading?.currentBytes).toBe(4096);
    },
  );

  it('tells the cgroups of a node apart and takes pod and container from their paths', () => {
    const text = [
      `${SLICE}/memory.max:104857600`,
      `${SLICE}/cri-containerd-${ID}.scope/memory.max:52428800`,
    ].join('\n');
    const readings = parseCgroupText(text, { id: 'n', source: 'node.txt' });
    expect(readings).toEqual([
      { id: 'n', source: 'node.txt', podUid: UID, version: 2, limitBytes: 104857600 },
      { id: 'n#2', source: 'node.txt', podUid: UID, containerId: ID, version: 2, limitBytes: 52428800 },
    ]);
  });

  it('finds nothing in other text', () => {
    expect(parseCgroupText('max 5 of the limit\nhello: world\n', CONTEXT)).toEqual([]);
  });

  it('never throws and never invents a negative or unsafe number', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'memory.max',
        'memory.events:',
        '==> memory.stat <==',
        'oom_kill 5',
        'max',
        '-1',
        '\n',
        ':',
        '/',
      ),
      fc.string(),
      fc.bigInt().map(String),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        for (const reading of parseCgroupText(pieces.join(''), CONTEXT)) {
          for (const value of Object.values(reading)) {
            if (typeof value === 'number') expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
