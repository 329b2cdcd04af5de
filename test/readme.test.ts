import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

it('shows the output that the program really gives', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, commandLine = '', shown = ''] = /```console\n\$ exit137 (.+)\n([^]*?)\n```/.exec(readme) ?? [];
  const told = spawnSync(process.execPath, ['bin/exit137.js', ...commandLine.split(' ')], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', TZ: 'UTC', LANG: 'C.UTF-8', COLUMNS: '100' },
  });
  expect(told.stdout.trimEnd()).toBe(shown);
});
