/**
 * Cgroup path to pod and container, for every layout of the kubelet (pkg/kubelet/cm/cgroup_manager_linux.go) and of
 * containerd, CRI-O and Docker under both cgroup drivers.
 */
import type { CgroupRef } from '../model/kernel.ts';

/** PATH_MAX of Linux; the kernel prints no longer path. */
const PATH_LIMIT = 4096;

/** `kubepods.slice`, `kubepods`, and kind's `kubelet-kubepods.slice`; the group holds what follows. */
const KUBEPODS = /^(?:[\w.]+-)*kubepods(-[^/]*)?$/;
const CONTAINER_ID = /^(?:[a-z][a-z0-9_.]*-)*([0-9a-f]{64})(?:\.scope)?$/;
const UUID_TEMPLATE = 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx';
const CONFIG_HASH_LENGTH = 32;

/**
 * Reads a path as the kernel prints it (`oom_memcg=`, `task_memcg=`, `Task in …`), or a bare leaf (`cpuset=`).
 *
 * Of nested clusters the innermost pod counts. CRI-O's monitor (`crio-conmon-<id>`) yields the container it watches.
 * A path that the kernel's record limit cut yields only what is whole: never half a UID or half an ID.
 */
export function parseCgroupPath(path: string): CgroupRef {
  const text = path.slice(0, PATH_LIMIT).trim();
  // A containerd that runs with the wrong cgroup driver joins slice, prefix and ID with colons in one segment.
  const segments = text.split(/[/:]/).filter((segment) => segment !== '');
  if (segments.length === 0) return { path: text, level: text.startsWith('/') ? 'root' : 'other' };
  const podAt = segments.findLastIndex((_, index) => podName(segments, index) !== undefined);
  if (podAt >= 0) return podRef(text, segments, podAt);
  const id = lastContainerId(segments);
  return { path: text, level: outerLevel(segments), ...(id === undefined ? {} : { containerId: id }) };
}

function podRef(path: string, segments: readonly string[], podAt: number): CgroupRef {
  const uid = wholeUid(podName(segments, podAt) ?? '');
  const below = segments.slice(podAt + 1);
  // The second segment counts only where the first holds no ID (`:cri-containerd:<id>`).
  const id = containerIdOf(below[0]) ?? containerIdOf(below[1]);
  return {
    path,
    level: below.length === 0 ? 'pod' : 'container',
    ...(uid === undefined ? {} : { podUid: uid }),
    ...(id === undefined ? {} : { containerId: id }),
  };
}

/** What follows `pod` in a pod's segment, with dashes; undefined where the segment is none. */
function podName(segments: readonly string[], index: number): string | undefined {
  const segment = segments[index] ?? '';
  const systemd = /^(?:[\w.]+-)*kubepods(?:-(?:burstable|besteffort|guaranteed))?-pod([^/]+)$/.exec(segment);
  // The suffix itself may be cut: `.sli`.
  if (systemd?.[1] !== undefined) return systemd[1].replace(/\.[a-z]*$/, '').replaceAll('_', '-');
  const plain = /^pod([0-9A-Za-z_.-]+)$/.exec(segment);
  if (plain?.[1] === undefined) return undefined;
  const insideKubepods = segments.slice(0, index).some((outer) => KUBEPODS.test(outer));
  return insideKubepods || isWholeUid(plain[1]) ? plain[1] : undefined;
}

function isWholeUid(uid: string): boolean {
  return (uid.length === UUID_TEMPLATE.length && startsUuid(uid)) || /^[0-9a-f]{32}$/.test(uid);
}

/** Undefined where the text is the beginning of a UUID or of a config hash, that is, was cut. */
function wholeUid(uid: string): string | undefined {
  if (isWholeUid(uid)) return uid;
  const cut = startsUuid(uid) || (uid.length < CONFIG_HASH_LENGTH && /^[0-9a-f]*$/.test(uid));
  // Any other text is a UID that somebody wrote into a static pod's manifest.
  return cut ? undefined : uid;
}

function startsUuid(text: string): boolean {
  if (text.length > UUID_TEMPLATE.length) return false;
  for (let index = 0; index < text.length; index += 1) {
    const wanted = UUID_TEMPLATE[index] === '-' ? /-/ : /[0-9a-fA-F]/;
    if (!wanted.test(text[index] ?? '')) return false;
  }
  return true;
}

function lastContainerId(segments: readonly string[]): string | undefined {
  const holder = segments.findLast((segment) => CONTAINER_ID.test(segment));
  return containerIdOf(holder);
}

function containerIdOf(segment = ''): string | undefined {
  return CONTAINER_ID.exec(segment)?.[1];
}

function outerLevel(segments: readonly string[]): CgroupRef['level'] {
  const last = segments.at(-1) ?? '';
  if (/^(?:[\w.]+-)*kubepods(?:\.slice)?$/.test(last)) return 'kubepods';
  if (/^(?:[\w.]+-)*kubepods-(?:burstable|besteffort)(?:\.slice)?$/.test(last)) return 'qos';
  if ((last === 'burstable' || last === 'besteffort') && segments.at(-2) === 'kubepods') return 'qos';
  // The UID was cut away, the pod was not.
  if (/kubepods(?:-(?:burstable|besteffort))?-pod$/.test(last)) return 'pod';
  return 'other';
}
