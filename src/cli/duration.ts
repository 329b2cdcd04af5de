/** `30m`, `7d`, `1h30m`, `90s`, and kubectl's bare seconds (`30`) as milliseconds. */
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/units.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND_MS,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: 24 * HOUR_MS,
  w: 7 * 24 * HOUR_MS,
};

/** Undefined where the text is no duration. */
export function parseDuration(text: string): number | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text) * SECOND_MS;
  if (text.length > 32 || !/^(?:\d{1,9}(?:\.\d{1,6})?(?:ms|[smhdw]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount = '0', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)) {
    total += Number(amount) * (UNIT_MS[unit] ?? 0);
  }
  return total <= Number.MAX_SAFE_INTEGER ? Math.round(total) : undefined;
}
