/** What went wrong, in Elm's order: what, why, fix. One suggestion at most. */
import { cleanLine, cleanText } from '../core/text/clean.ts';
import type { CliContext } from './context.ts';
import { CliError, EXIT } from './exit-status.ts';
import type { ExitStatus } from './exit-status.ts';

/** Prints the error on stderr and says the exit code. */
export function reportError(context: CliContext, error: unknown): ExitStatus {
  if (error instanceof CliError) {
    const fix = error.fix === undefined ? '' : `\n${fixLine(cleanLine(error.fix))}`;
    context.stderr.write(`${context.program}: ${cleanLine(error.message)}${fix}\n`);
    return error.status;
  }
  // The message of a bug may quote what a cluster said.
  const detail = cleanText(error instanceof Error ? (error.stack ?? error.message) : String(error));
  context.stderr.write(
    `${context.program}: this is a bug in exit137 ${context.version}, not in your cluster. Please report it with these lines:\n${detail}\n`,
  );
  return EXIT.bug;
}

/** "Did you mean" is a fix by itself. */
function fixLine(fix: string): string {
  return fix.toLowerCase().startsWith('did you mean') ? `D${fix.slice(1)}` : `Fix: ${fix}`;
}
