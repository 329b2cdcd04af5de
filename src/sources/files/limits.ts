import { GIB, KIB, MIB, type Bytes } from '../../core/units.ts';

/** Bounds that keep hostile or huge input from filling memory or running for ever. */
export interface FileLimits {
  /** Files looked at in folders and archives together. */
  readonly maxFiles: number;
  /** Folder depth below a path that the user named. */
  readonly maxDepth: number;
  /** Bytes read after unpacking, over all inputs. */
  readonly maxTotalBytes: Bytes;
  /** One JSON document, one YAML document or one item of a list. */
  readonly maxDocumentBytes: Bytes;
  /** The same for YAML (aliases expanded), whose parser needs ten times the memory. */
  readonly maxYamlBytes: Bytes;
  readonly maxYamlNodes: number;
  /** Values in one JSON document. */
  readonly maxDocumentNodes: number;
  /** Nesting of one document. */
  readonly maxDocumentDepth: number;
  /** Text that is parsed as a whole (`describe`, cgroup counters). */
  readonly maxTextBytes: Bytes;
  /** A zip file that does not lie on disk and therefore has to be held in memory. */
  readonly maxHeldArchiveBytes: Bytes;
  /** Archives within archives: 2 = one level. */
  readonly maxArchiveDepth: number;
  /** Unpacked to packed size, checked once `ratioFreeBytes` were unpacked. Deflate alone reaches 1032. */
  readonly maxRatio: number;
  readonly ratioFreeBytes: Bytes;
  /** Read from the end of each container log. */
  readonly maxTailBytes: Bytes;
  /** Kept of all container logs together. */
  readonly maxTailsBytes: Bytes;
  /** Gaps named one by one; the rest is counted. */
  readonly maxGaps: number;
}

export const DEFAULT_LIMITS: FileLimits = {
  maxFiles: 500_000,
  maxDepth: 40,
  maxTotalBytes: 32 * GIB,
  maxDocumentBytes: 128 * MIB,
  maxYamlBytes: 32 * MIB,
  maxYamlNodes: 1_000_000,
  maxDocumentNodes: 4_000_000,
  maxDocumentDepth: 100,
  maxTextBytes: 64 * MIB,
  maxHeldArchiveBytes: 256 * MIB,
  maxArchiveDepth: 2,
  maxRatio: 400,
  ratioFreeBytes: 64 * MIB,
  maxTailBytes: 64 * KIB,
  maxTailsBytes: 32 * MIB,
  maxGaps: 100,
};
