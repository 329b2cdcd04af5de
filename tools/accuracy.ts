/**
 * Judges every golden and every recorded death, prints the confusion table and compares it with the committed baseline;
 * then asks for the shape of generated workloads and of real programs and holds the scores to their bounds.
 * Exit code 1 on any difference and on any broken bound; `--update` rewrites the baseline, `--full` asks ten times as
 * many workloads (about ten minutes), `--deaths` leaves the shapes out.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { caseFolders } from '../test/cases/build.ts';
import type { Judged } from '../test/cases/judge.ts';
import { judge, loadCase } from '../test/cases/judge.ts';
import { recordedFolders } from '../test/recorded/folders.ts';
import { shapesAccuracy } from './shapes/accuracy.ts';

const BASELINE = join(import.meta.dirname, '../test/cases/baseline.json');

interface Counts {
  readonly cases: number;
  readonly right: number;
  readonly wrongWhileCertain: number;
  readonly wrongWhileLikely: number;
  readonly wrongWhilePossible: number;
  /** Undecided answers (ambiguous, insufficient) and how many of them have the truth among their candidates. */
  readonly undecided: number;
  readonly undecidedWithTruth: number;
  readonly kinds: Readonly<Record<string, number>>;
}

interface Baseline {
  readonly counts: Counts;
  /** `case → code confidence`, with the faults where the answer is wrong. */
  readonly answers: Readonly<Record<string, string>>;
}

/** Accepted codes of a case that name a cause, so that undecided answers can be checked for the truth. */
function truths(name: string): readonly string[] {
  const { code, candidates } = loadCase(name).expected;
  const named = (Array.isArray(code) ? code : [code]) as readonly string[];
  const causes = named.filter((one) => one !== 'insufficient' && one !== 'ambiguous');
  return causes.length > 0 ? causes : (candidates ?? []).flatMap((one) => one.split('|'));
}

function tally(judged: readonly Judged[]): Counts {
  const wrong = judged.filter((one) => one.faults.length > 0);
  const wrongWhile = (word: string): number =>
    wrong.filter((one) => one.answer?.verdict.confidence === word && codeFault(one)).length;
  const open = judged.filter(
    (one) => one.answer?.verdict.kind === 'ambiguous' || one.answer?.verdict.kind === 'insufficient-evidence',
  );
  const withTruth = open.filter((one) =>
    one.answer?.verdict.candidates.some((candidate) => truths(one.name).includes(candidate.code)),
  );
  const kinds: Record<string, number> = {};
  for (const one of judged) {
    const kind = one.answer?.verdict.kind ?? 'no-answer';
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return {
    cases: judged.length,
    right: judged.length - wrong.length,
    wrongWhileCertain: wrongWhile('certain'),
    wrongWhileLikely: wrongWhile('likely'),
    wrongWhilePossible: wrongWhile('possible'),
    undecided: open.length,
    undecidedWithTruth: withTruth.length,
    kinds: Object.fromEntries(Object.entries(kinds).toSorted(([a], [b]) => a.localeCompare(b))),
  };
}

/** The code itself is wrong, not only the words or the confidence. */
function codeFault(one: Judged): boolean {
  return one.faults.some((fault) => fault.startsWith('code ') || fault.startsWith('kind '));
}

function answerOf(one: Judged): string {
  const verdict = one.answer?.verdict;
  const said =
    verdict === undefined
      ? 'no answer'
      : [verdict.code, verdict.via === undefined ? '' : `via ${verdict.via}`, verdict.confidence ?? '']
          .filter((part) => part !== '')
          .join(' ');
  return one.faults.length === 0 ? said : `${said} | ${one.faults.join('; ')}`;
}

/** Rows: expected code (the answer given, where the label allows several). Columns: answered code. */
function confusion(judged: readonly Judged[]): string {
  const cells = new Map<string, Map<string, number>>();
  for (const one of judged) {
    const answered = one.answer?.verdict.code ?? 'no answer';
    const row = truths(one.name).includes(answered) ? answered : one.expectedCode;
    const counts = cells.get(row) ?? new Map<string, number>();
    counts.set(answered, (counts.get(answered) ?? 0) + 1);
    cells.set(row, counts);
  }
  const order = new Intl.Collator('en', { numeric: true });
  return [...cells]
    .toSorted(([a], [b]) => order.compare(a, b))
    .map(([row, counts]) => {
      const parts = [...counts]
        .toSorted(([a], [b]) => Number(b === row) - Number(a === row) || order.compare(a, b))
        .map(([code, count]) => `${code} ${count}`);
      return `${counts.size === 1 && counts.has(row) ? ' ' : '!'} ${row.padEnd(14)} ${parts.join('   ')}`;
    })
    .join('\n');
}

function report(judged: readonly Judged[], counts: Counts): void {
  console.log(`  expected       answered\n${confusion(judged)}\n`);
  console.log(
    `${counts.right} of ${counts.cases} cases right. Wrong code while certain ${counts.wrongWhileCertain}, likely ${counts.wrongWhileLikely}, possible ${counts.wrongWhilePossible}.`,
  );
  console.log(
    `Undecided ${counts.undecided}, the truth among the candidates in ${counts.undecidedWithTruth}. Kinds: ${Object.entries(
      counts.kinds,
    )
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ')}.`,
  );
  for (const one of judged.filter((each) => each.faults.length > 0))
    console.log(`  ${one.name}: ${answerOf(one)}`);
}

function differences(before: Baseline, now: Baseline): readonly string[] {
  const names = [...new Set([...Object.keys(before.answers), ...Object.keys(now.answers)])].toSorted();
  return names
    .filter((name) => before.answers[name] !== now.answers[name])
    .map((name) => `${name}: was ${before.answers[name] ?? 'absent'}, is ${now.answers[name] ?? 'absent'}`);
}

function judgeDeaths(): number {
  const judged = [...caseFolders(), ...recordedFolders()].map((name) => judge(loadCase(name)));
  const counts = tally(judged);
  const now: Baseline = {
    counts,
    answers: Object.fromEntries(judged.map((one) => [one.name, answerOf(one)])),
  };
  report(judged, counts);
  if (process.argv.includes('--update')) {
    writeFileSync(BASELINE, `${JSON.stringify(now, null, 2)}\n`);
    console.log('\nBaseline rewritten.');
    return 0;
  }
  if (!existsSync(BASELINE)) {
    console.error('\nNo baseline yet; write one with --update.');
    return 1;
  }
  const changed = differences(JSON.parse(readFileSync(BASELINE, 'utf8')) as Baseline, now);
  if (changed.length === 0) {
    console.log('\nSame as the committed baseline.');
    return 0;
  }
  console.error(`\n${changed.length} answers differ from the committed baseline:\n${changed.join('\n')}`);
  return 1;
}

function judgeShapes(): number {
  const { lines, broken } = shapesAccuracy({ size: process.argv.includes('--full') ? 'full' : 'quick' });
  console.log(`\n${lines.join('\n')}`);
  for (const sentence of broken) console.error(`Does not hold: ${sentence}`);
  return broken.length === 0 ? 0 : 1;
}

const deaths = judgeDeaths();
const shapes = process.argv.some((word) => word === '--deaths' || word === '--update') ? 0 : judgeShapes();
process.exitCode = Math.max(deaths, shapes);
