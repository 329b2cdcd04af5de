/** The question itself, made fit: whatever is not a number, a limit or an instant is left out. */
import type { ChangeMark, KillMark } from '../model/series.ts';
import type { MemoryQuestion } from './types.ts';

/** More kills than this are the same crash loop: the newest stay. */
const MOST_KILLS = 20_000;
const MOST_CHANGES = 2000;
/** A page; no limit and no peak is smaller. */
const LEAST_BYTES = 4096;

/** A clock that is none makes everything the future, and that is no data. */
export function soundQuestion(question: MemoryQuestion): MemoryQuestion {
  const { heapMaxBytes, ...rest } = question;
  const nowMs = Number.isFinite(question.nowMs) ? question.nowMs : 0;
  return {
    ...rest,
    nowMs,
    kills: listOf(question.kills).slice(-MOST_KILLS).flatMap(soundKill),
    changes: listOf(question.changes)
      .slice(-MOST_CHANGES)
      .filter((change): change is ChangeMark => Number.isFinite(change.atMs) && change.atMs <= nowMs),
    ...(isBytes(heapMaxBytes) && { heapMaxBytes }),
  };
}

function soundKill(kill: KillMark): readonly KillMark[] {
  const { limitBytes, peakBytes, ...rest } = kill;
  if (!Number.isFinite(kill.atMs)) return [];
  return [{ ...rest, ...(isBytes(limitBytes) && { limitBytes }), ...(isBytes(peakBytes) && { peakBytes }) }];
}

function isBytes(bytes: number | undefined): bytes is number {
  return bytes !== undefined && bytes >= LEAST_BYTES && bytes <= Number.MAX_SAFE_INTEGER;
}

function listOf<Item>(list: readonly Item[] | undefined): readonly Item[] {
  return Array.isArray(list) ? list : [];
}
