/**
 * Everything that must hold: the checks (types, lint, format, rooms), then all tests.
 * Passes every tool's output through and ends with one plain line: `N passed, N failed`. A check counts as one test.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { startVitest } from 'vitest/node';

const root = join(import.meta.dirname, '..');

const CHECKS: readonly (readonly [string, readonly string[]])[] = [
  ['types', ['tsc', '-p', 'tsconfig.json']],
  ['types of the core', ['tsc', '-p', 'src/core/tsconfig.json']],
  ['lint', ['oxlint', '--type-aware', '--deny-warnings']],
  ['format', ['biome', 'format']],
  ['rooms', ['node', 'tools/rooms.ts']],
];

interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly output: string;
}

/** Runs a tool of node_modules/.bin (or node itself) and keeps its output for the report. */
async function runCheck(name: string, command: readonly string[]): Promise<Check> {
  const [tool = '', ...args] = command;
  const file = tool === 'node' ? process.execPath : join(root, 'node_modules', '.bin', tool);
  const child = spawn(file, args, { cwd: root, shell: process.platform === 'win32' });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const { promise, resolve } = Promise.withResolvers<Check>();
  child.on('error', (error) => resolve({ name, passed: false, output: String(error) }));
  child.on('close', (code) => resolve({ name, passed: code === 0, output }));
  return promise;
}

async function runChecks(): Promise<readonly Check[]> {
  // Two at a time: more would only fight for the cores.
  const waiting = [...CHECKS];
  const done: Check[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const check = await runCheck(...next);
      done.push(check);
      console.log(`${check.passed ? 'ok  ' : 'FAIL'} ${check.name}`);
      if (!check.passed) console.log(check.output.trimEnd());
    }
  };
  await Promise.all([work(), work()]);
  return done;
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

async function runTests(filters: readonly string[]): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  const vitest = await startVitest('test', [...filters], { watch: false, root });
  for (const module of vitest.state.getTestModules()) {
    // A file that cannot even be loaded has no tests: it counts as one that failed.
    if (module.errors().length > 0) counts.failed += 1;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed' || state === 'failed' || state === 'skipped') counts[state] += 1;
    }
  }
  counts.failed += vitest.state.getUnhandledErrors().length;
  await vitest.close();
  return counts;
}

const filters = process.argv.slice(2);
const checks = filters.length === 0 ? await runChecks() : [];
const counts = await runTests(filters);
const passed = counts.passed + checks.filter((check) => check.passed).length;
const failed = counts.failed + checks.filter((check) => !check.passed).length;
// Nothing ran: that is no success.
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
console.log(
  `\n${passed} passed, ${failed} failed${counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`}`,
);
process.exit();
