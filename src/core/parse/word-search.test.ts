import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWordSearch } from './word-search.ts';

describe('createWordSearch', () => {
  it.each([
    ['at the beginning', ['invoked'], 'invoked oom-killer', 0, 0],
    ['at the end', ['oom-killer'], 'x invoked oom-killer', 0, 10],
    ['the first of several', ['victim ', 'killed process'], 'a victim of killed process', 0, 2],
    ['not before `from`', ['victim'], 'victim victim', 1, 7],
    ['none', ['victim'], 'nothing here', 0, -1],
    ['cut at the end', ['victim'], 'a victi', 0, -1],
    ['text shorter than the words', ['victim'], 'vic', 0, -1],
    ['words that share their beginning', ['Killing pod', 'Killing container'], 'Killing container', 0, 0],
    ['beside characters beyond ASCII', ['victim'], 'äöü€victim', 0, 4],
    ['characters that only look alike in seven bits', ['ab'], '\u00e1\u00e2ab', 0, 2],
    ['no words', [], 'victim', 0, -1],
  ])('%s', (...[, words, text, from, expected]) => {
    expect(createWordSearch(words)(text, from)).toBe(expected);
  });

  it('agrees with indexOf', () => {
    const letter = fc.constantFrom('a', 'b', 'c', 'ä', ' ');
    const word = fc.array(letter, { minLength: 2, maxLength: 5 }).map((all) => all.join(''));
    const text = fc.array(letter, { maxLength: 60 }).map((all) => all.join(''));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), text, fc.nat(20), (words, body, from) => {
        const places = words.map((one) => body.indexOf(one, from)).filter((at) => at >= 0);
        const wanted = places.length === 0 ? -1 : Math.min(...places);
        expect(createWordSearch(words)(body, from)).toBe(wanted);
      }),
      { numRuns: 500 },
    );
  });
});
