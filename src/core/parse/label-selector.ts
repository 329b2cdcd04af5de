/** Label selectors as `kubectl -l` takes them (k8s apimachinery pkg/labels/selector.go), for files, where no server filters. */
import type { Result } from '../model/result.ts';
import { fault, ok } from '../model/result.ts';

export type Labels = Readonly<Record<string, string>>;
export type LabelMatcher = (labels: Labels) => boolean;

/** Longer than any sensible selector; kubectl's own bound is the length of a URL. */
const MAX_CHARS = 4096;
const KEY = String.raw`[A-Za-z0-9][A-Za-z0-9._/-]*`;
const VALUE = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?$/;
const EQUALITY = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*([A-Za-z0-9._-]*)$`);
const SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const EXISTS = new RegExp(`^(!?)\\s*(${KEY})$`);

/** `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, joined by commas; all must hold. */
export function parseLabelSelector(text: string): Result<LabelMatcher> {
  if (text.length > MAX_CHARS) return fault('selector.too-long', 'is too long');
  const matchers: LabelMatcher[] = [];
  for (const part of splitRequirements(text)) {
    const matcher = requirement(part.trim());
    if (matcher === undefined) return fault('selector.syntax', 'is no label selector', part.trim());
    matchers.push(matcher);
  }
  return ok((labels) => matchers.every((matcher) => matcher(labels)));
}

/** At commas, but not at those between brackets. */
function splitRequirements(text: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function requirement(text: string): LabelMatcher | undefined {
  const equality = EQUALITY.exec(text);
  if (equality !== null) {
    const [, key = '', operator, value = ''] = equality;
    if (!VALUE.test(value)) return undefined;
    return amongValues(key, [value], operator !== '!=');
  }
  const set = SET.exec(text);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return values.every((value) => VALUE.test(value))
      ? amongValues(key, values, operator === 'in')
      : undefined;
  }
  const exists = EXISTS.exec(text);
  if (exists === null) return undefined;
  const [, not = '', key = ''] = exists;
  return (labels) => Object.hasOwn(labels, key) !== (not === '!');
}

/** An absent label is never among values, so it satisfies `!=` and `notin`. */
function amongValues(key: string, values: readonly string[], wanted: boolean): LabelMatcher {
  return (labels) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return (value !== undefined && values.includes(value)) === wanted;
  };
}
