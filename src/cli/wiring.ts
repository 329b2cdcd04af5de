/** The only place that constructs sources. Everything is loaded when it is first needed. */
import type { ClusterProbe } from '../app/check.ts';
import type { HistoryStore, KeptDeaths, SampleSource } from '../app/collect-ports.ts';
import type { HistorySource } from '../app/history-ports.ts';
import type { EvidenceSource } from '../app/ports.ts';
import type { BundleSink, DeathFeed } from '../app/record.ts';
import type { JudgeOptions } from '../app/judge.ts';
import type { MemoryAnalysis, MemoryQuestion } from '../core/memory/types.ts';
import type { BundlePart } from '../core/model/bundle.ts';
import type { DiagnosisReport } from '../core/model/diagnosis.ts';
import type { PodEvidence } from '../core/model/kubernetes.ts';
import type { CliContext } from './context.ts';
import type { Flags } from './flags.ts';
import { namesMemory } from './memory-flags.ts';
import type { ParsedTarget } from './target.ts';

export interface MemorySearch {
  /** Also a Prometheus that is found in the cluster. */
  readonly search: boolean;
  /** Also the files of `-f`. */
  readonly files: boolean;
}

/** Memory over time, and the deaths that were kept beside it. */
export interface MemorySources {
  readonly histories: readonly HistorySource[];
  readonly kept?: KeptDeaths;
  readonly close: () => void;
}

export interface CollectorWiring {
  readonly source: SampleSource;
  readonly feed: DeathFeed;
  readonly store: HistoryStore;
  readonly close: () => void;
}

export const NO_MEMORY: MemorySources = { histories: [], close: () => {} };

export interface Wiring {
  files(paths: readonly string[]): Promise<EvidenceSource>;
  cluster(flags: Flags): Promise<EvidenceSource>;
  /** A kubeconfig or an in-cluster account is at hand. Cheap; does not connect. */
  hasCluster(flags: Flags): Promise<boolean>;
  /** For `check`. Throws `SourceError` (`bad-config`). */
  probe(flags: Flags): Promise<{ readonly probe: ClusterProbe; readonly close: () => void }>;
  /** For `record --watch`. Throws `SourceError` (`bad-config`). */
  deathFeed(
    flags: Flags,
    target: ParsedTarget | undefined,
  ): Promise<{
    readonly feed: DeathFeed;
    readonly close: () => void;
    readonly wanted?: (pod: PodEvidence) => boolean;
  }>;
  /** Where `record` writes. */
  sink(out: string, options: { readonly force: boolean; readonly watch: boolean }): Promise<BundleSink>;
  /**
   * Where memory over time is read: what flags and environment name. Nothing is asked before it is read. Call `close` at
   * the end. Throws `SourceError` (`bad-config`).
   */
  memorySources(flags: Flags, how: MemorySearch): Promise<MemorySources>;
  /** For `collect`: who measures, the watch of pods, and the file. Throws `SourceError`. */
  collector(flags: Flags, path: string): Promise<CollectorWiring>;
  /** Loads the analysis of memory over time. */
  analyse(): Promise<(question: MemoryQuestion) => MemoryAnalysis>;
  /** Loads the judgement. */
  judge(): Promise<(parts: readonly BundlePart[], options: JudgeOptions) => DiagnosisReport>;
}

export function createWiring(context: CliContext): Wiring {
  let { stdin } = context;
  return {
    files: async (paths) => {
      const { createFilesSource } = await import('../sources/files/index.ts');
      return createFilesSource({ paths, stdin, nowMs: context.now() });
    },
    cluster: async (flags) => lazyCluster(connectionOptions(context, flags)),
    hasCluster: async (flags) => {
      const { hasClusterConfig } = await import('../sources/kubernetes/index.ts');
      return hasClusterConfig(connectionOptions(context, flags));
    },
    probe: async (flags) => {
      const { createClusterProbe } = await import('../sources/kubernetes/index.ts');
      return createClusterProbe(connectionOptions(context, flags));
    },
    deathFeed: async (flags, target) => {
      const { podsOfTarget } = await import('../app/record.ts');
      const { createDeathFeed } = await import('../sources/kubernetes/index.ts');
      const feed = await createDeathFeed(connectionOptions(context, flags));
      if (target === undefined) return feed;
      const { name, objectKind } = target;
      const wanted = podsOfTarget({
        kind: 'object',
        name,
        ...(objectKind === undefined ? {} : { objectKind }),
      });
      return wanted === undefined ? feed : { ...feed, wanted };
    },
    sink: async (out, options) => (await import('../store/bundle-files.ts')).bundleSink(out, options),
    memorySources: async (flags, how) => {
      if (!namesMemory(flags, context.env, how)) return NO_MEMORY;
      const { memorySources, sharedStdin } = await import('./history-wiring.ts');
      // Evidence and history are read from the same input, one after the other.
      if (how.files && flags.filename.includes('-')) stdin = sharedStdin(context.stdin);
      return memorySources({ context, flags, stdin }, how);
    },
    collector: async (flags, path) =>
      (await import('./history-wiring.ts')).collectorWiring(context, flags, path),
    analyse: async () => (await import('../core/memory/analyse.ts')).analyseMemory,
    judge: async () => (await import('../app/judge.ts')).judgeParts,
  };
}

/** Connects when it is asked to collect, so that a bad kubeconfig is a failed source and no broken run. */
function lazyCluster(options: ReturnType<typeof connectionOptions>): EvidenceSource {
  return {
    name: 'the cluster',
    collect: async (request) => {
      const { createClusterSource } = await import('../sources/kubernetes/index.ts');
      return (await createClusterSource(options)).collect(request);
    },
  };
}

/** The flags that say how to reach a cluster. */
type ConnectionFlags = Pick<
  Flags,
  'asGroup' | 'filename' | 'kubeconfig' | 'context' | 'cluster' | 'user' | 'as' | 'requestTimeout'
>;

/** Flags as the Kubernetes client takes them. */
export function connectionOptions(context: CliContext, flags: ConnectionFlags) {
  const { kubeconfig, context: contextName, cluster, user, as, requestTimeout } = flags;
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(contextName === undefined ? {} : { context: contextName }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(user === undefined ? {} : { user }),
    ...(as === undefined ? {} : { as }),
    ...(flags.asGroup.length === 0 ? {} : { asGroups: flags.asGroup }),
    ...(requestTimeout === undefined ? {} : { timeoutMs: requestTimeout }),
    env: context.env,
    homeDir: context.homeDir,
    interactive: context.stdin.isTerminal && !flags.filename.includes('-'),
    version: context.version,
  };
}
