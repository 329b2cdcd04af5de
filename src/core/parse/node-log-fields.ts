/**
 * Reads single values out of a journal line: `key="value"` of klog, the same keys of klog's JSON format, and
 * container or pod identifiers inside cgroup and unit names.
 */
import type { LoggedContainer, NodeLogRecord } from '../model/node-log.ts';
import { parseCgroupPath } from './cgroup-path.ts';

type WithoutOrigin<T> = T extends unknown ? Omit<T, 'id' | 'source' | 'atMs' | 'nodeName' | 'line'> : never;

/** What a journal line says, before the scanner adds where and when it was written. */
export type NodeLogMatch = WithoutOrigin<NodeLogRecord>;

/** A line as the matchers see it. */
export interface JournalText {
  /** As written, cut to {@link LINE_LIMIT}. */
  readonly raw: string;
  /** The same with `\"` turned into `"`: logrus quotes the whole message. */
  readonly plain: string;
  /** systemd unit or syslog tag, in lower case, without `.service`. */
  readonly unit: string | undefined;
}

/** One shape of line. `needle` occurs in every line that `read` can accept. */
export interface LineMatcher {
  readonly needle: string;
  readonly read: (text: JournalText) => NodeLogMatch | undefined;
}

/** Everything that decides stands in the first kilobytes; a longer line is a dump or an attack. */
export const LINE_LIMIT = 8192;

/** Values longer than this are not names, ids or messages of the components read here. */
const VALUE_LIMIT = 1024;

/**
 * The value of the first `name=` or `"name":` in a klog line. Quoted values end at the first quote that is not
 * escaped. Later repetitions (in a probe's output, say) are never reached.
 */
export function logField(line: string, name: string): string | undefined {
  const text = textField(line, name);
  return text ?? jsonField(line, name);
}

function textField(line: string, name: string): string | undefined {
  const at = line.indexOf(` ${name}=`);
  if (at < 0) return undefined;
  const start = at + name.length + 2;
  if (line[start] === '"') return quoted(line, start + 1);
  const rest = line.slice(start, start + VALUE_LIMIT);
  const value = /^[^\s"]+/.exec(rest)?.[0];
  return value;
}

function jsonField(line: string, name: string): string | undefined {
  const key = `"${name}":`;
  const at = line.indexOf(key);
  if (at < 0) return undefined;
  const start = at + key.length;
  if (line[start] === '"') return quoted(line, start + 1);
  return /^-?\d+(?:\.\d+)?|^true|^false/.exec(line.slice(start, start + 32))?.[0];
}

function quoted(line: string, start: number): string | undefined {
  const end = Math.min(line.length, start + VALUE_LIMIT);
  for (let index = start; index < end; index += 1) {
    if (line[index] === '\\') index += 1;
    else if (line[index] === '"') return line.slice(start, index).replaceAll(/\\(.)/g, '$1');
  }
  return undefined;
}

/** A whole number, or undefined for anything else. */
export function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^-?\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}

const POD_NAME = /^[a-z0-9](?:[-a-z0-9.]{0,252})$/;

/** `namespace/name`, or klog's JSON object, or the old `name_namespace(uid)`. */
export function podField(line: string): Pick<LoggedContainer, 'namespace' | 'pod' | 'podUid'> {
  const object = /"pod":\{"name":"([^"]{1,253})"(?:,"namespace":"([^"]{1,63})")?/.exec(line);
  if (object?.[1] !== undefined) {
    return { pod: object[1], ...(object[2] === undefined ? {} : { namespace: object[2] }) };
  }
  return splitPod(textField(line, 'pod'));
}

/** Splits `namespace/name`. */
export function splitPod(text: string | undefined): Pick<LoggedContainer, 'namespace' | 'pod'> {
  if (text === undefined) return {};
  const slash = text.indexOf('/');
  const namespace = slash < 0 ? undefined : text.slice(0, slash);
  const pod = text.slice(slash + 1);
  if (!POD_NAME.test(pod)) return {};
  return { pod, ...(namespace === undefined || !POD_NAME.test(namespace) ? {} : { namespace }) };
}

/** `name_namespace(uid)`, the form of kubelets up to 1.20. */
export function oldPod(text: string): Pick<LoggedContainer, 'namespace' | 'pod' | 'podUid'> {
  const match = /([a-z0-9][-a-z0-9.]{0,252})_([a-z0-9][-a-z0-9]{0,62})\(([-0-9a-f]{16,64})\)/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined) return {};
  return { pod: match[1], namespace: match[2], podUid: match[3] };
}

/** `containerd://<id>` or a bare id. */
export function bareContainerId(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  return /^(?:[a-z-]{1,20}:\/\/)?([0-9a-f]{12,64})$/.exec(text)?.[1];
}

/** Container and pod named by a systemd unit or a cgroup path. */
export function containerOfUnit(unit: string): Pick<LoggedContainer, 'containerId' | 'podUid'> {
  const { containerId, podUid } = parseCgroupPath(unit);
  return {
    ...(containerId === undefined ? {} : { containerId }),
    ...(podUid === undefined ? {} : { podUid }),
  };
}

/** Pod, container and ids of a structured kubelet line, whatever of them it names. */
export function kubeletContainer(line: string): LoggedContainer {
  const podUid = logField(line, 'podUID');
  const container = logField(line, 'containerName');
  const containerId = bareContainerId(logField(line, 'containerID'));
  return {
    ...podField(line),
    ...(podUid === undefined || !/^[-0-9a-f]{8,64}$/.test(podUid) ? {} : { podUid }),
    ...(container === undefined ? {} : { container }),
    ...(containerId === undefined ? {} : { containerId }),
  };
}
