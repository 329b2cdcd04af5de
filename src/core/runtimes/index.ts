/** The room's door. */
export { findLogClues } from './log-clues.ts';
export { runtimeOf } from './runtime-of.ts';
export type { RuntimeFacts, RuntimeId } from './types.ts';
