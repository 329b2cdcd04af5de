/** Stand-ins for tests of this room. */
import { createFilesSourceWith, type FilesSourceOptions } from './source.ts';
import type { CollectRequest, Progress } from '../../app/ports.ts';
import type { BundlePart, EvidenceBundle, EvidenceGap } from '../../core/model/bundle.ts';
import { fault, ok } from '../../core/model/result.ts';
import { parseObject } from '../../core/parse/object.ts';
import type { Parsers } from './parsers.ts';

/** Real object parser; text parsers that only note that they were asked, and how long the text was. */
export const standInParsers: Parsers = {
  parseObject,
  parseDescribe: (text, { source }) => ({
    pods: [
      {
        id: `described:${text.length}`,
        origin: 'describe',
        source,
        namespace: 'described',
        name: 'described',
        conditions: [],
        memoryVolumes: [],
        containers: [],
      },
    ],
  }),
  readBundle: (raw) => {
    const bundle = raw as EvidenceBundle;
    return Array.isArray(bundle.pods) ? ok(bundle) : fault('bundle.shape', 'no pods');
  },
  mergeParts: (parts) => joined(parts),
  readTextLog: async (stream, { source, nodeName }) => {
    let text = '';
    for await (const chunk of stream) text += Buffer.from(chunk).toString('utf8').slice(0, 100_000);
    if (!/oom|kernel/i.test(text)) return {};
    return { logCoverage: [{ source, log: 'kernel', ...(nodeName === undefined ? {} : { nodeName }) }] };
  },
};

function joined(parts: readonly BundlePart[]): BundlePart {
  const out: Record<string, unknown> = {};
  for (const part of parts) {
    for (const [name, value] of Object.entries(part)) {
      const before = out[name];
      out[name] = Array.isArray(before) && Array.isArray(value) ? before.concat(value) : value;
    }
  }
  return out;
}

export function request(changes: Partial<CollectRequest> = {}): CollectRequest {
  return {
    target: { kind: 'all' },
    scope: { allNamespaces: true },
    depth: 'why',
    nodeAccess: false,
    logLines: 10,
    signal: new AbortController().signal,
    ...changes,
  };
}

export const NOW_MS = Date.UTC(2030, 0, 1);

/** Collects from paths or, with `stdin`, from bytes in memory. */
export function collectFiles(
  options: Partial<FilesSourceOptions> & {
    readonly parsers?: Partial<Parsers>;
    readonly request?: Partial<CollectRequest>;
  },
): Promise<BundlePart> {
  const { parsers, request: changes, ...rest } = options;
  const source = createFilesSourceWith(
    { ...standInParsers, ...parsers },
    { paths: ['-'], nowMs: NOW_MS, ...rest },
  );
  return source.collect(request(changes));
}

/** The part, or the error's message as a gap, whichever came. */
export async function outcome(
  bytes: Uint8Array | string,
): Promise<{ part: BundlePart; said: readonly string[] }> {
  try {
    const part = await collectFiles({ stdin: bytesOf(bytes) });
    return { part, said: (part.gaps ?? []).map((gap: EvidenceGap) => gap.what) };
  } catch (error) {
    return { part: {}, said: [(error as Error).message] };
  }
}

/** A stream of the bytes in chunks of at most `chunkBytes`. */
export async function* bytesOf(bytes: Uint8Array | string, chunkBytes = 1 << 16): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.from(bytes as Uint8Array);
  for (let at = 0; at < buffer.length; at += chunkBytes) yield buffer.subarray(at, at + chunkBytes);
}

export function progressLog(): {
  readonly seen: Progress[];
  readonly onProgress: (progress: Progress) => void;
} {
  const seen: Progress[] = [];
  return { seen, onProgress: (progress) => seen.push(progress) };
}
