import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALIVE, CONTAINER_LIMIT, NOW_MS, UNDECIDED } from '../../../test/samples/diagnoses.ts';
import type { Diagnosis } from '../model/diagnosis.ts';
import { groupKills } from '../kills.ts';
import { deathsCsv, killsCsv } from './csv.ts';
import { renderDiagnosis } from './diagnosis.ts';
import { UTC_ZONE } from './instants.ts';
import type { ListOptions } from './kills.ts';
import { renderDeathList, renderKills } from './kills.ts';
import { diagnosisMarkdown, killsMarkdown } from './markdown.ts';
import { ANSI_PAINT, NO_PAINT } from './paint.ts';
import { displayWidth } from './width.ts';
import { actionShort } from './words.ts';

const OPTIONS: ListOptions = {
  width: 80,
  cut: true,
  paint: NO_PAINT,
  ascii: false,
  zone: UTC_ZONE,
  nowMs: NOW_MS,
  verbose: false,
  program: 'exit137',
  headers: true,
  wide: false,
};

/** Commands may be wider: a cut command is no command. */
function tooWide(text: string, width: number): readonly string[] {
  return text
    .split('\n')
    .filter((line) => displayWidth(line) > width && !/^ {14}(?:kubectl|ssh) /.test(line));
}

describe('renderDiagnosis', () => {
  it('says the verdict first, then who, what to do, why, what lost, what was not seen', () => {
    expect(renderDiagnosis(CONTAINER_LIMIT, OPTIONS)).toBe(`\
Container memory limit, certain: the kernel killed container api when it reached
its own memory limit of 512 MiB.
Ended at 03:07:41 UTC, 13 min ago, after 9 h 41 min. Pod
shop/checkout-api-6c9f7d5b8-x2kqp, container api, of deploy/checkout-api, node
ip-10-3-41-7. Exit code 137 (SIGKILL), reason OOMKilled. Memory limit 512 MiB,
request 384 MiB, highest seen 511 MiB.

  Do        1 Roll back: the limit was 1 GiB before. (restarts all pods; Helm
              will undo it at the next upgrade)
              kubectl -n shop rollout undo deploy/checkout-api --to-revision=87
            2 Or raise the limit to 768 MiB.
              kubectl -n shop set resources deploy/checkout-api -c api --limits=memory=768Mi
  Why       + The kernel's report names the container's own cgroup at 524288 kB
              of 524288 kB. [kernel log]
            + The last state is OOMKilled with exit code 137. [pod status]
              1 more: -v
  Beside    * The heap limit of the JVM (-Xmx1g) is above the container limit of
              512 MiB.
  Ruled out - Node out of memory: the kernel log says CONSTRAINT_MEMCG
            - Failed liveness probe: no Killing event although events of that
              time were read
  Not seen  ? metrics of the last hours: a leak cannot be told from a spike (may
              not list pods.metrics.k8s.io)
  Next      > Read the previous log.
              kubectl -n shop logs checkout-api-6c9f7d5b8-x2kqp -c api --previous
  Changed   * revision 87 → revision 88, 17 Nov 12:32:00 UTC
              api image: registry.example/api:v2.40.3 →
              registry.example/api:v2.41.0
              api memory limit: 1 GiB → 512 MiB
  Impact    * down 17 s, 26 restarts, 2 of 3 replicas ready
            ! Requests in flight were lost.
  Log       * last lines of the container that died
              | loading catalogue
              |     cached 812003 entries
  More: exit137 explain K1, or -v for all that was read
`);
  });

  it('names what remains where the evidence is not enough', () => {
    const text = renderDiagnosis(UNDECIDED, OPTIONS);
    expect(text).toMatch(/^Not enough evidence: Container worker ended with 137/);
    expect(text).toContain('  Could be  1 Failed liveness probe or slow shutdown:');
    expect(text).not.toMatch(/certain|likely/);
  });

  it('is brief where nothing died', () => {
    expect(renderDiagnosis(ALIVE, OPTIONS)).toMatch(
      /^Nothing died: all containers of web-0 run.*\nLooked at 03:20:41 UTC\. Pod shop\/web-0\.\n/,
    );
  });

  it('shows everything with -v: all evidence, quotes, reasons, codes, details', () => {
    const text = renderDiagnosis(CONTAINER_LIMIT, { ...OPTIONS, verbose: true });
    for (const part of [
      'no memory pressure',
      'oom-kill:constraint=CONSTRAINT_MEMCG',
      '[K6]',
      'Grant list',
      'Processes',
      '4242',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('counts from when old evidence was read', () => {
    const nextWeek = { ...OPTIONS, nowMs: NOW_MS + 7 * 86_400_000, collectedAtMs: NOW_MS };
    expect(renderDiagnosis(CONTAINER_LIMIT, nextWeek)).toMatch(
      /Ended at 20 Nov 03:07:41 UTC, 13 min before the evidence was\sread/,
    );
  });

  it.each([40, 60, 80, 100])('stays within %d columns, but for commands', (width) => {
    for (const verbose of [false, true]) {
      const text = [CONTAINER_LIMIT, UNDECIDED, ALIVE]
        .map((one) => renderDiagnosis({ ...one, details: [] }, { ...OPTIONS, width, verbose }))
        .join('');
      const lines = tooWide(text, width).filter(
        (line) => line.includes(' ') && !line.includes('   | ') && !/^\s*\S+$/.test(line),
      );
      expect(lines).toEqual([]);
    }
  });

  it('colours only what is also said in words', () => {
    const plain = renderDiagnosis(CONTAINER_LIMIT, OPTIONS);
    const coloured = renderDiagnosis(CONTAINER_LIMIT, { ...OPTIONS, paint: ANSI_PAINT });
    expect(coloured).toContain('\u001b[31m');
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(plain);
    // 16 colours at most: no 38;5 and no 38;2.
    expect(coloured).not.toMatch(/\u001b\[\d+;/);
  });

  it('speaks ASCII where the locale does', () => {
    expect(renderDiagnosis(CONTAINER_LIMIT, { ...OPTIONS, ascii: true })).toMatch(/^[\u0000-\u007f]*$/);
  });
});

/** Replaces every text of a diagnosis by a hostile one. */
function poisoned(value: unknown, poison: string): unknown {
  if (typeof value === 'string') return `${value}${poison}`;
  if (Array.isArray(value)) return value.map((item) => poisoned(item, poison));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) =>
    ['kind', 'weighs', 'confidence', 'memory', 'sender', 'code'].includes(key)
      ? [key, item]
      : [key, poisoned(item, poison)],
  );
  return Object.fromEntries(entries);
}

describe('hostile text', () => {
  const poison = '\u001b]0;owned\u0007\u001b[2J\u202e\r\n=cmd|x';
  const bad = poisoned(CONTAINER_LIMIT, poison) as Diagnosis;

  it.each([
    ['text', renderDiagnosis(bad, OPTIONS)],
    ['text with -v', renderDiagnosis(bad, { ...OPTIONS, verbose: true })],
    ['kills', renderKills(groupKills([bad]), OPTIONS)],
    ['list', renderDeathList([bad], OPTIONS)],
    ['md', diagnosisMarkdown(bad)],
    ['md list', killsMarkdown(groupKills([bad]))],
    ['csv', deathsCsv([bad], true).replaceAll('\r\n', '\n')],
    ['csv list', killsCsv(groupKills([bad]), true).replaceAll('\r\n', '\n')],
  ])('leaves no control character in %s', (_name, text) => {
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        renderDiagnosis(poisoned(CONTAINER_LIMIT, text) as Diagnosis, { ...OPTIONS, verbose: true });
      }),
      { numRuns: 50 },
    );
  });
});

describe('lists', () => {
  const groups = groupKills([
    UNDECIDED,
    CONTAINER_LIMIT,
    ALIVE,
    { ...CONTAINER_LIMIT, id: 'older', atMs: NOW_MS - 86_400_000 },
  ]);

  it('groups by workload and cause, most deaths first, without what did not die', () => {
    expect(groups.map(({ count, verdict }) => [count, verdict.code])).toEqual([
      [2, 'K1'],
      [1, 'insufficient'],
    ]);
    expect(groups[0]).toMatchObject({ firstAtMs: NOW_MS - 86_400_000, lastAtMs: CONTAINER_LIMIT.atMs });
  });

  it('puts ordinary exits last, however many', () => {
    const exit = {
      ...ALIVE,
      verdict: { ...UNDECIDED.verdict, kind: 'identified' as const, code: 'exit-1' as const },
    };
    expect(groupKills([exit, exit, UNDECIDED]).map(({ verdict }) => verdict.code)).toEqual([
      'insufficient',
      'exit-1',
    ]);
  });

  it('prints one row per group', () => {
    expect(renderKills(groups, { ...OPTIONS, width: 100, sinceMs: 7 * 86_400_000 })).toBe(`\
3 deaths in the last 7 d: 2 about memory, 1 without a named cause.
KILLS  WORKLOAD                    CAUSE                   SURE     LAST  FIX
    2  shop/checkout-api           container memory limit  certain  13m   roll back
    1  batch/report-builder-29101  not enough evidence     -        5h    read the kernel log of no…
Explain one: exit137 why shop/deploy/checkout-api.  Every death: --list.
`);
  });

  it.each([
    [
      'every death counts once',
      [CONTAINER_LIMIT, UNDECIDED],
      '2 deaths: 1 about memory, 1 without a named cause.',
    ],
    [
      'one group that is most of it is named',
      [1, 2, 3, 4].map((n) => ({ ...CONTAINER_LIMIT, id: String(n) })).concat(UNDECIDED),
      '5 deaths: 4 about memory, 1 without a named cause. Most are one: shop/checkout-api, container memory limit.',
    ],
  ])('sums up: %s', (_name, items, sentence) => {
    const [first] = renderKills(groupKills(items), { ...OPTIONS, width: 200 }).split('\n');
    expect(first).toBe(sentence);
  });

  it.each([
    [
      'its own short form',
      { short: 'raise request above 912 MiB', text: 'Raise it.' },
      'raise request above 912 MiB',
    ],
    ['the first clause', { text: 'Let it end (a handler): PID 1.' }, 'let it end'],
    ['up to a full stop, not up to a version', { text: 'Unset in 1.37. More.' }, 'unset in 1.37'],
    ['a name in capitals', { text: 'OOMKilled is no proof; see.' }, 'OOMKilled is no proof'],
    ['at most 60 columns', { text: 'word '.repeat(30) }, `${'word '.repeat(12).slice(0, 59)}…`],
  ])('says a fix in one cell: %s', (_name, action, cell) => {
    expect(actionShort(action)).toBe(cell);
  });

  it('leaves the fix out where there is no room for it', () => {
    const lines = renderKills(groups, OPTIONS).split('\n');
    expect(lines[1]).toBe('KILLS  WORKLOAD                    CAUSE                   SURE     LAST');
    expect(lines.every((line) => line.length <= 80)).toBe(true);
  });

  it.each([
    ['exit-1', 'More: exit137 explain 1, or -v'],
    ['K10', 'More: exit137 explain K10, or -v'],
    ['reject', 'More: exit137 explain reject, or -v'],
  ] as const)('points from %s to its explanation', (code, more) => {
    const death = { ...CONTAINER_LIMIT, verdict: { ...CONTAINER_LIMIT.verdict, code } };
    expect(renderDiagnosis(death, OPTIONS)).toContain(more);
  });

  it('prints titles of causes where there are some', () => {
    const titled = {
      ...CONTAINER_LIMIT,
      verdict: { ...CONTAINER_LIMIT.verdict, title: 'evicted: node low on memory' },
    };
    expect(renderDiagnosis(titled, OPTIONS)).toMatch(
      /^Evicted: node low on memory, certain: the kernel killed/,
    );
  });

  it('cuts nothing where the output is no terminal', () => {
    expect(renderKills(groups, { ...OPTIONS, cut: false })).toContain('batch/report-builder-29101 ');
  });

  it('leaves headings out on demand', () => {
    expect(renderKills(groups, { ...OPTIONS, headers: false }).split('\n')).toHaveLength(3); // two rows and the end
  });

  it('says so where there is nothing', () => {
    expect(renderKills([], OPTIONS)).toBe('No deaths found.\n');
  });
});
