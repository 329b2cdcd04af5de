/**
 * Lines of the kubelet, structured (1.21 to 1.37, klog text and JSON) and unstructured (up to 1.20).
 * Texts from pkg/kubelet of Kubernetes 1.18 to 1.36: kubelet.go, kuberuntime_container.go, kuberuntime_manager.go,
 * prober.go, eviction_manager.go, preemption.go, nodeshutdown_manager_linux.go, oom_watcher_linux.go.
 */
import type { LoggedContainer } from '../model/node-log.ts';
import {
  bareContainerId,
  kubeletContainer,
  logField,
  oldPod,
  splitPod,
  wholeNumber,
} from './node-log-fields.ts';
import type { JournalText, LineMatcher, NodeLogMatch } from './node-log-fields.ts';

/** `Killing container with a grace period`; before 1.21 `Killing container "docker://…" with a 30 second grace period`. */
function kill({ raw }: JournalText): NodeLogMatch | undefined {
  const graceSeconds = wholeNumber(logField(raw, 'gracePeriod'));
  return {
    kind: 'kubelet-kill',
    ...kubeletContainer(raw),
    ...(graceSeconds === undefined || graceSeconds < 0 ? {} : { graceSeconds }),
  };
}

function oldKill({ plain }: JournalText): NodeLogMatch | undefined {
  const match = /Killing container "([^"]{12,96})" with (?:a )?(\d{1,9}) second grace period/.exec(plain);
  const containerId = bareContainerId(match?.[1]);
  const graceSeconds = wholeNumber(match?.[2]);
  if (containerId === undefined || graceSeconds === undefined) return undefined;
  return { kind: 'kubelet-kill', containerId, graceSeconds };
}

/** Why the kubelet restarts a container; `containerStatusID={"Type":"containerd","ID":"…"}` names the instance. */
function decision({ raw }: JournalText): NodeLogMatch | undefined {
  const message = logField(raw, 'containerMessage');
  if (message === undefined) return undefined;
  const id = /containerStatusID"?[=:](?:\{|&\{|"|"?\{)[^}]{0,80}?([0-9a-f]{64})/.exec(raw)?.[1];
  return {
    kind: 'kubelet-decision',
    message,
    ...kubeletContainer(raw),
    ...(id === undefined ? {} : { containerId: id }),
  };
}

/** `Container "c" ({"docker" "<id>"}) of pod p_ns(uid): Container c failed liveness probe, will be restarted`. */
function oldDecision({ plain }: JournalText): NodeLogMatch | undefined {
  const match =
    /Container "([^"]{1,63})" \(\{"[a-z-]{1,20}" "([0-9a-f]{12,64})"\}\) of pod (\S{1,400}): (.{1,300})/.exec(
      plain,
    );
  if (match?.[1] === undefined || match[3] === undefined || match[4] === undefined) return undefined;
  const containerId = bareContainerId(match[2]);
  return {
    kind: 'kubelet-decision',
    message: match[4],
    container: match[1],
    ...oldPod(match[3]),
    ...(containerId === undefined ? {} : { containerId }),
  };
}

function probeKind(text: string | undefined): 'liveness' | 'readiness' | 'startup' | undefined {
  const lower = text?.toLowerCase();
  return lower === 'liveness' || lower === 'readiness' || lower === 'startup' ? lower : undefined;
}

function probeFailed({ raw }: JournalText): NodeLogMatch | undefined {
  const probe = probeKind(logField(raw, 'probeType'));
  return probe === undefined ? undefined : { kind: 'probe-failed', probe, ...kubeletContainer(raw) };
}

/** `Liveness probe for "p_ns(uid):c" failed (failure): …`; `(unknown)` is an errored probe, which does not count. */
function oldProbeFailed({ plain }: JournalText): NodeLogMatch | undefined {
  const match =
    /(Liveness|Readiness|Startup) probe for "([^"]{1,400}):([^":]{1,63})" failed \(failure\)/.exec(plain);
  const probe = probeKind(match?.[1]);
  if (probe === undefined || match?.[2] === undefined || match[3] === undefined) return undefined;
  return { kind: 'probe-failed', probe, ...oldPod(match[2]), container: match[3] };
}

function preStopOverrun({ raw }: JournalText): NodeLogMatch {
  return { kind: 'prestop-overrun', ...kubeletContainer(raw) };
}

function postStartFailed({ raw }: JournalText): NodeLogMatch {
  return { kind: 'poststart-failed', ...kubeletContainer(raw) };
}

/** `"SyncLoop DELETE" source="api" pods=["ns/p"]`; before 1.21 `SyncLoop (DELETE, "api"): "p_ns(uid)"`. Names the first pod. */
function syncDelete({ raw }: JournalText): NodeLogMatch {
  return { kind: 'delete-requested', ...firstPod(raw) };
}

/** The first of `pods=["ns/p" …]`, of klog's JSON list, or of old `name_namespace(uid)` texts. */
function firstPod(raw: string): LoggedContainer {
  const object = /"pods":\[\{"name":"([^"]{1,253})","namespace":"([^"]{1,63})"/.exec(raw);
  if (object !== null) return splitPod(`${object[2]}/${object[1]}`);
  const listed = / pods=\["?([^\s"\],]{1,320})/.exec(raw)?.[1];
  return listed?.includes('/') === true ? splitPod(listed) : oldPod(raw.slice(0, 1000));
}

/**
 * PLEG ContainerDied: `event={"ID":"<uid>","Type":"ContainerDied","Data":"<id>"}` (1.26 on), `event=&{ID:… Type:… Data:…}`
 * (1.21 to 1.25), `&pleg.PodLifecycleEvent{ID:"…", Type:"ContainerDied", Data:"…"}` before. Its id may be the sandbox's.
 */
function containerDied({ raw }: JournalText): NodeLogMatch | undefined {
  const id = /Data"?:\s{0,2}"?([0-9a-f]{12,64})/.exec(raw)?.[1];
  const uid = /ID"?:\s{0,2}"?([0-9a-f]{8}-[-0-9a-f]{27})/.exec(raw)?.[1];
  if (id === undefined && uid === undefined) return undefined;
  return {
    kind: 'task-exit',
    ...kubeletContainer(raw),
    ...(id === undefined ? {} : { containerId: id }),
    ...(uid === undefined ? {} : { podUid: uid }),
  };
}

/** The text of a klog line: behind `file.go:123] `, and behind the quotes of the structured form. */
function klogText(raw: string): string {
  const file = raw.slice(0, 300).indexOf('.go:');
  const header = file < 0 ? null : /^\.go:\d{1,6}\] /.exec(raw.slice(file, file + 16));
  const body = header === null ? raw : raw.slice(file + header[0].length);
  const structured = /^"((?:[^"\\]|\\.){1,400})"/.exec(body)?.[1];
  return (structured ?? logField(raw, 'msg') ?? body).slice(0, 300);
}

function resourceOf(raw: string): string {
  const resource = logField(raw, 'resourceName');
  return resource === undefined ? '' : ` ${resource}`;
}

function eviction({ raw }: JournalText): NodeLogMatch {
  return {
    kind: 'eviction',
    message: `${klogText(raw)}${resourceOf(raw)}`,
    ...firstPod(raw),
    ...kubeletContainer(raw),
  };
}

function preemption({ raw }: JournalText): NodeLogMatch {
  return { kind: 'preemption', message: klogText(raw), ...firstPod(raw), ...kubeletContainer(raw) };
}

/** A cancelled shutdown prints the same text with `event=false` or `event="cancelled"`. */
function shutdown({ raw }: JournalText): NodeLogMatch | undefined {
  const event = logField(raw, 'event');
  if (event === 'false' || event === 'cancelled' || raw.includes('Now: false')) return undefined;
  return { kind: 'shutdown' };
}

/** The event as JSON, as Go's `%+v`, or as `&{11207 stress 2018-…`. */
function systemOom({ raw }: JournalText): NodeLogMatch {
  const named = /victim process: (.{1,32}?), pid: (\d{1,10})/.exec(raw);
  const positional = /&\{(\d{1,10}) (.{1,32}?) \d{4}-\d\d-\d\d/.exec(raw);
  const comm = named?.[1] ?? positional?.[2] ?? /ProcessName"?:"?([^"\s}]{1,32})/.exec(raw)?.[1];
  const pid = wholeNumber(named?.[2] ?? positional?.[1] ?? /Pid"?:(\d{1,10})/.exec(raw)?.[1]);
  return {
    kind: 'system-oom',
    ...(comm === undefined ? {} : { comm }),
    ...(pid === undefined ? {} : { pid }),
  };
}

export const KUBELET_MATCHERS: readonly LineMatcher[] = [
  { needle: 'Killing container with a grace period', read: kill },
  { needle: ' second grace period', read: oldKill },
  { needle: 'Message for Container of pod', read: decision },
  { needle: ' of pod ', read: oldDecision },
  { needle: '"Probe failed"', read: probeFailed },
  { needle: ' probe for "', read: oldProbeFailed },
  { needle: 'PreStop hook not completed in grace period', read: preStopOverrun },
  { needle: 'Failed to execute PostStartHook', read: postStartFailed },
  { needle: 'SyncLoop DELETE', read: syncDelete },
  { needle: 'SyncLoop REMOVE', read: syncDelete },
  { needle: 'SyncLoop (DELETE', read: syncDelete },
  { needle: 'SyncLoop (REMOVE', read: syncDelete },
  { needle: 'ContainerDied', read: containerDied },
  { needle: 'viction manager: must evict pod', read: eviction },
  { needle: 'viction manager: attempting to reclaim', read: eviction },
  { needle: 'is evicted successfully', read: eviction },
  { needle: 'evicted, waiting for pod to be cleaned up', read: eviction },
  { needle: 'evict pods in order to free up resources', read: preemption },
  { needle: 'in order to free up resources: ', read: preemption },
  { needle: 'Preempting pod to free up resources', read: preemption },
  { needle: 'Shutdown manager detected new shutdown event', read: shutdown },
  { needle: 'Shutdown manager killing pod with gracePeriod', read: shutdown },
  { needle: 'Got sys oom event', read: systemOom },
  { needle: 'System OOM encountered', read: systemOom },
];
