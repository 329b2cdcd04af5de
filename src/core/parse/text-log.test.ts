import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BundlePart } from '../model/bundle.ts';
import { GLOBAL_REPORT, SCOPE, memcgReport } from './kernel-log/samples.ts';
import { createTextLogReader } from './text-log.ts';

/** 2025-11-23T00:00:00Z */
const NOW_MS = Date.UTC(2025, 10, 23);
const KILL =
  'Memory cgroup out of memory: Killed process 5 (node) total-vm:299192kB, anon-rss:93176kB, file-rss:0kB';

interface Given {
  readonly source?: string;
  readonly nodeName?: string;
  /** Characters per piece. */
  readonly pieces?: number;
}

function read(text: string, given: Given = {}): BundlePart {
  const { source = 'log', nodeName, pieces = text.length } = given;
  const reader = createTextLogReader({
    source,
    nowMs: NOW_MS,
    ...(nodeName === undefined ? {} : { nodeName }),
  });
  for (let at = 0; at < text.length; at += Math.max(1, pieces))
    reader.push(text.slice(at, at + Math.max(1, pieces)));
  return reader.finish();
}

const TASK_OOM = `containerd[640]: time="2025-10-12T19:00:20Z" level=info msg="TaskOOM event container_id:\\"${'46b3aa0c'.repeat(8)}\\""`;
const NODE_LOG: readonly string[] = [
  'Oct 12 19:00:00 n1 sshd[1]: Accepted publickey for core',
  'Oct 12 19:00:10 n1 kubelet[812]: I1012 19:00:10.1 812 a.go:1] "nothing"',
  ...memcgReport({ pid: 5 }).map((line) => `Oct 12 19:00:20 n1 kernel: [ 8523.347168] ${line}`),
  `Oct 12 19:00:21 n1 systemd[1]: ${SCOPE}: A process of this unit has been killed by the OOM killer.`,
  `Oct 12 19:00:21 n1 ${TASK_OOM}`,
  `Oct 12 19:00:22 n1 node-problem-detector[9]: ${KILL}`,
  'Oct 12 19:05:00 n1 sshd[1]: Connection closed',
];

describe('a node log of mixed lines', () => {
  const part = read(NODE_LOG.join('\n'));

  it('yields the kernel report', () => {
    expect(part.kernelKills).toMatchObject([
      { id: 'kernel:log:3', complete: true, victim: { pid: 5 }, nodeName: 'n1', firstLine: 3, lastLine: 16 },
    ]);
    expect(part.kernelKills).toHaveLength(1);
  });

  it('yields the journal records with their line numbers', () => {
    expect(part.nodeLog).toMatchObject([
      { id: 'node-log:log:17', kind: 'scope-oom', nodeName: 'n1', atMs: Date.UTC(2025, 9, 12, 19, 0, 21) },
      { id: 'node-log:log:18', kind: 'task-oom', containerId: '46b3aa0c'.repeat(8) },
    ]);
    expect(part.nodeLog).toHaveLength(2);
  });

  it('covers every program that wrote, for as long as the log runs', () => {
    const span = { fromMs: Date.UTC(2025, 9, 12, 19), toMs: Date.UTC(2025, 9, 12, 19, 5), nodeName: 'n1' };
    expect(part.logCoverage).toEqual(
      ['kernel', 'kubelet', 'runtime', 'system'].map((log) => ({ source: 'log', log, ...span })),
    );
    expect(part).not.toHaveProperty('gaps');
  });

  it.each([1, 2, 7, 100, 1000])('is the same in pieces of %i', (pieces) => {
    expect(read(NODE_LOG.join('\n'), { pieces })).toEqual(part);
  });

  it('names the node it was told', () => {
    const named = read(NODE_LOG.join('\n'), { nodeName: 'worker-7' });
    expect(named.kernelKills?.[0]?.nodeName).toBe('worker-7');
    expect(named.nodeLog?.[0]?.nodeName).toBe('worker-7');
    expect(named.logCoverage?.map(({ nodeName }) => nodeName)).toEqual(Array(4).fill('worker-7'));
  });
});

describe('forms', () => {
  it.each([
    ['raw dmesg', GLOBAL_REPORT.map((line) => `[121971.920000] ${line}`)],
    ['bare lines', GLOBAL_REPORT],
    ['CRLF', GLOBAL_REPORT.map((line) => `[121971.920000] ${line}\r`)],
    ['kmsg records', GLOBAL_REPORT.map((line, index) => `4,${index},121971920000,-;${line}`)],
    [
      'journald JSON',
      GLOBAL_REPORT.map((MESSAGE) =>
        JSON.stringify({ MESSAGE, _TRANSPORT: 'kernel', SYSLOG_IDENTIFIER: 'kernel' }),
      ),
    ],
    [
      'journald JSON with bytes',
      GLOBAL_REPORT.map((line) =>
        JSON.stringify({ MESSAGE: [...new TextEncoder().encode(line)], _TRANSPORT: 'kernel' }),
      ),
    ],
  ])('reads %s', (_name, lines) => {
    const part = read(lines.join('\n'));
    expect(part.kernelKills).toMatchObject([
      { scope: 'global', complete: true, processCount: 2, victim: { pid: 1888, comm: 'a, b (c) [d]' } },
    ]);
    expect(part.kernelKills).toHaveLength(1);
  });

  it('reads the one line of a node-problem-detector event', () => {
    expect(read(KILL).kernelKills).toMatchObject([{ scope: 'memcg', victim: { pid: 5, comm: 'node' } }]);
  });

  it('reads journal records of JSON, whose quotation marks are escaped', () => {
    const MESSAGE =
      'I1012 19:00:10.1 812 prober.go:107] "Probe failed" probeType="Liveness" pod="shop/web-1" podUID="94eb36cd-29e1-4a3c-9d8f-1c2b3a4d5e6f" containerName="web" probeResult="failure" output=""';
    const line = JSON.stringify({
      MESSAGE,
      SYSLOG_IDENTIFIER: 'kubelet',
      __REALTIME_TIMESTAMP: '1760295620123456',
    });
    expect(read(line).nodeLog).toMatchObject([{ kind: 'probe-failed', pod: 'web-1', atMs: 1760295620123 }]);
  });

  it('takes the year of syslog from a whole date in the same log', () => {
    const lines = [
      `Oct 12 19:00:20 n1 kernel: ${KILL}`,
      `Oct 12 19:00:21 n1 ${TASK_OOM.replace('2025', '2023')}`,
    ];
    expect(read(lines.join('\n')).kernelKills?.[0]?.atMs).toBe(Date.UTC(2023, 9, 12, 19, 0, 20));
  });

  it('keeps no credential', () => {
    const line =
      'Oct 12 19:00:10 n1 kubelet[812]: I1012 19:00:10.1 812 k.go:1] "Message for Container of pod" containerName="web" containerMessage="Container web failed liveness probe, will be restarted" token=abcdefghijklmnop1234';
    const record = read(line).nodeLog?.[0];
    expect(record?.kind).toBe('kubelet-decision');
    expect(record?.line).not.toContain('abcdefghijklmnop1234');
  });
});

function at(time: string, tag: string): string {
  return `Oct 12 ${time} n1 ${tag}: text`;
}

function ms(hour: number): number {
  return Date.UTC(2025, 9, 12, hour);
}

describe('coverage', () => {
  it('gives each program its own span where files stand behind one another', () => {
    const filler = Array.from({ length: 50 }, () => at('11:00:00', 'kernel'));
    const text = [
      at('10:00:00', 'kernel'),
      ...filler,
      at('09:00:00', 'kubelet[1]'),
      at('12:00:00', 'kubelet[1]'),
    ];
    const part = read(`${text.join('\n')}\n`, { pieces: 2048 });
    expect(part.logCoverage).toEqual([
      { source: 'log', log: 'kernel', nodeName: 'n1', fromMs: ms(10), toMs: ms(11) },
      { source: 'log', log: 'kubelet', nodeName: 'n1', fromMs: ms(9), toMs: ms(12) },
    ]);
  });

  it('has no span for a log with nothing but uptimes', () => {
    expect(read('[    1.500000] text\n[    2.500000] text').logCoverage).toEqual([
      { source: 'log', log: 'kernel' },
    ]);
  });

  it('takes the program from the file name where lines have no tag', () => {
    const text = '2025-10-12T19:00:20Z text\n2025-10-12T19:00:21Z text';
    expect(read(text, { source: 'nodes/n1/kubelet.log' }).logCoverage).toMatchObject([{ log: 'kubelet' }]);
    expect(read(text)).not.toHaveProperty('logCoverage');
  });

  it('is not claimed for a program that another one quotes', () => {
    const part = read('Oct 12 19:00:20 n1 sshd[1]: said kubelet[812]: text');
    expect(part).not.toHaveProperty('logCoverage');
  });

  it('keeps hosts apart', () => {
    const part = read('Oct 12 10:00:00 n1 kernel: a\nOct 12 11:00:00 n2 kernel: b\n', { pieces: 28 });
    expect(part.logCoverage).toMatchObject([
      { nodeName: 'n1', fromMs: ms(10), toMs: ms(10) },
      { nodeName: 'n2', fromMs: ms(11), toMs: ms(11) },
    ]);
  });
});

describe('bad input', () => {
  it('cuts long lines, says so, and reads on with right line numbers', () => {
    const long = 'x'.repeat(200_000);
    const text = [long, KILL, `${KILL.replace(' 5 ', ' 6 ')} ${long}`, 'end'].join('\n');
    for (const pieces of [text.length, 10_000, 65_536]) {
      const part = read(text, { pieces });
      expect(part.gaps).toMatchObject([
        { kind: 'input', what: '2 lines of log are longer than 64 KiB and were cut', place: 'line 1' },
      ]);
      expect(part.kernelKills?.map(({ id }) => id)).toEqual(['kernel:log:2', 'kernel:log:3']);
    }
  });

  it.each([
    ['nothing', ''],
    ['empty lines', '\n\n\n\n'],
    ['one word', 'oom-killer'],
    ['zeros', '\u0000'.repeat(100_000)],
    ['a word at every place', 'oom-kill'.repeat(20_000)],
    ['a report that never goes on', `x invoked oom-killer: gfp_mask=0xd0, order=0\n${'\n'.repeat(20_000)}`],
  ])('finds no death in %s', (_name, text) => {
    expect((read(text).kernelKills ?? []).flatMap(({ killed }) => killed)).toEqual([]);
  });

  it('keeps the newest records and says how many it let go', () => {
    const line = `Oct 12 19:00:21 n1 ${TASK_OOM}\n`;
    const part = read(line.repeat(45_000), { pieces: 1 << 20 });
    expect(part.nodeLog).toHaveLength(20_000);
    expect(part.nodeLog?.at(-1)?.id).toBe('node-log:log:45000');
    expect(part.gaps).toMatchObject([{ what: '25000 older journal records of log' }]);
  });

  it('gives the same answer whatever the pieces and the noise', () => {
    const noise = fc.oneof(fc.constantFrom(...NODE_LOG), fc.string({ maxLength: 30 }));
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 30 }), fc.integer({ min: 1, max: 500 }), (lines, pieces) => {
        const text = lines.join('\n');
        const { kernelKills, nodeLog } = read(text, { pieces });
        const whole = read(text);
        expect(kernelKills).toEqual(whole.kernelKills);
        expect(nodeLog).toEqual(whole.nodeLog);
      }),
      { numRuns: 150 },
    );
  });
});
