import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CAUSES } from '../src/core/causes/index.ts';

const DOCS = join(import.meta.dirname, '../docs');
const CAUSE_DOCS = join(DOCS, 'causes');
const SECTIONS = [
  'What happened',
  'How exit137 knows',
  'What it is easily mistaken for',
  'What to do',
  'Versions',
  'Read more',
];

/** Verdicts without a cause, and the exits that share one page. */
const OTHER_PAGES: ReadonlyMap<string, string> = new Map([
  ['exit-N', 'ordinary-exit'],
  ['reject', 'admission-reject'],
  ['ambiguous', 'more-than-one-cause-fits'],
  ['insufficient', 'insufficient-evidence'],
  ['none', 'nothing-died'],
]);

function pageOf(code: string): string {
  return code.startsWith('exit-') ? 'exit-N' : code;
}

const pages = new Map<string, string>(OTHER_PAGES);
for (const { code, id } of CAUSES) pages.set(pageOf(code), id);

/** `child killed, then exit` is `child-killed-then-exit`. */
function nounOf(title: string): string {
  return title
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
}

function read(page: string): string {
  return readFileSync(join(CAUSE_DOCS, `${page}.md`), 'utf8');
}

describe('every cause has its page', () => {
  it.each([...pages])('%s, %s', (page, noun) => {
    const text = read(page);
    const [title = '', , answer = ''] = text.split('\n');
    expect(title.startsWith(`# ${page} — `)).toBe(true);
    expect(nounOf(title.slice(title.indexOf('—') + 1))).toBe(noun);
    expect(answer).toMatch(/^[A-Z0-9].*[.]$/);
    expect([...text.matchAll(/^## (.*)$/gm)].map((match) => match[1])).toEqual(SECTIONS);
    expect(text.split('\n').length).toBeLessThanOrEqual(70);
  });

  it.each([...pages])('%s stands in the table of causes', (page, noun) => {
    const row = read('README')
      .split('\n')
      .find((line) => line.startsWith(`| [${page}](${page}.md) |`));
    expect(row).toBeDefined();
    if (!OTHER_PAGES.has(page) || page === 'exit-N' || page === 'reject')
      expect(row).toContain(`| ${noun} |`);
  });

  it('no page is left of a cause that is gone', () => {
    const files = readdirSync(CAUSE_DOCS).map((name) => name.replace(/\.md$/, ''));
    expect(files.filter((name) => name !== 'README' && !pages.has(name))).toEqual([]);
  });
});

describe('what the documentation says can be followed', () => {
  const files = [
    'verdicts.md',
    ...['causes', 'guide'].flatMap((dir) => readdirSync(join(DOCS, dir)).map((name) => `${dir}/${name}`)),
  ];

  it.each(files)('%s: links lead somewhere', (file) => {
    const text = readFileSync(join(DOCS, file), 'utf8');
    for (const match of text.matchAll(/\]\(([^()\s]+\.md)(?:#[^)]*)?\)/g)) {
      expect(existsSync(join(DOCS, dirname(file), match[1] ?? '')), `${file} -> ${match[1]}`).toBe(true);
    }
  });

  it.each(files)('%s: commands change nothing but by set resources, rollout undo and delete pod', (file) => {
    const text = readFileSync(join(DOCS, file), 'utf8');
    for (const block of text.matchAll(/```console\n([^`]*)```/g)) {
      for (const line of (block[1] ?? '').split('\n')) {
        expect(line).not.toMatch(/\bkubectl\b.*\b(apply|patch|edit|replace|scale|drain|cordon)\b|--force/);
        if (/\bkubectl\b.*\bdelete\b/.test(line)) expect(line).toMatch(/ delete pod [a-z0-9-]+$/);
      }
    }
  });
});
