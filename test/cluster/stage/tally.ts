/** The table per condition, and what of the promised numbers is not met. */
import { CONDITIONS, type Condition } from '../scenarios/scenario.ts';
import type { DeathResult, Judged } from './one-death.ts';

export interface Row {
  readonly condition: Condition;
  readonly deaths: number;
  readonly right: number;
  /** Right and `certain`. */
  readonly certain: number;
  readonly wrongWhileCertain: number;
  readonly wrongWhileLikely: number;
  readonly wrongWhilePossible: number;
  readonly undecided: number;
  /** Of the undecided, those with the truth among the first four candidates. */
  readonly undecidedWithTruth: number;
  /** Nothing was left to judge, and nothing was claimed. */
  readonly unseen: number;
}

/** Where nothing died there is nothing to identify: such a staging counts only when a death is claimed. */
function isControl({ label }: DeathResult): boolean {
  return label.code === 'none';
}

function isClaimed({ judged }: DeathResult): boolean {
  return judged.some(({ mark }) => mark === 'wrong');
}

export function rowsOf(all: readonly DeathResult[]): readonly Row[] {
  const results = all.filter((result) => !isControl(result) || isClaimed(result));
  return (Object.keys(CONDITIONS) as Condition[]).map((condition) => {
    const judged = results.flatMap((result) => result.judged.filter((one) => one.condition === condition));
    const count = (test: (one: Judged) => boolean): number => judged.filter(test).length;
    const wrongWhile = (word: string): number =>
      count(({ mark, told }) => mark === 'wrong' && told.answer?.confidence === word);
    return {
      condition,
      deaths: judged.length,
      right: count(({ mark }) => mark === 'right'),
      certain: count(({ mark, told }) => mark === 'right' && told.answer?.confidence === 'certain'),
      wrongWhileCertain: wrongWhile('certain'),
      wrongWhileLikely: wrongWhile('likely'),
      wrongWhilePossible: wrongWhile('possible'),
      undecided: count(({ mark }) => mark === 'open' || mark === 'astray'),
      undecidedWithTruth: count(({ mark }) => mark === 'open'),
      unseen: count(({ mark }) => mark === 'unseen'),
    };
  });
}

const HEADS = [
  'condition',
  'deaths',
  'right',
  'certain',
  'wrong certain',
  'wrong likely',
  'wrong possible',
  'open',
  'truth among',
  'nothing left to see',
];

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

export function tableOf(results: readonly DeathResult[]): string {
  const rows = rowsOf(results).map((row) => [
    CONDITIONS[row.condition],
    String(row.deaths),
    share(row.right, row.deaths),
    share(row.certain, row.deaths),
    String(row.wrongWhileCertain),
    String(row.wrongWhileLikely),
    String(row.wrongWhilePossible),
    String(row.undecided),
    row.undecided === 0 ? '-' : share(row.undecidedWithTruth, row.undecided),
    String(row.unseen),
  ]);
  const took = `median from command to verdict: ${(medianMs(results) / 1000).toFixed(2)} s`;
  return [line(HEADS), line(HEADS.map(() => '---')), ...rows.map(line), '', took].join('\n');
}

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : `${part} (${((100 * part) / whole).toFixed(0)} %)`;
}

export function medianMs(results: readonly DeathResult[]): number {
  const times = results
    .flatMap(({ judged }) => judged)
    .filter(({ condition }) => condition !== 'recorded')
    .map(({ told }) => told.tookMs)
    .toSorted((one, other) => one - other);
  return times[Math.floor(times.length / 2)] ?? 0;
}

/** Least shares of right answers, as promised. */
const LEAST_RIGHT: Readonly<Partial<Record<Condition, number>>> = {
  all: 0.98,
  'no-kernel-log': 0.75,
  'no-node-access': 0.75,
  'no-events': 0.5,
};
const LEAST_CERTAIN_SEEING_ALL = 0.8;
const MOST_WRONG_WHILE_LIKELY = 0.02;
const LEAST_TRUTH_AMONG = 0.95;
const LEAST_DEATHS = 120;
const MOST_MEDIAN_MS = 1500;

export function faultsOf(
  results: readonly DeathResult[],
  options: { readonly whole: boolean },
): readonly string[] {
  const faults: string[] = results
    .filter(({ failure }) => failure !== undefined)
    .map(({ id, repetition, failure }) => `${id}#${repetition} could not be staged: ${failure ?? ''}`);
  for (const row of rowsOf(results)) {
    const say = (what: string): void => void faults.push(`${CONDITIONS[row.condition]}: ${what}`);
    if (row.wrongWhileCertain > 0) say(`${row.wrongWhileCertain} wrong while certain`);
    // Below is what was promised; this row stands for a cluster where almost nothing is left.
    if (!options.whole || row.condition === 'no-events-no-node') continue;
    if (row.wrongWhileLikely > row.deaths * MOST_WRONG_WHILE_LIKELY)
      say(`${row.wrongWhileLikely} wrong while likely`);
    const least = LEAST_RIGHT[row.condition] ?? 0;
    // Seeing everything does not mean that there is something left to see; elsewhere what is unseen counts as missed.
    const asked = row.condition === 'all' ? row.deaths - row.unseen : row.deaths;
    if (row.right < asked * least) say(`${share(row.right, asked)} right, not ${least * 100} %`);
    if (row.undecidedWithTruth < row.undecided * LEAST_TRUTH_AMONG) {
      say(`truth among the candidates of ${share(row.undecidedWithTruth, row.undecided)}`);
    }
    if (row.condition === 'all' && row.certain < row.deaths * LEAST_CERTAIN_SEEING_ALL) {
      say(`${share(row.certain, row.deaths)} certain`);
    }
  }
  if (options.whole && results.length < LEAST_DEATHS)
    faults.push(`${results.length} deaths, not ${LEAST_DEATHS}`);
  if (medianMs(results) > MOST_MEDIAN_MS) faults.push(`median ${medianMs(results).toFixed(0)} ms`);
  return faults;
}
