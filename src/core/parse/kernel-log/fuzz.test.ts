/** Whatever happens to a log on its way, the parser must not throw, hang, or find more deaths than there are lines for. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KernelOomKill } from '../../model/kernel.ts';
import { GLOBAL_REPORT, V1_REPORT, memcgReport, readReports } from './samples.ts';

const SAMPLES: readonly (readonly string[])[] = [memcgReport({ pid: 501 }), V1_REPORT, GLOBAL_REPORT];
const PIDS = new Set([501, 8308, 28438, 1888]);
const PREFIXES = ['', '[ 8523.347168] ', 'Oct 12 19:00:20 n1 kernel: ', '6,1,8523347168,-;'];

/** Lines that could prove a death, read as naively as possible. */
function killLines(text: string): number {
  return text.match(/kill(?:ed)?\s+process|oom-kill:|reaped|Task in/gi)?.length ?? 0;
}

function deaths(reports: readonly KernelOomKill[]): number {
  return reports.reduce((sum, { killed }) => sum + killed.length, 0);
}

const sample = fc.constantFrom(...SAMPLES);
const prefix = fc.constantFrom(...PREFIXES);
const whole = fc.tuple(sample, prefix).map(([lines, head]) => lines.map((line) => head + line));

describe('damaged logs', () => {
  it('cut anywhere, pids are right or absent', () => {
    fc.assert(
      fc.property(whole, fc.double({ min: 0, max: 1, noNaN: true }), (lines, share) => {
        const text = lines.join('\n');
        const reports = readReports(text.slice(0, Math.floor(text.length * share)));
        expect(reports.length).toBeLessThanOrEqual(1);
        for (const { killed } of reports) for (const { pid } of killed) expect(PIDS).toContain(pid);
      }),
      { numRuns: 300 },
    );
  });

  it('with lines lost, doubled and out of order', () => {
    const shuffled = fc
      .array(whole, { minLength: 1, maxLength: 3 })
      .chain((all) => fc.shuffledSubarray([...all.flat(), ...all.flat()]));
    fc.assert(
      fc.property(shuffled, (lines) => {
        const reports = readReports(lines.join('\n'));
        expect(deaths(reports)).toBeLessThanOrEqual(killLines(lines.join('\n')));
        for (const { killed } of reports) for (const { pid } of killed) expect(PIDS).toContain(pid);
      }),
      { numRuns: 150 },
    );
  });

  it('with two logs in one another', () => {
    fc.assert(
      fc.property(whole, whole, fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), (a, b, turns) => {
        const left = [...a];
        const right = [...b];
        const mixed: string[] = [];
        for (const turn of turns) {
          const next = turn ? (left.shift() ?? right.shift()) : (right.shift() ?? left.shift());
          if (next !== undefined) mixed.push(next);
        }
        const text = [...mixed, ...left, ...right].join('\n');
        const reports = readReports(text);
        expect(deaths(reports)).toBeLessThanOrEqual(killLines(text));
        // Every victim whose kill line stands there is found.
        const found = reports.flatMap(({ killed }) => killed.map(({ pid }) => pid));
        for (const match of text.matchAll(/Killed process (\d+)/g)) expect(found).toContain(Number(match[1]));
      }),
      { numRuns: 150 },
    );
  });

  it('with bytes changed', () => {
    const noise = fc.array(fc.tuple(fc.nat(), fc.string({ maxLength: 3, unit: 'binary' })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(whole, noise, (lines, changes) => {
        const chars = lines.join('\n').split('');
        for (const [at, text] of changes) chars[at % chars.length] = text;
        const damaged = chars.join('');
        expect(deaths(readReports(damaged))).toBeLessThanOrEqual(killLines(damaged));
      }),
      { numRuns: 100 },
    );
  });

  it('of nothing but pieces of the grammar', () => {
    const piece = fc.constantFrom(
      'oom-kill:',
      'constraint=',
      'CONSTRAINT_MEMCG',
      ',oom_memcg=',
      '/a',
      ',task_memcg=',
      ',task=',
      ',pid=',
      '5',

      ',uid=0',
      ' invoked oom-killer:',
      'Killed process ',
      '(',
      ')',
      ' total-vm:',
      '1kB',
      ', ',
      '\n',
      '[',
      ']',
      ' ',

      'Memory cgroup out of memory: ',
      'memory: usage ',
      'anon 5',
      'Task in ',
      ' killed',
      '[ pid ] uid rss name',
      '#012',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        expect(deaths(readReports(text))).toBeLessThanOrEqual(killLines(text));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['blanks', `Killed process 5 (${' '.repeat(60_000)}`],
    ['brackets', `Out of memory: Killed process 5 (${')'.repeat(60_000)}`],
    ['columns', `[ 1] ${'1 '.repeat(30_000)}`],
    ['commas', `oom-kill:constraint=CONSTRAINT_MEMCG${',task_memcg='.repeat(5000)}`],
    ['colons', `Node 0 Normal: ${'1*4kB '.repeat(10_000)}`],
    ['invokers', 'x invoked oom-killer: '.repeat(3000)],
    ['statistics', `Memory cgroup stats for /a: ${'rss:1KB '.repeat(8000)}`],
    ['sizes', `Out of memory: Killed process 5 (a) ${') total-vm:'.repeat(6000)}`],
    ['a path', `Task in ${'/a'.repeat(30_000)}`],
  ])('a long line of %s takes no time', (_name, line) => {
    const start = performance.now();
    readReports(
      ['x invoked oom-killer: gfp_mask=0xd0, order=0', 'Mem-Info:', ...Array(10).fill(line)].join('\n'),
    );
    // Linear reading of 600 kB takes a few milliseconds; anything quadratic takes minutes.
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
