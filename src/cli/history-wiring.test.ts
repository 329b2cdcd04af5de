import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { HistoryPage } from '../app/history-ports.ts';
import { NOW_MS } from '../../test/samples/diagnoses.ts';
import type { CliContext } from './context.ts';
import { memorySources } from './history-wiring.ts';
import { DEFAULT_FLAGS } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'exit137-wiring-'));
afterAll(() => rmSync(folder, { recursive: true }));

const stdin = Object.assign((async function* () {})(), { isTerminal: true });
const context = { env: {}, now: () => NOW_MS, version: '0.0.0-test' } as Partial<CliContext> as CliContext;

async function pagesOf(text: string): Promise<readonly HistoryPage[]> {
  const path = join(folder, 'memory.csv');
  writeFileSync(path, text);
  const flags = { ...DEFAULT_FLAGS, filename: [path] };
  const { histories, close } = await memorySources({ context, flags, stdin }, { search: false, files: true });
  const pages: HistoryPage[] = [];
  const request = { fromMs: 0, toMs: NOW_MS, stepMs: 60_000, depth: 'analysis' as const };
  for (const source of histories) {
    for await (const page of source.read({ ...request, signal: new AbortController().signal }))
      pages.push(page);
  }
  close();
  return pages;
}

describe('files of evidence as a history', () => {
  it.each([
    ['empty', '', /the file is empty/],
    ['in percent', 'time,memory\n2026-11-23T20:00:00Z,45\n2026-11-23T20:01:00Z,46\n', /percentage/],
  ])('%s: nothing fails, and a gap says why there is none', async (_name, text, why) => {
    const pages = await pagesOf(text);
    expect(pages.flatMap(({ histories }) => histories)).toEqual([]);
    expect(pages.flatMap(({ gaps }) => gaps)).toEqual([
      expect.objectContaining({ id: 'history/files', what: expect.stringMatching(why) }),
    ]);
  });

  it.each(['top', 'history', 'forecast'])('%s says why, and fails', (command) => {
    const path = join(folder, 'share.csv');
    writeFileSync(
      path,
      'time,namespace,pod,container,memory_percent\n2026-11-23T20:00:00Z,shop,web-0,api,41\n',
    );
    const bin = join(import.meta.dirname, '..', '..', 'bin', 'exit137.js');
    const told = spawnSync(process.execPath, [bin, command, '-f', path], { encoding: 'utf8' });
    expect([told.status, told.stdout]).toEqual([4, '']);
    expect(told.stderr).toMatch(/share\.csv: no column of bytes: "memory_percent" is a share[^]*Fix: /);
  });
});
