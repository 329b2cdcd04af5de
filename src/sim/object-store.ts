/** Objects of the fake API server: kept as JSON text, listed in pages, with the selectors that are used here. */

export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface ResourcePath {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface StoredChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly resource: string;
  readonly namespace: string;
  readonly json: string;
}

interface Entry {
  readonly namespace: string;
  readonly name: string;
  readonly json: string;
}

/** `/api/v1/namespaces/ns/pods/p` and the like; undefined for anything else. */
export function parsePath(pathname: string): ResourcePath | undefined {
  const parts = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const core = parts[0] === 'api';
  if (!core && parts[0] !== 'apis') return undefined;
  const group = core ? '' : parts[1];
  const version = core ? parts[1] : parts[2];
  let rest = parts.slice(core ? 2 : 3);
  let namespace: string | undefined;
  if (rest[0] === 'namespaces' && rest.length > 2) {
    namespace = rest[1];
    rest = rest.slice(2);
  }
  const [plural, name] = rest;
  if (group === undefined || version === undefined || plural === undefined || rest.length > 2)
    return undefined;
  return {
    group,
    version,
    plural,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}

/** Plural of a kind by English rule, with the one exception that is served here. */
function pluralOf(kind: string): string {
  if (kind === 'PodMetrics') return 'pods';
  return `${kind.toLowerCase()}s`;
}

export class ObjectStore {
  readonly #resources = new Map<string, Map<string, Entry>>();
  readonly #listeners = new Set<(change: StoredChange) => void>();
  #history: StoredChange[] = [];
  version = 1;
  /** Watches from before this version are told 410. */
  compactedVersion = 0;

  put(object: ApiObject): void {
    const group = object.apiVersion.includes('/') ? (object.apiVersion.split('/')[0] ?? '') : '';
    this.version += 1;
    const json = JSON.stringify({
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(this.version) },
    });
    this.putText({
      group,
      plural: pluralOf(object.kind),
      namespace: object.metadata.namespace ?? '',
      name: object.metadata.name,
      json,
    });
  }

  /** For many large objects: text only, nothing parsed. */
  putText(item: { group: string; plural: string; namespace: string; name: string; json: string }): void {
    const resource = `${item.group}/${item.plural}`;
    const entries = this.#resources.get(resource) ?? new Map<string, Entry>();
    this.#resources.set(resource, entries);
    const key = `${item.namespace}/${item.name}`;
    const type = entries.has(key) ? 'MODIFIED' : 'ADDED';
    entries.set(key, { namespace: item.namespace, name: item.name, json: item.json });
    this.#record({ type, version: this.version, resource, namespace: item.namespace, json: item.json });
  }

  remove(resource: string, namespace: string, name: string): void {
    const entries = this.#resources.get(resource);
    const entry = entries?.get(`${namespace}/${name}`);
    if (entry === undefined) return;
    entries?.delete(`${namespace}/${name}`);
    this.version += 1;
    this.#record({ type: 'DELETED', version: this.version, resource, namespace, json: entry.json });
  }

  /** Forgets the history, as etcd's compaction does. */
  compact(): void {
    this.version += 1;
    this.compactedVersion = this.version;
    this.#history = [];
  }

  subscribe(listener: (change: StoredChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changesSince(version: number): readonly StoredChange[] {
    return this.#history.filter((change) => change.version > version);
  }

  selects(change: StoredChange, path: ResourcePath, query: URLSearchParams): boolean {
    if (change.resource !== `${path.group}/${path.plural}`) return false;
    if (path.namespace !== undefined && path.namespace !== change.namespace) return false;
    return matches(change.json, query);
  }

  /** JSON of an object or of a page of a list; undefined = not found. */
  read(path: ResourcePath, query: URLSearchParams): string | undefined {
    const entries = this.#resources.get(`${path.group}/${path.plural}`);
    if (path.name !== undefined) {
      return entries?.get(`${path.namespace ?? ''}/${path.name}`)?.json;
    }
    if (entries === undefined && !SERVED.has(`${path.group}/${path.plural}`)) return undefined;
    const inScope = [...(entries?.values() ?? [])].filter(
      (e) => path.namespace === undefined || e.namespace === path.namespace,
    );
    const selected =
      query.has('fieldSelector') || query.has('labelSelector')
        ? inScope.filter((e) => matches(e.json, query))
        : inScope;
    return this.#page(path, selected, query);
  }

  #page(path: ResourcePath, entries: readonly Entry[], query: URLSearchParams): string {
    const limit = Number(query.get('limit') ?? '0') || entries.length;
    const from = Number((query.get('continue') ?? '0').replace(/~+$/, ''));
    const items = entries.slice(from, from + limit);
    const left = entries.length - from - items.length;
    const more = left > 0 ? { continue: String(from + limit), remainingItemCount: left } : {};
    const head = JSON.stringify({
      kind: 'List',
      apiVersion: path.version,
      metadata: { resourceVersion: String(this.version), ...more },
    });
    return `${head.slice(0, -1)},"items":[${items.map((e) => e.json).join(',')}]}\n`;
  }

  #record(change: StoredChange): void {
    this.#history.push(change);
    if (this.#history.length > HISTORY_LENGTH) this.#history.shift();
    for (const listener of this.#listeners) listener(change);
  }
}

/** Changes a watch can catch up on. */
const HISTORY_LENGTH = 1000;

/** Resources that exist though they hold nothing. */
const SERVED = new Set([
  '/pods',
  '/events',
  '/nodes',
  '/namespaces',
  'apps/replicasets',
  'apps/deployments',
  'apps/statefulsets',
  'apps/daemonsets',
  'apps/controllerrevisions',
  'batch/jobs',
  'batch/cronjobs',
]);

function matches(json: string, query: URLSearchParams): boolean {
  const object = JSON.parse(json) as Record<string, unknown>;
  const labels = ((object['metadata'] as Record<string, unknown>)['labels'] ?? {}) as Record<string, string>;
  const fields = clauses(query.get('fieldSelector')).every((clause) =>
    holds(clause, fieldOf(object, clause.key)),
  );
  return fields && clauses(query.get('labelSelector')).every((clause) => holds(clause, labels[clause.key]));
}

interface Clause {
  readonly key: string;
  readonly operator: '=' | '!=' | 'in' | 'exists';
  readonly values: readonly string[];
}

function clauses(selector: string | null): readonly Clause[] {
  const parts = (selector ?? '').match(/[^,(]+(\([^)]*\))?/g) ?? [];
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(clause);
}

function clause(text: string): Clause {
  const set = /^(\S+) in \(([^)]*)\)$/.exec(text);
  if (set !== null)
    return { key: set[1] ?? '', operator: 'in', values: (set[2] ?? '').split(',').map((v) => v.trim()) };
  const [key = '', value] = text.split(/!=|==|=/);
  if (value === undefined) return { key, operator: 'exists', values: [] };
  return { key, operator: text.includes('!=') ? '!=' : '=', values: [value] };
}

function holds(clause: Clause, value: string | undefined): boolean {
  if (clause.operator === 'exists') return value !== undefined;
  const among = clause.values.includes(value ?? '');
  return clause.operator === '!=' ? !among : among;
}

function fieldOf(object: Record<string, unknown>, path: string): string {
  let value: unknown = object;
  for (const part of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[part];
  return typeof value === 'string' ? value : '';
}
