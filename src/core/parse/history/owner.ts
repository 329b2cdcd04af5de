/** Whose a pod is, from what kube-state-metrics says of it, or from its name alone. */

export interface Owner {
  readonly kind: string;
  readonly name: string;
}

/** What Kubernetes' generated names are made of (apimachinery pkg/util/rand: no vowels, no 0, 1, 3). */
const SUFFIX = '[bcdfghjklmnpqrstvwxz2456789]';
const DEPLOYMENT_POD = new RegExp(`^(.+)-${SUFFIX}{6,10}-${SUFFIX}{5}$`);
const CRON_JOB_POD = new RegExp(`^(.+)-\\d{8,10}-${SUFFIX}{5}$`);
const NUMBERED_POD = /^(.+)-\d{1,5}$/;
const GENERATED_POD = new RegExp(`^(.+)-${SUFFIX}{5}$`);
const TEMPLATE_HASH = new RegExp(`^(.+)-${SUFFIX}{6,10}$`);
const CRON_JOB_RUN = /^(.+)-\d{8,10}$/;

/**
 * The top owner. A ReplicaSet with a template hash is its Deployment's, a Job with a scheduled minute its CronJob's.
 * Without an owner the name's form decides; absent where it tells nothing (a pod that nobody owns).
 */
export function ownerOf(
  pod: string,
  said: { readonly kind?: string | undefined; readonly name?: string | undefined } = {},
): Owner | undefined {
  const { kind, name } = said;
  // A static pod is the node's own.
  if (kind === '<none>' || kind === 'Node') return undefined;
  if (kind !== undefined && name !== undefined && kind !== '' && name !== '') {
    if (kind === 'ReplicaSet') return named('Deployment', TEMPLATE_HASH.exec(name)) ?? { kind, name };
    if (kind === 'Job') return named('CronJob', CRON_JOB_RUN.exec(name)) ?? { kind, name };
    return { kind, name };
  }
  return (
    named('CronJob', CRON_JOB_POD.exec(pod)) ??
    named('Deployment', DEPLOYMENT_POD.exec(pod)) ??
    named('StatefulSet', NUMBERED_POD.exec(pod)) ??
    named('DaemonSet', GENERATED_POD.exec(pod))
  );
}

function named(kind: string, match: RegExpExecArray | null): Owner | undefined {
  return match?.[1] === undefined ? undefined : { kind, name: match[1] };
}
