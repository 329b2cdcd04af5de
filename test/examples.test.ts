/** The deaths that ship with the project, from their files to the verdict. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

interface Answered {
  readonly items: readonly {
    readonly target: { readonly pod?: string };
    readonly container?: string;
    readonly verdict: {
      readonly kind: string;
      readonly code: string;
      readonly confidence?: string;
      readonly via?: string;
    };
  }[];
}

/** The whole program on one folder, as a user runs it. */
function why(name: string): Answered {
  const output = execFileSync(
    process.execPath,
    [join(root, 'src/cli/main.ts'), 'why', '-f', join(root, 'examples', name, 'evidence'), '-o', 'json'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return JSON.parse(output) as Answered;
}

/** From each example's about.md. */
const STORIES = [
  ['limit-reached', 'cart', { kind: 'identified', code: 'K1', confidence: 'certain' }],
  ['job-succeeded-after-child-kill', 'export', { kind: 'identified', code: 'K3' }],
  ['liveness-looks-like-oom', 'checkout', { kind: 'identified', code: 'L4', confidence: 'certain' }],
  ['node-eviction', 'offers', { kind: 'identified', code: 'L1', confidence: 'certain' }],
  ['rollout-sigterm-ignored', 'checkout-api', { kind: 'identified', code: 'P1', via: 'L7' }],
  ['nothing-left', 'notify', { kind: 'insufficient-evidence', code: 'insufficient' }],
] as const;

describe('examples', () => {
  it.each(STORIES)('%s', (name, container, verdict) => {
    const [first] = why(name).items;
    expect(first?.container).toBe(container);
    expect(first?.verdict).toMatchObject(verdict);
  });

  it('are all told', () => {
    const folders = readdirSync(join(root, 'examples'), { withFileTypes: true }).filter((one) =>
      one.isDirectory(),
    );
    expect(folders.map((one) => one.name).toSorted()).toEqual(STORIES.map(([name]) => name).toSorted());
  });
});
