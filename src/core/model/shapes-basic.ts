/** Shapes of what many records share. */
import type { Bytes, EpochMs, MemoryLimit, Seconds } from '../units.ts';
import { either, integer, number, oneOf, type Shape, text } from './shape.ts';

const MAX_BYTES = Number.MAX_SAFE_INTEGER;

/** Ids and sources may hold a file's path. */
export const reference: Shape<string> = text(4096);
/** Kubernetes allows 253 characters in a name. */
export const name: Shape<string> = text(253);
export const word: Shape<string> = text(1024);
export const image: Shape<string> = text(512);
export const message: Shape<string> = text(4096);
export const bytes: Shape<Bytes> = integer(0, MAX_BYTES);
export const limit: Shape<MemoryLimit> = either(bytes, oneOf('unlimited'));
/** To the year 275760, the end of what a Date can hold. */
export const instant: Shape<EpochMs> = integer(0, 8.64e15);
export const seconds: Shape<Seconds> = number(0, Number.MAX_SAFE_INTEGER);
export const count: Shape<number> = integer(0, Number.MAX_SAFE_INTEGER);
export const int: Shape<number> = integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
/** Linux has at most 2^22 process ids; 2^31 leaves room for other numbering. */
export const pid: Shape<number> = integer(0, 2 ** 31);
