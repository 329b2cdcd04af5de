import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { leanStart } from './lean-process.ts';

const STARTED = { execArgv: ['--no-warnings'], argv: ['/usr/bin/node', '/bin/exit137', 'collect'], env: {} };

describe('leanStart', () => {
  it('puts its flags before what Node.js was started with', () => {
    const start = leanStart(STARTED, 1);
    expect(start?.argv).toEqual([
      '/usr/bin/node',
      '--max-semi-space-size=1',
      '--max-old-space-size=64',
      '--no-warnings',
      '/bin/exit137',
      'collect',
    ]);
    expect(start?.env['MALLOC_ARENA_MAX']).toBe('1');
  });

  it('does it once for as many containers, and again with twice the heap for more', () => {
    const first = leanStart(STARTED, 1);
    const started = { execArgv: first?.argv.slice(1, 4) ?? [], argv: STARTED.argv, env: first?.env ?? {} };
    expect(leanStart(started, 30_000)).toBeUndefined();
    expect(leanStart(started, 33_001)?.argv.slice(1)).toEqual([
      '--max-semi-space-size=1',
      '--max-old-space-size=128',
      '--no-warnings',
      '/bin/exit137',
      'collect',
    ]);
    // 132,000 = 4 x 33,000 is the first that holds 100,000.
    expect(leanStart(started, 100_000)?.argv[2]).toBe('--max-old-space-size=256');
  });

  it.each([
    ['NODE_OPTIONS', { ...STARTED, env: { NODE_OPTIONS: '--no-deprecation --max_old_space_size=512' } }],
    ['arguments', { ...STARTED, execArgv: ['--max-heap-size=512'] }],
  ])('leaves a heap alone that the user holds by %s', (_name, started) => {
    expect(leanStart(started, 1)).toBeUndefined();
  });

  it('leaves what the user has told malloc', () => {
    const env = leanStart({ ...STARTED, env: { MALLOC_ARENA_MAX: '4' } }, 1)?.env;
    expect(env?.['MALLOC_ARENA_MAX']).toBe('4');
  });
});

describe.skipIf(process.platform === 'win32')('collect', () => {
  it('runs as the same process with the flags, and keeps streams and exit code', () => {
    const tell = 'process.stderr.write(`${process.pid} ${process.execArgv.join(" ")}\\n`)';
    const root = join(import.meta.dirname, '..', '..');
    const words = ['collect', '--history', '/nonexistent/h.db', '--kubeconfig', '/nonexistent/config'];
    const child = spawnSync(process.execPath, [join(root, 'bin/exit137.js'), ...words], {
      env: { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tell)}` },
      encoding: 'utf8',
    });
    const [first = '', second = '', ...rest] = child.stderr.split('\n');
    expect(first).toBe(`${child.pid} `);
    expect(second).toBe(`${child.pid} --max-semi-space-size=1 --max-old-space-size=64`);
    expect(rest.join('\n')).toMatch(/Cannot collect: /);
    expect(child.status).toBe(4);
  });
});
