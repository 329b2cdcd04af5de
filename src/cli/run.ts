/** The whole program as a function: context in, exit code out. */
import type { CliContext } from './context.ts';
import { reportError } from './errors.ts';
import type { ExitStatus } from './exit-status.ts';
import { buildProgram } from './program.ts';

export async function run(context: CliContext): Promise<ExitStatus> {
  const { program, status } = buildProgram(context);
  try {
    if (context.argv.includes('--json-schema')) {
      return await (await import('./commands/schema.ts')).printSchema(context);
    }
    await program.parseAsync([...context.argv], { from: 'user' });
    return status();
  } catch (error) {
    return reportError(context, program, error);
  }
}
