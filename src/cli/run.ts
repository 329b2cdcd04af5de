/** The whole program as a function: context in, exit code out. */
import type { CliContext } from './context.ts';
import { reportError } from './errors.ts';
import type { ExitStatus } from './exit-status.ts';
import type { Flags } from './flags.ts';

export async function run(context: CliContext): Promise<ExitStatus> {
  const { argv } = context;
  try {
    if (argv.includes('--json-schema'))
      return await (await import('./commands/schema.ts')).printSchema(context);
    const words = plainExplain(argv);
    if (words !== undefined) {
      return await (await import('./commands/explain.ts')).runExplain(context, words, DEFAULT_FLAGS);
    }
    return await (await import('./program.ts')).runProgram(context);
  } catch (error) {
    return reportError(context, error);
  }
}

/** What no flag says. `program.ts` has the same defaults; a test compares them. */
export const DEFAULT_FLAGS: Flags = {
  filename: [],
  asGroup: [],
  logs: true,
  logLines: 20,
  output: 'text',
  headers: true,
  pager: true,
  sortBy: 'kills',
  prometheusHeader: [],
};

/**
 * The words of an `explain` without flags. It is the one command people wait for with a code in mind: it skips the
 * argument parser, which takes a third of its time.
 */
function plainExplain(argv: readonly string[]): readonly string[] | undefined {
  const [command, ...words] = argv;
  const isPlain = command === 'explain' && words.length > 0 && words.every((word) => !word.startsWith('-'));
  return isPlain ? words : undefined;
}
