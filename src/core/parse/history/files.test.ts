import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { array, assert, constantFrom, property, string, stringMatching } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContainerHistory } from '../../model/series.ts';
import { MIB } from '../../units.ts';
import { parseAmount, parseInstant } from './amounts.ts';
import { CsvReader, type CsvHistories } from './csv.ts';
import { DockerStatsReader, isDockerStatsHeader, type DockerStatsHistories } from './docker-stats.ts';
import { historiesOfMatrix } from './matrix.ts';
import { historiesOfSamples } from './of-samples.ts';
import type { PrometheusSeries } from './prometheus-reader.ts';

const T = 1_700_000_000;

function csv(text: string): CsvHistories {
  const reader = new CsvReader('file.csv');
  for (const line of text.split('\n')) reader.push(line);
  return reader.end();
}

function dockerStats(text: string, endMs = T * 1000): DockerStatsHistories {
  const reader = new DockerStatsReader({ source: 'stats.txt', endMs });
  for (const line of text.split('\n')) reader.push(line);
  return reader.end();
}

function points({ workingSet }: ContainerHistory): readonly (readonly number[])[] {
  return (workingSet?.timesMs ?? []).map((time, at) => [time, workingSet?.values[at] ?? -1]);
}

describe('parseInstant', () => {
  it.each([
    ['1700000000', 1700000000000],
    ['1700000000.5', 1700000000500],
    ['1.7e9', 1700000000000],
    ['1700000000123', 1700000000123],
    ['1700000000123456', 1700000000123],
    ['2023-11-14T22:13:20Z', 1700000000000],
    ['2023-11-14 22:13:20', 1700000000000],
    ['2023-11-14 22:13', 1699999980000],
    ['2023-11-14 23:13:20+01:00', 1700000000000],
    ['2023-11-14 22:13:20.25', 1700000000250],
    ['12', undefined],
    ['', undefined],
    ['yesterday', undefined],
  ])('%s', (text, expected) => {
    expect(parseInstant(text)).toBe(expected);
  });
});

describe('parseAmount', () => {
  it.each([
    // 5.828 * 1048576 = 6111100.9
    ['5.828MiB', 6111101],
    // Docker's kB is 1000 bytes.
    ['36.9kB', 36900],
    // 1.949 * 1073741824 = 2092722814.98
    ['1.949GiB', 2092722815],
    ['104857600', 104857600],
    ['1e+08', 100000000],
    ['1.5 GB', 1500000000],
    ['12%', undefined],
    ['--', undefined],
    ['NaN', undefined],
  ])('%s', (text, expected) => {
    expect(parseAmount(text)).toBe(expected);
  });
});

describe('CsvReader', () => {
  it('reads a row a sample, containers by name', () => {
    const { histories, problems } = csv(
      `timestamp,value,container\n${T},${50 * MIB},a\n${T + 60},${60 * MIB},a\n${T},${10 * MIB},b\n`,
    );
    expect(problems).toEqual([]);
    expect(histories.map(({ container }) => container)).toEqual(['a', 'b']);
    expect(histories.map(points)).toEqual([
      [
        [T * 1000, 50 * MIB],
        [(T + 60) * 1000, 60 * MIB],
      ],
      [[T * 1000, 10 * MIB]],
    ]);
    expect(histories[0]?.stepMs).toBe(60_000);
    expect(histories[0]?.source).toBe('file.csv');
  });

  it('reads namespace, pod and container, limits and requests per second beside it', () => {
    const { histories } = csv(
      [
        'time;namespace;pod;container;working_set;rss;limit;rps',
        `2023-11-14T22:13:20Z;shop;web-1;main;100MiB;90MiB;256Mi;12.5`,
        `2023-11-14T22:14:20Z;shop;web-1;main;101MiB;91MiB;512Mi;13`,
      ].join('\n'),
    );
    expect(histories).toHaveLength(1);
    expect(histories[0]).toMatchObject({
      namespace: 'shop',
      pod: 'web-1',
      container: 'main',
      workingSet: { values: [100 * MIB, 101 * MIB] },
      rss: { values: [90 * MIB, 91 * MIB] },
      limit: [
        { fromMs: T * 1000, value: 256 * MIB },
        { fromMs: (T + 60) * 1000, value: 512 * MIB },
      ],
      traffic: { kind: 'named', metric: 'rps', perSecond: { values: [12.5, 13] } },
    });
  });

  it('takes the unit from the header', () => {
    const { histories } = csv(
      'TimeStamp,PodName,CpuUsage(m),MemoryUsage(Mi),MemoryUsageRate(%)\n1700000000,p,1,200.5,81\n',
    );
    // 200.5 * 1048576 = 210239488
    expect(histories[0]?.usage?.values).toEqual([210239488]);
    expect(histories[0]?.pod).toBe('p');
  });

  it('reads a column a container', () => {
    const { histories } = csv(`time,carts_mem,carts-db_mem,carts_cpu\n${T},${5 * MIB},${6 * MIB},99\n`);
    expect(histories.map(({ container, workingSet }) => [container, workingSet?.values])).toEqual([
      ['carts', [5 * MIB]],
      ['carts-db', [6 * MIB]],
    ]);
  });

  it('reads the table that Grafana exports', () => {
    const { histories } = csv('"Time","web-1","web, ""2"""\n2023-11-14 22:13:20,100 MiB,1.5 GiB\n');
    expect(histories.map(({ container, workingSet }) => [container, workingSet?.values])).toEqual([
      ['web-1', [104857600]],
      ['web, "2"', [1610612736]],
    ]);
  });

  it('gives each value the time before it where every column has its own', () => {
    const { histories } = csv(
      `timestamp,cpu_usage,timestamp,memory_working_set\n${T},0.5,${T + 9},${7 * MIB}\n`,
    );
    expect(histories.map(points)).toEqual([[[(T + 9) * 1000, 7 * MIB]]]);
  });

  it.each([
    ['no times', 'a,b\n1,2', 'no column of times'],
    ['a share of the machine', 'timestamp,mem_util_percent\n2011-05-01 14:49:30,84', 'is a share'],
    ['a share under the name of a value', `time,value\n${T},0.59`, 'cannot be bytes (a share?)'],
    [
      'percent under the name of memory',
      `time,memory\n${T},84\n${T + 1},85`,
      'cannot be bytes (a percentage?)',
    ],
    ['no row', 'time,value\n', 'no row in it holds a sample'],
    ['rows of words', 'time,value\nx,y\n', '1 of 1 rows were not understood'],
  ])('says what is wrong with %s', (_, text, words) => {
    const { histories, problems } = csv(text);
    expect(histories).toEqual([]);
    expect(problems.join()).toContain(words);
  });

  it('repairs the order and doubled rows, and says so', () => {
    const { histories } = csv(
      `time,value\n${T + 60},${2 * MIB}\n${T},${MIB}\n${T},${3 * MIB}\n${T + 120},NaN\n`,
    );
    expect(histories.map(points)).toEqual([
      [
        [T * 1000, 3 * MIB],
        [(T + 60) * 1000, 2 * MIB],
      ],
    ]);
    expect(histories[0]?.notes).toEqual([
      'working set: samples came out of order and were sorted',
      'working set: 1 doubled sample removed, the larger value kept',
    ]);
  });

  it('never throws', () => {
    const cell = constantFrom(
      'time',
      'value',
      'rss (Mi)',
      '"',
      '1700000000',
      '1e9',
      '%',
      '',
      'x',
      'pod',
      '-1',
    );
    assert(
      property(array(array(cell)), string(), (rows, noise) => {
        csv([...rows.map((row) => row.join(',')), noise].join('\n'));
      }),
      { numRuns: 200 },
    );
  });
});

const HEADER =
  'CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT     MEM %     NET I/O           BLOCK I/O   PIDS';
const row = (name: string, used: string, limit = '7.448GiB'): string =>
  `cb815173b14c   ${name}   0.00%   ${used} / ${limit}   0.08%   913MB / 943MB   36.9kB / 8.19kB   0`;

describe('DockerStatsReader', () => {
  it('reads round after round, 10 seconds apart where nothing says when', () => {
    const rounds = [100, 101, 102].map((mib) =>
      [HEADER, row('redis', `${mib}MiB`), row('k8s_main_web-1_shop_uid-1_0', '10MiB', '64MiB')].join('\n'),
    );
    const { histories, problems } = dockerStats(rounds.join('\n'));
    expect(problems).toEqual([]);
    const [redis, web] = histories as [ContainerHistory, ContainerHistory];
    expect(points(redis)).toEqual([
      [T * 1000 - 20_000, 100 * MIB],
      [T * 1000 - 10_000, 101 * MIB],
      [T * 1000, 102 * MIB],
    ]);
    expect(redis.limit).toEqual([{ fromMs: T * 1000 - 20_000, value: 'unlimited' }]);
    expect(redis.notes?.join()).toContain('10 s apart');
    expect(web).toMatchObject({
      namespace: 'shop',
      pod: 'web-1',
      podUid: 'uid-1',
      container: 'main',
      limit: [{ value: 64 * MIB }],
    });
  });

  it('takes the times that stand between the rounds', () => {
    const { histories } = dockerStats(
      [
        '2023-11-14T22:13:20Z',
        HEADER,
        row('a', '1MiB'),
        '2023-11-14T22:14:20Z',
        HEADER,
        row('a', '2MiB'),
      ].join('\n'),
      0,
    );
    expect(histories.map(points)).toEqual([
      [
        [T * 1000, MIB],
        [(T + 60) * 1000, 2 * MIB],
      ],
    ]);
    expect(histories[0]?.notes).toBeUndefined();
    // One container alone: its figure may be a limit or the whole machine.
    expect(histories[0]?.limit).toBeUndefined();
  });

  it('reads JSON lines, a name again being the next round', () => {
    const lines = ['1MiB', '2MiB'].map((used) =>
      JSON.stringify({ Name: 'a', MemUsage: `${used} / 1GiB`, CPUPerc: '0%' }),
    );
    const { histories } = dockerStats(lines.join('\n'));
    expect(histories[0]?.workingSet?.values).toEqual([MIB, 2 * MIB]);
  });

  it('leaves a gap where a container did not run', () => {
    const { histories } = dockerStats(
      [HEADER, row('a', '1MiB'), HEADER, row('a', '0B', '0B'), HEADER, row('a', '3MiB')].join('\n'),
    );
    expect(histories[0]?.workingSet?.timesMs).toEqual([T * 1000 - 20_000, T * 1000]);
  });

  it.each([
    [HEADER, true],
    [`\u001b[2J\u001b[H${HEADER}`, true],
    ['CONTAINER           CPU %               MEM USAGE / LIMIT     MEM %', true],
    ['ID            NAME        CPU %       MEM USAGE / LIMIT  MEM %', true],
    ['CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS', false],
  ])('knows its header: %s', (line, expected) => {
    expect(isDockerStatsHeader(line)).toBe(expected);
  });

  it('never throws', () => {
    const piece = constantFrom(
      HEADER,
      row('a', '1MiB'),
      '{',
      '{"Name":"x","MemUsage":"1MiB / 2"}',
      '17',
      '/ %',
    );
    assert(
      property(array(piece), string(), (lines, noise) => {
        dockerStats([...lines, noise].join('\n'));
      }),
      { numRuns: 200 },
    );
  });
});

const ONE = (labels: Readonly<Record<string, string>>, value = 50 * MIB): PrometheusSeries => ({
  labels,
  timesMs: [T * 1000, (T + 60) * 1000],
  values: [value, value],
});

describe('historiesOfMatrix', () => {
  const main = { namespace: 'shop', pod: 'web-1', container: 'main' };

  it('puts the metrics of a container together, and passes over the sum of the pod', () => {
    const { histories, problems } = historiesOfMatrix(
      [
        ONE({ __name__: 'container_memory_working_set_bytes', ...main }),
        ONE({ __name__: 'container_memory_working_set_bytes', namespace: 'shop', pod: 'web-1' }, 99 * MIB),
        ONE({ __name__: 'container_memory_rss', ...main }, 40 * MIB),
        ONE({ __name__: 'kube_pod_container_resource_limits', resource: 'memory', ...main }, 64 * MIB),
        ONE({ __name__: 'kube_pod_container_resource_limits', resource: 'cpu', ...main }, 2),
        ONE({ __name__: 'container_start_time_seconds', ...main }, T - 9),
        ONE({ __name__: 'up', job: 'x' }, 1),
      ],
      'saved.json',
    );
    expect(problems).toEqual([]);
    expect(histories).toHaveLength(1);
    expect(histories[0]).toMatchObject({
      ...main,
      source: 'saved.json',
      workingSet: { values: [50 * MIB, 50 * MIB] },
      rss: { values: [40 * MIB, 40 * MIB] },
      limit: [{ fromMs: T * 1000, value: 64 * MIB }],
      startedAt: { values: [(T - 9) * 1000, (T - 9) * 1000] },
    });
    expect(histories[0]?.limit).toHaveLength(1);
  });

  it('takes what names no metric for the working set, and says so', () => {
    const { histories } = historiesOfMatrix([ONE({ pod: 'web-1' })], 's');
    expect(histories[0]).toMatchObject({ pod: 'web-1', container: 'web-1' });
    expect(histories[0]?.notes).toEqual(['no metric is named: taken for the working set']);
  });

  it('does not take a rate of CPU for memory', () => {
    const { histories, problems } = historiesOfMatrix([ONE({ mode: 'idle' }, 0.965)], 's');
    expect(histories).toEqual([]);
    expect(problems.join()).toContain('cannot be bytes');
  });
});

describe('historiesOfSamples', () => {
  it('puts the pages of one container together, each figure at its time', () => {
    const base = { id: '1', namespace: 'shop', pod: 'web-1', container: 'main' };
    const histories = historiesOfSamples(
      [
        { ...base, source: 'metrics', atMs: 5000, workingSetBytes: 10 * MIB },
        { ...base, source: 'kubelet', atMs: 9000, podUid: 'u', workingSetBytes: 11 * MIB, rssBytes: 9 * MIB },
        { ...base, source: 'x', container: 'other', rssBytes: 7 * MIB },
        { ...base, source: 'x', container: 'none', peakBytes: 7 * MIB },
      ],
      60_000,
    );
    expect(histories).toHaveLength(2);
    expect(histories[0]).toMatchObject({
      podUid: 'u',
      source: 'kubelet',
      workingSet: { timesMs: [5000, 9000], values: [10 * MIB, 11 * MIB] },
      rss: { timesMs: [9000], values: [9 * MIB] },
    });
    expect(histories[1]).toMatchObject({ container: 'other', rss: { timesMs: [60_000] } });
  });
});

const DATA = resolve(import.meta.dirname, '../../../../../shared/data/timeseries');

function textOf(path: string): string {
  const bytes = readFileSync(join(DATA, path));
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(join(DATA, folder)).map((name) => join(folder, name));
}

describe.skipIf(!existsSync(DATA))('files of others', () => {
  it('reads a day of docker stats: redis grows from 1996 to 2385 MiB at its highest, the others stay', () => {
    const { histories, problems } = dockerStats(
      textOf('docker-stats-redis-growth/docker-stats-20201119.txt.gz'),
    );
    expect(problems).toEqual([]);
    expect(histories).toHaveLength(6);
    for (const { workingSet, limit } of histories) {
      // `grep -c ^CONTAINER` counts 3707 rounds.
      expect(workingSet?.timesMs).toHaveLength(3707);
      expect(limit).toMatchObject([{ value: 'unlimited' }]);
    }
    const redis = histories.find(({ container }) => container === 'redis')?.workingSet?.values ?? [];
    expect(Math.round((redis[0] ?? 0) / MIB)).toBe(1996);
    expect(Math.round(Math.max(...redis) / MIB)).toBe(2385);
  });

  it.each([
    ['sock-shop-rcd', 13],
    ['online-boutique-nezha', 1],
    ['node-processes-clinic', 1],
    ['socialnetwork-normal', 1],
  ])('reads every table of %s', (folder, containers) => {
    for (const file of filesOf(folder).filter((name) => /\.csv(?:\.gz)?$/.test(name))) {
      const { histories, problems } = csv(textOf(file));
      expect(
        problems.filter((problem) => !problem.includes('rows were not understood')),
        file,
      ).toEqual([]);
      expect(histories.length, file).toBe(containers);
      for (const { workingSet, usage, rss } of histories)
        expect((workingSet ?? usage ?? rss)?.values.length, file).toBeGreaterThan(50);
    }
  });

  it.each(['alibaba-machines', 'alibaba-genai-2026', 'sock-shop-causalrca'])(
    'takes no share for bytes in %s',
    (folder) => {
      for (const file of filesOf(folder)) {
        const { histories, problems } = csv(textOf(file));
        expect(
          histories.map(({ container }) => container),
          file,
        ).toEqual([]);
        expect(problems, file).not.toEqual([]);
      }
    },
  );
});

describe('amounts', () => {
  it('never throw', () => {
    assert(
      property(stringMatching(/^[0-9eE+.:TZ -]{0,50}[A-Za-z%]{0,6}$/), (text) => {
        parseAmount(text);
        parseInstant(text);
      }),
      { numRuns: 300 },
    );
  });
});
