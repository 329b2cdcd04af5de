import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judge, loadCase } from '../cases/judge.ts';
import { recordedFolders } from './folders.ts';

describe('recorded deaths', () => {
  it.each(recordedFolders())('%s', (name) => {
    const { answer, faults } = judge(loadCase(name));
    expect(faults, `${answer?.verdict.code ?? 'no answer'}: ${answer?.verdict.summary ?? ''}`).toEqual([]);
  });

  it('are there', () => {
    expect(recordedFolders().length).toBeGreaterThan(40);
  });

  it.each(recordedFolders())('%s names no machine and no address of one', (name) => {
    const text = readFileSync(join(import.meta.dirname, '../cases', name, 'bundle.json'), 'utf8');
    const addresses = text.match(/\b(?:\d{1,3}\.){3}\d{1,3}\b(?!-)/gu) ?? [];
    expect(new Set(addresses)).toEqual(new Set(addresses.filter((one) => one === '198.18.0.2')));
    expect(text).not.toMatch(/https?:\/\/(?!cluster\.example)/u);
  });
});
