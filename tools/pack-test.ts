/**
 * The package as a user gets it: `npm pack`, installed without a network into an empty folder, both commands run, and
 * an older Node.js told in one sentence. Run after changes to bin/, package.json or the build: `node tools/pack-test.ts`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'exit137-pack-'));
let failed = 0;

function expectThat(what: string, holds: boolean, seen: unknown): void {
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${what}`);
  if (!holds) {
    failed += 1;
    console.log(seen);
  }
}

function run(
  command: string,
  ...args: readonly string[]
): { status: number | null; stdout: string; stderr: string } {
  // An empty home: no kubeconfig, no npm configuration of the developer.
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, LANG: 'C.UTF-8' };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

function olderNode(): string | undefined {
  const candidates = [process.env['OLD_NODE'], '/usr/bin/node', '/usr/local/bin/node'];
  return candidates.find((file) => {
    if (file === undefined || !existsSync(file)) return false;
    const [major = 0, minor = 0] = execFileSync(file, ['-p', 'process.versions.node'], { encoding: 'utf8' })
      .split('.')
      .map(Number);
    return major < 22 || (major === 22 && minor < 18);
  });
}

try {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? 'no tarball';
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const install = run('npm', 'install', '--offline', '--no-audit', '--no-fund', `./${tarball}`);
  expectThat('installs without a network', install.status === 0, install);
  const packages = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
  expectThat('brings no other package along', packages.join() === 'exit137', packages);
  const bin = join(folder, 'node_modules', '.bin');

  const explain = run(join(bin, 'exit137'), 'explain', '137');
  expectThat(
    'exit137 explain 137',
    explain.status === 0 && explain.stdout.startsWith('Exit code 137') && explain.stderr === '',
    explain,
  );
  const plugin = run(join(bin, 'kubectl-exit137'), '--help');
  expectThat(
    'kubectl-exit137 calls itself a plugin',
    plugin.status === 0 && plugin.stdout.startsWith('Usage: kubectl exit137'),
    plugin,
  );
  const complete = run(join(bin, 'kubectl_complete-exit137'), 'ki');
  expectThat(
    'kubectl_complete-exit137 completes',
    complete.stdout.startsWith('kills\t') && complete.stdout.endsWith(':4\n'),
    complete,
  );
  const examples = run(join(bin, 'exit137'), 'examples', '-o', 'json');
  expectThat(
    'exit137 examples',
    examples.status === 0 && (JSON.parse(examples.stdout) as { items: unknown[] }).items.length > 0,
    examples,
  );
  const schema = run(join(bin, 'exit137'), '--json-schema');
  expectThat('exit137 --json-schema', schema.status === 0 && schema.stdout.includes('DiagnosisList'), schema);
  const cause = run(join(bin, 'exit137'), 'explain', 'K1');
  expectThat('exit137 explain K1', cause.status === 0, cause);
  const nowhere = run(join(bin, 'exit137'), 'why');
  expectThat(
    'no cluster is said in words, with 4',
    nowhere.status === 4 && nowhere.stderr.includes('kubeconfig'),
    nowhere,
  );
  expectThat(
    'the licences of what is bundled',
    existsSync(join(folder, 'node_modules/exit137/dist/THIRD_PARTY_LICENSES')),
    '',
  );

  const old = olderNode();
  if (old === undefined) {
    console.log('skip no older Node.js here (OLD_NODE names one)');
  } else {
    const told = run(old, join(folder, 'node_modules/exit137/bin/exit137.js'), 'explain', '137');
    const isPlain = /^exit137 needs Node\.js 22\.18 or newer; this is [\d.]+ \(.*\)\.\n$/.test(told.stderr);
    expectThat('an older Node.js is told plainly', told.status === 2 && told.stdout === '' && isPlain, told);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
