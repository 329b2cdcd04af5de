/** Lines of node journals (kubelet, containerd, CRI-O, systemd, userspace OOM daemons) that prove who killed whom. */
import type { EpochMs, Seconds } from '../units.ts';

interface NodeLogLine {
  readonly id: string;
  readonly source: string;
  readonly atMs?: EpochMs;
  readonly nodeName?: string;
  /** The line itself, cleaned and cut to 400 characters. */
  readonly line: string;
}

/** Which container a line speaks of: whatever the line names. */
export interface LoggedContainer {
  readonly containerId?: string;
  readonly podUid?: string;
  readonly namespace?: string;
  readonly pod?: string;
  readonly container?: string;
}

export type NodeLogRecord = NodeLogLine &
  (
    | ({ readonly kind: 'task-oom' } & LoggedContainer) // containerd: TaskOOM event
    | ({ readonly kind: 'scope-oom' } & LoggedContainer) // systemd: unit's process killed by the OOM killer / result 'oom-kill'
    | ({ readonly kind: 'task-exit'; readonly exitCode?: number } & LoggedContainer) // containerd TaskExit, PLEG ContainerDied
    | ({
        readonly kind: 'stop-requested';
        readonly timeoutSeconds?: Seconds;
        readonly signal?: string;
      } & LoggedContainer) // StopContainer … with timeout; Stop container … with signal
    | ({ readonly kind: 'sigkill-sent' } & LoggedContainer) // containerd: Kill container "<id>"; CRI-O: … timed out. Killing...
    | ({ readonly kind: 'shim-lost' } & LoggedContainer) // failed to get task exit status … ttrpc: closed: the shim died before its container's exit was known
    | ({ readonly kind: 'shim-left' } & LoggedContainer) // shim disconnected: containerd up to 1.7 says so after every exit
    | ({ readonly kind: 'shim-cleanup' } & LoggedContainer) // cleaning up after shim disconnected; alone, without shim-left: found dead when containerd started
    | ({ readonly kind: 'kubelet-kill'; readonly graceSeconds?: Seconds } & LoggedContainer) // Killing container with a grace period
    | ({ readonly kind: 'kubelet-decision'; readonly message: string } & LoggedContainer) // containerMessage: failed liveness probe, will be restarted …
    | ({
        readonly kind: 'probe-failed';
        readonly probe: 'liveness' | 'readiness' | 'startup';
      } & LoggedContainer)
    | ({ readonly kind: 'prestop-overrun' } & LoggedContainer) // PreStop hook not completed in grace period
    | ({ readonly kind: 'poststart-failed' } & LoggedContainer)
    | ({ readonly kind: 'eviction'; readonly message: string } & LoggedContainer) // eviction manager: pod evicted / must evict
    | ({ readonly kind: 'preemption'; readonly message: string } & LoggedContainer)
    | ({ readonly kind: 'delete-requested' } & LoggedContainer) // SyncLoop DELETE
    | ({ readonly kind: 'oomd-kill'; readonly cgroup: string; readonly reason?: string } & LoggedContainer)
    | { readonly kind: 'earlyoom-kill'; readonly pid: number; readonly comm: string; readonly signal: string }
    | { readonly kind: 'system-oom'; readonly comm?: string; readonly pid?: number } // kubelet's OOM watcher
    | { readonly kind: 'shutdown' } // kubelet shutdown manager
    | { readonly kind: 'service-started'; readonly service: 'kubelet' | 'containerd' | 'crio' | 'docker' }
    | {
        readonly kind: 'service-stopped';
        readonly service: 'kubelet' | 'containerd' | 'crio' | 'docker';
        readonly reason?: string;
      }
    | { readonly kind: 'boot' }
  );

/** The span that a kernel or journal log covers, so that silence inside it means something. */
export interface LogCoverage {
  readonly source: string;
  readonly log: 'kernel' | 'kubelet' | 'runtime' | 'system';
  readonly nodeName?: string;
  readonly fromMs?: EpochMs;
  readonly toMs?: EpochMs;
}

/** The last lines a container printed, redacted and bounded. */
export interface ContainerLogTail {
  readonly id: string;
  readonly source: string;
  readonly namespace: string;
  readonly pod: string;
  readonly podUid?: string;
  readonly container: string;
  /** Of the instance before the running one (`kubectl logs --previous`). */
  readonly previous: boolean;
  readonly lines: readonly string[];
  readonly truncated: boolean;
}
