/** `--json-schema`: the schema of what `-o json` prints. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-status.ts';
import type { ExitStatus } from '../exit-status.ts';

export async function printSchema(context: CliContext): Promise<ExitStatus> {
  context.stdout.write(await readFile(join(context.packageRoot, 'docs', 'format', 'v1.schema.json'), 'utf8'));
  return EXIT.done;
}
