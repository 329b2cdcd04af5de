import { expect, it } from 'vitest';
import { editDistance } from './edit-distance.ts';

it.each([
  ['', '', 0],
  ['abc', '', 3],
  ['kitten', 'sitting', 3], // the textbook example: two substitutions, one insertion
  ['whty', 'why', 1],
  ['klils', 'kills', 1], // one swap of neighbours
  ['ca', 'abc', 3], // optimal string alignment: no edit between swapped letters
])('%s to %s takes %d edits', (one, other, edits) => {
  expect(editDistance(one, other)).toBe(edits);
});
