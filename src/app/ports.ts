/** What the use cases need from the outside world. Adapters implement these; only the CLI's wiring constructs adapters. */
import type { BundlePart } from '../core/model/bundle.ts';

/** What the user asked about, parsed from TARGET and flags. */
export type Target =
  /** Nothing named: the newest death. */
  | { readonly kind: 'newest' }
  /** `-A`, or every death of one namespace. */
  | { readonly kind: 'all' }
  | {
      readonly kind: 'object';
      /** Kubernetes kind (`Pod`, `Deployment`, …) where the user said `deploy/x`; absent for a bare name. */
      readonly objectKind?: string;
      readonly name: string;
      readonly container?: string;
    };

export interface Scope {
  /** Absent with `allNamespaces`, or where the input decides (files). */
  readonly namespace?: string;
  readonly allNamespaces: boolean;
  /** `-l`: pods with these labels only. */
  readonly labelSelector?: string;
}

export interface Progress {
  readonly what: string;
  readonly done: number;
  readonly total?: number;
  readonly unit: string;
}

export interface CollectRequest {
  readonly target: Target;
  readonly scope: Scope;
  /** `why` wants all about one target; `kills` every death, lean; `top` every pod with what it uses now. */
  readonly depth: 'why' | 'kills' | 'top';
  /** `--node-access`: kubelet endpoints and node logs may be read through nodes/proxy. */
  readonly nodeAccess: boolean;
  /** Lines of each container log to keep; 0 = `--no-logs`. */
  readonly logLines: number;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

/**
 * One way to evidence: a live cluster, or files. A refused permission or an unreadable file is a gap in the
 * returned part; only a source that gives nothing at all throws `SourceError`.
 */
export interface EvidenceSource {
  readonly name: string;
  collect(request: CollectRequest): Promise<BundlePart>;
}

export type SourceErrorCode =
  | 'unreachable'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'bad-config'
  | 'unreadable'
  | 'timeout'
  | 'protocol'
  | 'aborted';

/** Why a source gave nothing. The message states facts; the front end adds the advice by `code`. */
export class SourceError extends Error {
  readonly code: SourceErrorCode;
  constructor(code: SourceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SourceError';
    this.code = code;
  }
}
