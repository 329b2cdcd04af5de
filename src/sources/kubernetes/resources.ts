/** Where kinds live in the API, and what RBAC calls them. */

export interface Resource {
  /** `/api/v1` or `/apis/GROUP/VERSION`. */
  readonly prefix: string;
  readonly plural: string;
  /** As RBAC and `kubectl auth can-i` spell it: `pods`, `replicasets.apps`. */
  readonly rbac: string;
}

function core(plural: string): Resource {
  return { prefix: '/api/v1', plural, rbac: plural };
}

function grouped(group: string, version: string, plural: string): Resource {
  return { prefix: `/apis/${group}/${version}`, plural, rbac: `${plural}.${group}` };
}

export const PODS = core('pods');
export const EVENTS = core('events');
export const NODES = core('nodes');
export const POD_LOGS: Resource = { prefix: '/api/v1', plural: 'pods', rbac: 'pods/log' };
export const NODE_PROXY: Resource = { prefix: '/api/v1', plural: 'nodes', rbac: 'nodes/proxy' };
export const POD_METRICS: Resource = grouped('metrics.k8s.io', 'v1beta1', 'pods');
export const REPLICA_SETS = grouped('apps', 'v1', 'replicasets');
export const CONTROLLER_REVISIONS = grouped('apps', 'v1', 'controllerrevisions');
export const JOBS = grouped('batch', 'v1', 'jobs');

/** Kinds that own pods, most common first: the order in which a bare name is looked up. */
export const WORKLOADS: ReadonlyMap<string, Resource> = new Map([
  ['Deployment', grouped('apps', 'v1', 'deployments')],
  ['StatefulSet', grouped('apps', 'v1', 'statefulsets')],
  ['DaemonSet', grouped('apps', 'v1', 'daemonsets')],
  ['CronJob', grouped('batch', 'v1', 'cronjobs')],
  ['Job', JOBS],
  ['ReplicaSet', REPLICA_SETS],
  ['ReplicationController', core('replicationcontrollers')],
]);

/** Collection, or one object with `name`. Every part is encoded: names come from users and from the cluster. */
export function pathOf(
  resource: Resource,
  at: { readonly namespace?: string; readonly name?: string },
): string {
  const namespace = at.namespace === undefined ? '' : `/namespaces/${encodeURIComponent(at.namespace)}`;
  const name = at.name === undefined ? '' : `/${encodeURIComponent(at.name)}`;
  return `${resource.prefix}${namespace}/${resource.plural}${name}`;
}
