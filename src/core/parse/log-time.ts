/** Instants as the prefixes of kernel and journal lines write them. Without a zone they are taken as UTC. */
import type { EpochMs } from '../units.ts';

/** What is known about a log's time beyond its lines. */
export interface LogClock {
  /** When the log was read: no line is later. */
  readonly nowMs?: EpochMs;
  /** An instant near the log's lines, known from elsewhere in it; better than `nowMs`. */
  readonly nearMs?: EpochMs;
}

/** A date without a zone, as numbers; `month` is 1 to 12, `fraction` the digits after the second. */
export interface ClockReading {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly fraction?: string;
}

/** Zones reach 14 hours ahead of UTC, so a line may seem that much later than now. */
const ZONE_SLACK_MS = 14 * 3_600_000;

/** Undefined for a date that does not exist. A leap second counts as the second after it. */
export function readingToMs(at: ClockReading): EpochMs | undefined {
  if (at.hour > 23 || at.minute > 59 || at.second > 60 || at.year < 1970 || at.year > 9999) return undefined;
  const dayMs = Date.UTC(at.year, at.month - 1, at.day);
  const day = new Date(dayMs);
  if (day.getUTCDate() !== at.day || day.getUTCMonth() !== at.month - 1) return undefined;
  const clockMs = ((at.hour * 60 + at.minute) * 60 + at.second) * 1000;
  return dayMs + clockMs + fractionMs(at.fraction);
}

/** Milliseconds of a decimal fraction's digits, cut off, not rounded. */
export function fractionMs(digits = ''): number {
  return digits === '' ? 0 : Number(digits.slice(0, 3).padEnd(3, '0'));
}

/**
 * For syslog's dates without a year: the year that brings the date next to `nearMs`, else the latest one that is not
 * after `nowMs`. Undefined where neither is known, or the date exists in none of the years in question.
 */
export function readingWithoutYearToMs(at: Omit<ClockReading, 'year'>, clock: LogClock): EpochMs | undefined {
  const hintMs = clock.nearMs ?? clock.nowMs;
  if (hintMs === undefined) return undefined;
  const hintYear = new Date(hintMs).getUTCFullYear();
  let best: EpochMs | undefined;
  // Eight years reach back to a 29th of February across a century's missing one.
  for (let year = hintYear + 1; year > hintYear - 9; year -= 1) {
    const ms = readingToMs({ ...at, year });
    if (ms === undefined) continue;
    if (clock.nearMs === undefined) {
      if (ms <= hintMs + ZONE_SLACK_MS) return ms;
    } else if (best === undefined || Math.abs(ms - hintMs) < Math.abs(best - hintMs)) best = ms;
    // Farther back it only gets worse.
    else break;
  }
  return best;
}

/** Minutes east of UTC of `Z`, `UTC`, `+02:00`, `-0700`, `+02`. Other names of zones are unknown and count as UTC. */
export function zoneOffsetMinutes(zone: string | undefined): number {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone ?? '');
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return match[1] === '-' ? -minutes : minutes;
}

/**
 * Month abbreviations of the C library's locales (glibc `abmon`, `dmesg -T` and `journalctl` print them), lower case,
 * without the dot. Where two languages disagree about a word it is left out.
 */
const MONTH_WORDS: readonly string[] = [
  'jan janv jän ene gen sty oca led янв січ 1月 1월',
  'feb févr fév lut şub úno фев лют 2月 2월',
  'mar mär mars mrt mrz bře мар бер márc 3月 3월',
  'apr avril avr abr kwi nis dub апр кві ápr 4月 4월',
  'may mai mei mag maj kvě мая май тра máj 5月 5월',
  'jun juin giu cze haz čen июн чер jún 6月 6월',
  'jul juil lug lip tem čec июл лип júl 7月 7월',
  'aug août ago sie ağu srp авг сер 8月 8월',
  'sep sept set wrz eyl zář сен вер szept 9月 9월',
  'oct okt ott out paź eki říj окт жов 10月 10월',
  'nov lis kas ноя 11月 11월',
  'dec déc dez dic des gru ara pro дек гру 12月 12월',
];

const MONTHS: ReadonlyMap<string, number> = new Map(
  MONTH_WORDS.flatMap((words, index) => words.split(' ').map((word): [string, number] => [word, index + 1])),
);

/** 1 to 12, for English and localized abbreviations. */
export function monthNumber(word: string): number | undefined {
  return MONTHS.get(word.toLowerCase().replace(/\.$/, ''));
}
