/** PromQL that this room asks. Nothing here is sent. */
import type { Milliseconds } from '../../core/units.ts';

/** Which pods of one namespace. */
export interface Shard {
  readonly namespace: string;
  /** Absent = every pod of the namespace. */
  readonly pods?: readonly string[];
  readonly container?: string;
}

export interface LabelNames {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

export const PLAIN_LABELS: LabelNames = { namespace: 'namespace', pod: 'pod', container: 'container' };
/** Without `honorLabels` a scrape renames the labels that kube-state-metrics gives. */
export const EXPORTED_LABELS: LabelNames = {
  namespace: 'exported_namespace',
  pod: 'exported_pod',
  container: 'exported_container',
};

/** Real containers: not the pod's sum (no container), not the sandbox. */
export function realContainers(hasImages: boolean): readonly string[] {
  return ['container!=""', 'container!="POD"', ...(hasImages ? ['image!=""'] : [])];
}

/** `metric{namespace="a",pod=~"b|c",…}`. */
export function selector(
  metric: string,
  shard: Shard | undefined,
  how: { readonly labels?: LabelNames; readonly matchers?: readonly string[] } = {},
): string {
  const { labels = PLAIN_LABELS, matchers = [] } = how;
  const terms = [...matchers];
  if (shard !== undefined) {
    terms.push(`${labels.namespace}=${quoted(shard.namespace)}`);
    if (shard.pods !== undefined) terms.push(podMatcher(labels.pod, shard.pods));
    if (shard.container !== undefined && labels.container !== '')
      terms.push(`${labels.container}=${quoted(shard.container)}`);
  }
  return terms.length === 0 ? metric : `${metric}{${terms.join(',')}}`;
}

/** Names written out one by one: servers look such alternations up in the index instead of trying every pod. */
function podMatcher(label: string, pods: readonly string[]): string {
  const [only] = pods;
  if (pods.length === 1 && only !== undefined) return `${label}=${quoted(only)}`;
  return `${label}=~${quoted(pods.map(escapedForRegex).join('|'))}`;
}

export function escapedForRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** `90s`: whole seconds are legal everywhere. */
export function duration(ms: Milliseconds): string {
  return `${Math.max(1, Math.ceil(ms / 1000))}s`;
}

/** How the value of one step comes from the samples within it. */
export type Over = 'plain' | 'max' | 'last';

/**
 * `plain` = the newest sample at each step (not older than the server's lookback, 5 minutes): unbiased, right for floors
 * and trends, blind for peaks between steps. `max` keeps those. `last` is for what rarely changes: a container that
 * lived between two steps is seen.
 */
export function sampled(selected: string, over: Over, stepMs: Milliseconds): string {
  return over === 'plain' ? selected : `${over}_over_time(${selected}[${duration(stepMs)}])`;
}

/**
 * One series per group, where several scrapers see one container. Asked for only then: in Prometheus 2.42 it takes five
 * times as long as the bare selector.
 */
export function grouped(expression: string, by: readonly string[]): string {
  return `max by (${by.join(',')}) (${expression})`;
}

/** Per second, counter resets survived; rounded at the server because digits are bytes. */
export function perSecond(
  selected: string,
  how: { readonly windowMs: Milliseconds; readonly round: number; readonly by?: readonly string[] },
): string {
  const rate = `rate(${selected}[${duration(how.windowMs)}])`;
  return `round(${how.by === undefined ? rate : `sum by (${how.by.join(',')}) (${rate})`}, ${how.round})`;
}
