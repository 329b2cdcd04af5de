/**
 * Runs the script of every promise in bench/, one after the other, and prints one table. Ends with 1 where a promise
 * does not hold. A script prints one line `result: {JSON}` per promise; see bench/README.md.
 *
 *     node tools/bench.ts [NAME…]
 */
import { spawn } from 'node:child_process';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { Result } from '../bench/result.ts';
import { RESULT_MARK } from '../bench/result.ts';

const root = join(import.meta.dirname, '..');

const SCRIPTS = [
  'explain',
  'kernel-log',
  'cluster',
  'must-gather',
  'parse-pod',
  'shapes',
  'history-store',
  'prometheus',
] as const;

interface Outcome {
  readonly script: string;
  readonly results: readonly Result[];
  readonly status: number | null;
}

async function runScript(script: string): Promise<Outcome> {
  console.log(`\n${script} (load ${loadavg()[0]?.toFixed(1)})`);
  const child = spawn(process.execPath, [join(root, 'bench', `${script}.ts`)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject);
  child.on('close', resolve);
  const status = await promise;
  const lines = output.trimEnd().split('\n');
  for (const line of lines) if (!line.startsWith(RESULT_MARK)) console.log(`  ${line}`);
  const results = lines
    .filter((line) => line.startsWith(RESULT_MARK))
    .map((line) => JSON.parse(line.slice(RESULT_MARK.length)) as Result);
  return { script, results, status };
}

function rowsOf({ script, results, status }: Outcome): readonly (readonly string[])[] {
  if (results.length === 0) return [[script, '-', `no result, exit code ${status}`, 'NO']];
  return results.map(({ promise, bound, measured, holds }) => [
    promise,
    bound ?? '-',
    measured,
    holds === undefined ? 'info' : holds ? 'yes' : 'NO',
  ]);
}

function printTable(rows: readonly (readonly string[])[]): void {
  const all = [['PROMISE', 'BOUND', 'MEASURED', 'HOLDS'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  for (const row of all) {
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !SCRIPTS.some((script) => script === name));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}. There are: ${SCRIPTS.join(', ')}.`);
  process.exit(2);
}
const outcomes: Outcome[] = [];
for (const script of SCRIPTS) {
  if (wanted.length === 0 || wanted.includes(script)) outcomes.push(await runScript(script));
}
console.log('');
printTable(outcomes.flatMap(rowsOf));
const fails = ({ results, status }: Outcome): boolean =>
  status !== 0 || results.length === 0 || results.some(({ holds }) => holds === false);
process.exitCode = outcomes.some(fails) ? 1 : 0;
