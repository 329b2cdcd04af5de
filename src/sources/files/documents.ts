/** Objects of one file, as they come out of its JSON or YAML, become evidence. */
import type { BundlePart } from '../../core/model/bundle.ts';
import type { EventEvidence } from '../../core/model/kubernetes.ts';
import { isInspectPage } from '../../core/parse/crictl-inspect.ts';
import { parseDockerInspect } from '../../core/parse/docker-inspect.ts';
import { eventCoverageOf } from '../../core/parse/event.ts';
import type { ParseContext } from '../../core/parse/fields.ts';
import { isStatsSummary } from '../../core/parse/metrics.ts';
import type { FileReport, Gathering } from './gather.ts';
import { inferKind, isRawObject, isReadKind, itemKindOf } from './kinds.ts';
import { namespaceOf } from './paths.ts';
import { PartBuilder } from './part-builder.ts';

const API_VERSION_OF: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  ReplicaSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  ControllerRevision: 'apps/v1',
  Job: 'batch/v1',
  CronJob: 'batch/v1',
};

export class DocumentSink {
  readonly #run: Gathering;
  readonly #report: FileReport;
  readonly #path: string;
  readonly #builder = new PartBuilder();
  /** The texts are slices of a larger one, which they would keep in memory. */
  readonly #sliced: boolean;
  #hasCoverage = false;
  #emptyEventList = false;
  #understood = 0;
  /** `docker inspect` pages, kept together because several containers may be one pod. */
  readonly #inspected: unknown[] = [];
  readonly #unwanted = new Set<string>();

  constructor(
    run: Gathering,
    report: FileReport,
    options: { readonly path: string; readonly sliced: boolean },
  ) {
    this.#run = run;
    this.#report = report;
    this.#path = options.path;
    this.#sliced = options.sliced;
  }

  /** Kinds that were passed over. */
  get unwanted(): ReadonlySet<string> {
    return this.#unwanted;
  }

  wants(kind: string): boolean {
    const wanted = isReadKind(kind);
    if (!wanted && this.#unwanted.size < 20) this.#unwanted.add(kind);
    return wanted;
  }

  sawList(list: { readonly kind?: string; readonly items: number }): void {
    if (list.kind !== undefined && !this.wants(list.kind)) return;
    if (list.kind === 'EventList' && list.items === 0) this.#emptyEventList = true;
    if (list.kind !== undefined) this.#understood++;
  }

  /** One object; `where` is its place for people. */
  take(raw: unknown, where: string, listKind?: string): void {
    if (Array.isArray(raw)) {
      for (const element of raw) this.take(element, where);
      return;
    }
    if (!isRawObject(raw)) return;
    const items = raw['items'];
    const kind = typeof raw['kind'] === 'string' ? raw['kind'] : undefined;
    if (Array.isArray(items) && (kind === undefined || kind === 'List' || kind.endsWith('List'))) {
      this.sawList({ ...(kind === undefined ? {} : { kind }), items: items.length });
      if (kind !== undefined && !isReadKind(kind)) return;
      for (const item of items) this.take(item, where, kind);
      return;
    }
    this.#takeObject(raw, { kind: kind ?? itemKindOf(listKind) ?? inferKind(raw, this.#path), where });
  }

  #takeObject(
    raw: Readonly<Record<string, unknown>>,
    how: { readonly kind: string | undefined; readonly where: string },
  ): void {
    const { parsers } = this.#run;
    const { kind, where } = how;
    const { context } = this.#report;
    if (kind === undefined) {
      if (isInspectPage(raw)) this.#inspected.push(raw);
      else if (isStatsSummary(raw)) this.#add(parsers.parseObject(raw, context));
      else if (isRawObject(raw['kubeletconfig'])) this.#add(parsers.parseObject(raw, context));
      return;
    }
    if (!this.wants(kind) || String(raw['apiVersion']).startsWith('audit.')) return;
    if (kind === 'EvidenceBundle') {
      this.#takeBundle(raw, where);
      return;
    }
    const whole = raw['kind'] === kind ? raw : { apiVersion: API_VERSION_OF[kind] ?? 'v1', ...raw, kind };
    this.#add(parsers.parseObject(whole, context), where);
  }

  #takeBundle(raw: unknown, where: string): void {
    const bundle = this.#run.parsers.readBundle(raw);
    if (!bundle.ok) {
      this.#report.fault({ message: `the bundle cannot be used: ${bundle.error.message}`, place: where });
      return;
    }
    const { apiVersion: _api, kind: _kind, bundleVersion: _version, ...part } = bundle.value;
    // Its coverage is its own; what is worked out for loose events must not replace it.
    this.#hasCoverage = true;
    this.#add(part);
  }

  #add(part: BundlePart, where?: string): void {
    const { gaps, ...records } = part;
    if (where === undefined) this.#builder.add(part);
    else {
      this.#builder.add(this.#sliced ? detached(records) : records);
      for (const gap of gaps ?? [])
        this.#report.fault({ message: this.#withoutSource(gap.what), place: where });
    }
    if (Object.keys(records).length > 0) this.#understood++;
  }

  /** The parsers name the source; here the gap does. */
  #withoutSource(what: string): string {
    const prefix = `${this.#report.label}: `;
    return what.startsWith(prefix) ? what.slice(prefix.length) : what;
  }

  addPart(part: BundlePart): void {
    this.#builder.add(part);
    this.#understood++;
  }

  finish(): void {
    if (this.#inspected.length > 0) {
      this.#add(parseDockerInspect(this.#inspected, this.#report.context), 'inspect');
    }
    if (this.#understood === 0) return;
    const coverage = this.#hasCoverage ? undefined : this.#eventCoverage();
    if (coverage !== undefined) this.#builder.add({ eventCoverage: [coverage] });
    this.#report.add(this.#builder.build());
  }

  #eventCoverage(): ReturnType<typeof eventCoverageOf> {
    const events = this.#builder.events;
    if (events.length === 0 && !this.#emptyEventList) return undefined;
    return eventCoverageOf(events, { ...this.#report.context, ...scopeOf(events, namespaceOf(this.#path)) });
  }
}

/**
 * A dump's lists are whole. Anywhere else, events of one object only may have been asked for by that object, and
 * then speak for no other.
 */
function scopeOf(
  events: readonly EventEvidence[],
  namespace: string | undefined,
): Pick<ParseContext, 'eventScope'> {
  if (namespace !== undefined) return { eventScope: { namespace } };
  const [first] = events;
  if (first === undefined) return {};
  const { kind, name } = first.regarding;
  if (events.some(({ regarding }) => regarding.kind !== kind || regarding.name !== name)) return {};
  const where = first.namespace === undefined ? {} : { namespace: first.namespace };
  return { eventScope: { ...where, regarding: { kind, name } } };
}

/** A copy whose strings share no memory with the text that they were cut from. Parts are plain JSON. */
function detached(part: BundlePart): BundlePart {
  return JSON.parse(JSON.stringify(part)) as BundlePart;
}
