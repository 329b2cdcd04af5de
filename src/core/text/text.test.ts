import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanLine, cleanLogLine, cleanText } from './clean.ts';
import { csvField, escapeMarkdown, markdownCode, markdownFence } from './escape.ts';
import { formatInstant, toRfc3339, UTC_ZONE } from './instants.ts';
import type { Zone } from './instants.ts';
import { wrapSpans } from './layout.ts';
import { formatAge } from './numbers.ts';
import { ANSI_PAINT, NO_PAINT, toAscii } from './paint.ts';
import { shellCommand, shellQuote } from './shell.ts';
import { renderTable } from './table.ts';
import { cutEnd, cutMiddle, displayWidth, padEnd, padStart } from './width.ts';

describe('cleanText', () => {
  it.each([
    ['a colour', '\u001b[31mred\u001b[0m', 'red'],
    ['a title bar', '\u001b]0;owned\u0007name', 'name'],
    ['a clickable link', '\u001b]8;;http://evil\u001b\\x', 'x'],
    ['the 8-bit twin of ESC [', '\u009b2Jx', 'x'],
    ['text that runs backwards', 'a\u202eb', 'ab'],
    ['a bell, a backspace, a null', 'a\u0007\u0008\u0000b', 'ab'],
    ['invisible tag characters', 'a\u{e0041}\u{e007f}b', 'ab'],
    ['line ends of Windows', 'a\r\nb', 'a\nb'],
  ])('removes %s', (_name, text, clean) => {
    expect(cleanText(text)).toBe(clean);
  });

  it('leaves nothing that moves a cursor, whatever comes in', () => {
    const parts = fc.constantFrom(
      '\u001b',
      '\u001b[',
      '\u001b]',
      '\u009b',
      '\u0007',
      '\\',
      'A',
      ';',
      '3',
      '\r',
      '\n',
      'é',
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(parts, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 40 }),
        (list) => {
          expect(cleanLine(list.join(''))).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/u);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps the indentation of a log line', () => {
    expect(cleanLogLine('\tat main\u001b[0m()  ')).toBe('    at main()');
  });
});

describe('displayWidth', () => {
  it.each([
    ['ascii', 'pod-1', 5],
    ['accents', 'é', 1],
    ['a combining accent', 'e\u0301', 1],
    ['Chinese', '内存', 4],
    ['Hangul', '한글', 4],
    ['an emoji', '🚀', 2],
    ['half-width katakana', 'ｱ', 1],
  ])('%s', (_name, text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('cutting and padding', () => {
  it.each([
    ['short names stay', cutMiddle('api', 5), 'api'],
    ['both ends stay', cutMiddle('checkout-api-6c9f7d5b8-x2kqp', 15), 'checkou…8-x2kqp'], // 7 + 1 + 7
    ['an ASCII mark takes three columns', cutMiddle('abcdefghij', 7, '...'), 'ab...ij'],
    ['wide characters are never halved', cutMiddle('内存内存内存', 6), '内…存'], // 2 + 1 + 2 of 6
    ['a sentence loses its end', cutEnd('Raise the limit', 10), 'Raise the…'],
    ['padding counts columns', padEnd('内', 4), '内  '],
    ['numbers go right', padStart('7', 3), '  7'],
  ])('%s', (_name, actual, expected) => {
    expect(actual).toBe(expected);
  });

  it('never exceeds the width', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.integer({ min: 1, max: 40 }),
        (text, width) => {
          expect(displayWidth(cutMiddle(text, width))).toBeLessThanOrEqual(width);
          expect(displayWidth(cutEnd(text, width))).toBeLessThanOrEqual(width);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('wrapSpans', () => {
  it('breaks at blanks and keeps styles within their words', () => {
    const lines = wrapSpans([{ text: 'one two', styles: ['bold'] }, { text: 'three four' }], 9, ANSI_PAINT);
    expect(lines).toEqual(['\u001b[1mone two\u001b[22m', 'three', 'four']);
  });

  it('leaves a long word whole', () => {
    expect(wrapSpans([{ text: 'see https://example.test/a/b' }], 10, NO_PAINT)).toEqual([
      'see',
      'https://example.test/a/b',
    ]);
  });

  it('breaks a sentence of a script without blanks', () => {
    // Each character takes two columns: five fit into ten.
    expect(wrapSpans([{ text: 'x 节点内存不足请检查 y' }], 10, NO_PAINT)).toEqual([
      'x',
      '节点内存不',
      '足请检查 y',
    ]);
  });
});

describe('formatAge', () => {
  it.each([
    [90_000, '90s'],
    [13 * 60_000, '13m'],
    [18 * 3_600_000, '18h'],
    [4 * 86_400_000, '4d'],
    [3 * 365 * 86_400_000 + 1, '3y'],
    [-1, '0s'],
  ])('%d ms', (ms, text) => {
    expect(formatAge(ms)).toBe(text);
  });
});

// Central Europe: an hour ahead of UTC in winter, two in summer.
const vienna: Zone = (atMs) =>
  atMs < Date.UTC(2025, 9, 26, 1)
    ? { label: 'CEST', offsetMinutes: 120 }
    : { label: 'CET', offsetMinutes: 60 };

describe('instants', () => {
  const now = Date.UTC(2025, 10, 20, 3, 20, 41);
  it.each([
    ['today', Date.UTC(2025, 10, 20, 3, 7, 41), UTC_ZONE, '03:07:41 UTC'],
    ['last evening is near', Date.UTC(2025, 10, 19, 22), UTC_ZONE, '22:00:00 UTC'],
    ['earlier this year', Date.UTC(2025, 10, 17, 12, 32), UTC_ZONE, '17 Nov 12:32:00 UTC'],
    ['another year', Date.UTC(2024, 1, 29, 0, 0, 1), UTC_ZONE, '29 Feb 2024 00:00:01 UTC'],
    ['in the zone of that day', Date.UTC(2025, 6, 1, 12), vienna, '1 Jul 14:00:00 CEST'],
    ['and of this one', Date.UTC(2025, 10, 20, 3), vienna, '04:00:00 CET'],
  ])('%s', (_name, atMs, zone, text) => {
    expect(formatInstant(atMs, now, zone)).toBe(text);
  });

  it.each([
    [1_763_608_061_000, '2025-11-20T03:07:41Z'],
    [1_763_608_061_250, '2025-11-20T03:07:41.250Z'],
    [Number.NaN, '1970-01-01T00:00:00Z'],
    [1e300, '9999-12-31T23:59:59Z'],
    [-1e300, '0000-01-01T00:00:00Z'],
  ])('%d in RFC 3339', (atMs, text) => {
    expect(toRfc3339(atMs)).toBe(text);
  });
});

describe('shellQuote', () => {
  it.each([
    ['a name', 'checkout-api', 'checkout-api'],
    ['nothing', '', "''"],
    ['blanks', 'a b', "'a b'"],
    ['a substitution', '$(reboot)', "'$(reboot)'"],
    ['a quote', "it's", "'it'\\''s'"],
    ['a second line', 'a\nrm -rf x', "'a rm -rf x'"],
    ['a colour', '\u001b[31mx', 'x'],
  ])('%s', (_name, word, quoted) => {
    expect(shellQuote(word)).toBe(quoted);
  });

  it('quotes each word of a command', () => {
    expect(shellCommand(['kubectl', 'logs', 'a;b'])).toBe("kubectl logs 'a;b'");
  });
});

describe('renderTable', () => {
  const columns = [
    { title: 'N', align: 'right' as const },
    { title: 'NAME', cut: 'middle' as const, leastWidth: 8 },
    { title: 'FIX', cut: 'end' as const, leastWidth: 8 },
  ];

  it('aligns by columns on the screen', () => {
    expect(
      renderTable(
        columns,
        [
          ['7', '内存', 'x'],
          ['12', 'api', 'y'],
        ],
        { headers: true },
      ),
    ).toEqual([' N  NAME  FIX', ' 7  内存  x', '12  api   y']);
  });

  it('cuts the widest column first and stays within the width', () => {
    const rows = [['1', 'a'.repeat(40), 'raise the limit of the container']];
    const lines = renderTable(columns, rows, { headers: false, width: 40 });
    // 40 = 1 + 2 + name + 2 + fix, so 35 are left for both: 17 and 18, or 18 and 17.
    expect(lines.map(displayWidth)).toEqual([40]);
  });
});

describe('escaping', () => {
  it.each([
    ['a formula', '=HYPERLINK("http://evil")', `"'=HYPERLINK(""http://evil"")"`],
    ['a formula behind a blank', ' @SUM(A1)', "' @SUM(A1)"],
    ['a negative number', '-5', '-5'],
    ['a command', '-5+cmd', "'-5+cmd"],
    ['a comma', 'a,b', '"a,b"'],
    ['a second line', 'a\nb', '"a\nb"'],
  ])('csv: %s', (_name, text, field) => {
    expect(csvField(text)).toBe(field);
  });

  it.each([
    ['emphasis', '*a* _b_', '\\*a\\* \\_b\\_'],
    ['a cell border', 'a|b', 'a\\|b'],
    ['HTML', '<img src=x>', '\\<img src=x\\>'],
    ['a link', '[a](http://evil)', '\\[a\\](http\\://evil)'],
    ['a heading', '# a', '\\# a'],
    ['a mention', '@team', '\\@team'],
    ['a list', '1. a', '1\\. a'],
  ])('md: %s', (_name, text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });

  it('code spans and fences outlast backticks', () => {
    expect(markdownCode('a``b')).toBe('```a``b```');
    expect(markdownFence(['```', 'x'], 'text')).toBe('````text\n```\nx\n````');
  });

  it('ASCII replaces our signs and marks the rest', () => {
    expect(toAscii('512 → 768 … 内')).toBe('512 -> 768 ... ?');
  });
});
