import { describe, expect, it } from 'vitest';
import type { CliContext } from './context.ts';
import { reportError } from './errors.ts';
import { CliError, EXIT } from './exit-status.ts';

function reported(error: unknown): { readonly status: number; readonly text: string } {
  let text = '';
  const context = {
    program: 'exit137',
    version: '1.2.3',
    stderr: { write: (piece: string) => void (text += piece), isTerminal: true },
  } as unknown as CliContext;
  return { status: reportError(context, error), text };
}

describe('reportError', () => {
  it.each<[string, unknown, number]>([
    ['a mistake', new CliError(EXIT.usage, 'no pod \u001b[2J\u202eeman', 'try \u001b]0;x\u0007this'), 2],
    ['a bug that quotes a cluster', new TypeError('pod \u001b[2J\u009b1m broke'), 70],
    ['a bug that throws no error', 'text \u001b[31m', 70],
  ])('%s reaches the terminal without control characters', (_name, error, status) => {
    const { status: got, text } = reported(error);
    expect(got).toBe(status);
    expect(text).toMatch(/^exit137: /);
    expect(text).not.toMatch(/[\0-\t\v-\x1f\x7f-\x9f\u202e]/);
  });

  it('keeps the lines of a stack', () => {
    expect(reported(new TypeError('x')).text.split('\n').length).toBeGreaterThan(3);
  });
});
