import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLabelSelector } from './label-selector.ts';

const CART = { app: 'cart', tier: 'web', 'app.kubernetes.io/name': 'cart' };

function holds(selector: string, labels: Readonly<Record<string, string>> = CART): boolean | string {
  const parsed = parseLabelSelector(selector);
  return parsed.ok ? parsed.value(labels) : parsed.error.code;
}

// Semantics: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
describe('parseLabelSelector', () => {
  it.each([
    ['app=cart', true],
    ['app==cart', true],
    ['app = cart', true],
    ['app=other', false],
    ['app!=other', true],
    ['app!=cart', false],
    ['missing!=x', true],
    ['missing=', false],
    ['app=cart,tier=web', true],
    ['app=cart,tier=db', false],
    ['tier in (web, db)', true],
    ['tier in (db),app=cart', false],
    ['tier notin (db)', true],
    ['missing notin (db)', true],
    ['app', true],
    ['!app', false],
    ['!missing', true],
    ['app.kubernetes.io/name=cart', true],
    ['toString', false],
    ['constructor!=x', true],
  ])('%s', (selector, expected) => {
    expect(holds(selector)).toBe(expected);
  });

  it.each(['app=', 'app in (', 'a b', '=cart', 'app=ca rt', 'app in (a))', '', 'app,', 'app=-x'])(
    'answers %j without throwing',
    (selector) => {
      expect([true, false, 'selector.syntax']).toContain(holds(selector));
    },
  );

  it.each(['app in (', 'a b', '=cart', 'app=ca rt', '', 'app,', 'app=-x'])('refuses %j', (selector) => {
    expect(holds(selector)).toBe('selector.syntax');
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        holds(text);
      }),
      { numRuns: 300 },
    );
  });
});
