/** The room's door. */
export { RUNTIMES } from './list.ts';
export { findLogClues } from './log-clues.ts';
export type { LogClue, LogClueKind } from './log-clues.ts';
export { runtimeOf } from './runtime-of.ts';
export type { Runtime, RuntimeContext, RuntimeFacts, RuntimeFlag, RuntimeId, UnsetKnob } from './types.ts';
