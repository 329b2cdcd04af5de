/** What the product said of each death, one line per scenario. */
import type { Condition } from '../scenarios/scenario.ts';
import type { DeathResult, Judged } from '../stage/one-death.ts';

export interface StagedOn {
  /** `uname -r` of the node. */
  readonly kernel: string;
  readonly result: DeathResult;
}

const SHOWN: readonly (readonly [Condition, string])[] = [
  ['all', 'everything visible'],
  ['no-node-access', 'no node access'],
  ['no-events-no-node', 'events gone and no node access'],
  ['recorded', 'recorded, pod gone'],
];

/** As Markdown. A cell in brackets is not the label's: an open answer, a wrong one, or none at all. */
export function verdictTable(staged: readonly StagedOn[]): string {
  const heads = ['scenario', 'label', 'kernel', ...SHOWN.map(([, words]) => words)];
  return [
    row(heads),
    row(heads.map(() => '---')),
    ...staged.map(({ kernel, result }) =>
      row([
        result.id,
        result.label.code,
        kernel,
        ...SHOWN.map(([condition]) => cell(result.judged.find((one) => one.condition === condition))),
      ]),
    ),
  ].join('\n');
}

function cell(judged: Judged | undefined): string {
  if (judged === undefined) return 'not staged';
  const { mark, told } = judged;
  if (mark === 'unseen') return '(no trace left)';
  const { answer } = told;
  if (answer === undefined) return `(${told.trouble ?? 'no answer'})`;
  const { code, confidence, candidates } = answer;
  if (mark === 'right') return `${code} ${confidence ?? ''}`.trimEnd();
  return mark === 'wrong'
    ? `(wrong: ${code} ${confidence ?? ''})`
    : `(open: ${candidates.join(', ') || code})`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
