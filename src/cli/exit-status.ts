/** What the program's own exit code means. Never a code that means a signal otherwise. */

export const EXIT = {
  done: 0,
  /** A finding at or above `--fail-on`. */
  findings: 1,
  usage: 2,
  targetNotFound: 3,
  noSource: 4,
  /** Partial or insufficient evidence under `--strict`. */
  partial: 5,
  bug: 70,
  interrupted: 130,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** A mistake in the call or an answer that cannot be given: one plain sentence, perhaps a fix, and the exit code. */
export class CliError extends Error {
  readonly status: ExitStatus;
  /** What to do about it. */
  readonly fix: string | undefined;

  constructor(status: ExitStatus, message: string, fix?: string) {
    super(message);
    this.name = 'CliError';
    this.status = status;
    this.fix = fix;
  }
}

export function usageError(message: string, fix?: string): CliError {
  return new CliError(EXIT.usage, message, fix);
}
