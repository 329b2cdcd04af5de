/** One line of a node's journal to the record it proves. Which file, node and instant it came from is the scanner's part. */
import { cleanText } from '../model/clean-text.ts';
import { LINE_LIMIT } from './node-log-fields.ts';
import type { LineMatcher, NodeLogMatch } from './node-log-fields.ts';
import { KUBELET_MATCHERS } from './node-log-kubelet.ts';
import { RUNTIME_MATCHERS } from './node-log-runtime.ts';
import { SYSTEM_MATCHERS } from './node-log-system.ts';

export type { NodeLogMatch } from './node-log-fields.ts';

const MATCHERS: readonly LineMatcher[] = [...RUNTIME_MATCHERS, ...KUBELET_MATCHERS, ...SYSTEM_MATCHERS];

/** Every line that {@link matchNodeLogLine} accepts contains one of these (case-sensitive, within the first 8 KiB). */
export const NODE_LOG_NEEDLES: readonly string[] = [...new Set(MATCHERS.map((matcher) => matcher.needle))];

/**
 * Reads one journal line. `message` may still carry the klog or logrus prefix and the syslog tag; `unit` is the
 * systemd unit or the syslog tag (`kubelet`, `containerd.service`), where known. Only the first 8 KiB are looked at.
 */
export function matchNodeLogLine(message: string, unit: string | undefined): NodeLogMatch | undefined {
  const head = message.length > LINE_LIMIT ? message.slice(0, LINE_LIMIT) : message;
  const found = MATCHERS.filter((matcher) => head.includes(matcher.needle));
  if (found.length === 0) return undefined;
  const raw = cleanText(head, LINE_LIMIT);
  const text = {
    raw,
    plain: raw.includes('\\"') ? raw.replaceAll('\\"', '"') : raw,
    unit: unit?.toLowerCase().replace(/\.service$/, ''),
  };
  for (const matcher of found) {
    const match = matcher.read(text);
    if (match !== undefined) return match;
  }
  return undefined;
}
