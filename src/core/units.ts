/**
 * Every unit the program uses. Aliases, not brands: the property's suffix carries the unit
 * (`limitBytes`, `stepMs`), the alias says which range is legal.
 */

/** Whole bytes, 0 to 2^53-1. Larger numbers (cgroup v1's "no limit") become `'unlimited'` in the parser. */
export type Bytes = number;

/** A memory limit as a cgroup states it. */
export type MemoryLimit = Bytes | 'unlimited';

/** Whole milliseconds since 1970-01-01T00:00:00Z. Properties end in `AtMs`. */
export type EpochMs = number;

/** A duration in milliseconds. Properties end in `Ms`. */
export type Milliseconds = number;

/** A duration in seconds; may have a fraction. Properties end in `Seconds`. */
export type Seconds = number;

/** 0 to 1. Properties end in `Ratio`. */
export type Ratio = number;

/** Memory pages as the kernel's process table counts them; 4 KiB unless the kernel says otherwise. */
export type Pages = number;

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
