/** Gathers what the requests give; a refusal becomes a gap that names the permission, and the run goes on. */
import { SourceError, type SourceErrorCode } from '../../app/ports.ts';
import type { NodeEvidence } from '../../core/model/kubernetes.ts';
import type { BundlePart, EvidenceGap, EvidenceKind, SourceReport } from '../../core/model/bundle.ts';

/** One request, in the words of the gap it leaves when it fails. */
export interface Step {
  /** Name of the source report: `pods`, `events`, `nodes`, … */
  readonly source: string;
  /** What is missing then, such as `events of pod checkout-1`. */
  readonly what: string;
  /** What the verdict loses. */
  readonly cost: string;
  readonly kind: EvidenceKind;
  readonly verb: 'get' | 'list' | 'watch';
  /** RBAC's name. */
  readonly resource: string;
  readonly namespace?: string;
  readonly pod?: string;
  readonly nodeName?: string;
  /** A 404 (not installed, or gone) is no gap: only the source report says so. */
  readonly mayBeMissing?: boolean;
}

type ListKey = Exclude<keyof BundlePart, 'collectedAtMs' | 'cluster' | 'sources' | 'gaps'>;
type Outcome = { read: number; failed: number; details: Set<string> };

/** Answers of a broken server may be long. */
const DETAIL_LENGTH = 300;

export class Collector {
  readonly #lists = new Map<ListKey, unknown[]>();
  readonly #gaps = new Map<string, EvidenceGap>();
  readonly #sources = new Map<string, Outcome>();
  #firstError: SourceError | undefined;

  /** Adds the lists of `part`; an id that is there already is not added again. */
  add(part: BundlePart): void {
    for (const [key, values] of Object.entries(part)) {
      if (!Array.isArray(values)) continue;
      if (key === 'gaps') for (const gap of part.gaps ?? []) this.gap(gap);
      else if (key !== 'sources') this.#addList(key as ListKey, values);
    }
  }

  gap(gap: EvidenceGap): void {
    if (!this.#gaps.has(gap.id)) this.#gaps.set(gap.id, gap);
  }

  /** For what was read outside of `attempt`. */
  read(source: string): void {
    this.#outcome(source).read += 1;
  }

  note(source: string, detail: string): void {
    this.#outcome(source).details.add(detail.slice(0, DETAIL_LENGTH));
  }

  /** Runs one request; undefined = it failed, and the gap is noted. Rejects only for our own bugs. */
  async attempt<T>(step: Step, task: () => Promise<T>): Promise<T | undefined> {
    try {
      const value = await task();
      this.read(step.source);
      return value;
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      this.#fail(step, error);
      return undefined;
    }
  }

  /** Something was read. */
  get hasRead(): boolean {
    return [...this.#sources.values()].some((outcome) => outcome.read > 0);
  }

  get firstError(): SourceError | undefined {
    return this.#firstError;
  }

  part(): BundlePart {
    return {
      ...Object.fromEntries(this.#lists),
      gaps: [...this.#gaps.values()],
      sources: [...this.#sources].map(([name, outcome]) => report(name, outcome)),
    };
  }

  #addList(key: ListKey, values: readonly unknown[]): void {
    const list = this.#lists.get(key) ?? [];
    this.#lists.set(key, list);
    const known = new Map(list.map((value, at) => [idOf(value), at]));
    for (const value of values) {
      const id = idOf(value);
      const at = id === undefined ? undefined : known.get(id);
      if (at === undefined) known.set(id, list.push(value) - 1);
      // A node of a list comes again with what its kubelet says of itself.
      else if (key === 'nodes' && (value as NodeEvidence).kubeletConfig !== undefined) list[at] = value;
    }
  }

  #fail(step: Step, error: SourceError): void {
    this.#firstError ??= error;
    const outcome = this.#outcome(step.source);
    outcome.failed += 1;
    outcome.details.add(error.message.slice(0, DETAIL_LENGTH));
    if (error.code === 'aborted' || (error.code === 'not-found' && step.mayBeMissing === true)) return;
    this.gap(gapOf(step, error));
  }

  #outcome(source: string): Outcome {
    const outcome = this.#sources.get(source) ?? { read: 0, failed: 0, details: new Set<string>() };
    this.#sources.set(source, outcome);
    return outcome;
  }
}

function idOf(value: unknown): string | undefined {
  return (value as { readonly id?: string }).id;
}

function report(name: string, outcome: Outcome): SourceReport {
  const state =
    outcome.read > 0
      ? outcome.failed > 0
        ? 'partial'
        : 'read'
      : outcome.failed > 0
        ? 'failed'
        : 'not-asked';
  const detail = [...outcome.details].slice(0, 3).join('; ');
  return { name, state, ...(detail === '' ? {} : { detail }) };
}

function gapOf(step: Step, error: SourceError): EvidenceGap {
  const refused = error.code === 'forbidden' || error.code === 'unauthorized';
  const at = step.namespace === undefined ? {} : { namespace: step.namespace };
  return {
    id: `gap:cluster/${step.namespace ?? ''}/${step.what}`,
    what: `${step.what} (${reasonOf(error)})`,
    cost: step.cost,
    kind: step.kind,
    ...at,
    ...(step.pod === undefined ? {} : { pod: step.pod }),
    ...(step.nodeName === undefined ? {} : { nodeName: step.nodeName }),
    ...(refused
      ? { permission: { verb: step.verb, resource: step.resource, ...at }, fix: permissionFix(step) }
      : {}),
  };
}

const REASONS: Partial<Record<SourceErrorCode, string>> = {
  forbidden: 'not allowed',
  unauthorized: 'not allowed',
  'not-found': 'not there',
  timeout: 'no answer in time',
};

function reasonOf(error: SourceError): string {
  return REASONS[error.code] ?? error.message.slice(0, DETAIL_LENGTH);
}

/** What an administrator types; who it is given to only they know. */
export function permissionFix(step: Pick<Step, 'verb' | 'resource' | 'namespace'>): string {
  const role = `exit137-${step.resource.replace(/[^a-z]+/g, '-')}`;
  const rights = `--verb=${step.verb} --resource=${step.resource}`;
  const [noun, scope] = step.namespace === undefined ? ['cluster', ''] : ['', ` -n ${step.namespace}`];
  return (
    `An administrator can allow it: kubectl create ${noun}role ${role} ${rights}${scope}, then ` +
    `kubectl create ${noun}rolebinding ${role} --${noun}role=${role}${scope} with your --user, --group or --serviceaccount.`
  );
}
