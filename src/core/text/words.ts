/** Names of things in a diagnosis, as people say them. */
import { signalByNumber } from '../exit-codes/signals.ts';
import type { Action, Diagnosis, DiagnosisTarget, Verdict } from '../model/diagnosis.ts';
import { cleanLine } from './clean.ts';
import { cutEnd, cutMiddle, displayWidth } from './width.ts';

const KIND_SHORT: Readonly<Record<string, string>> = {
  Deployment: 'deploy',
  StatefulSet: 'sts',
  DaemonSet: 'ds',
  ReplicaSet: 'rs',
  CronJob: 'cronjob',
  Job: 'job',
};

/** The cause's title, or its noun in words: `container-memory-limit` as `container memory limit`. */
export function causeWords(verdict: Pick<Verdict, 'kind' | 'cause' | 'title'>): string {
  switch (verdict.kind) {
    case 'identified':
      return verdict.title === undefined
        ? cleanLine(verdict.cause).replaceAll('-', ' ')
        : cleanLine(verdict.title);
    case 'ambiguous':
      return 'ambiguous';
    case 'insufficient-evidence':
      return 'not enough evidence';
    case 'nothing-died':
      return 'nothing died';
    default:
      return verdict.kind satisfies never;
  }
}

/** `shop/deploy/checkout-api`, `shop/checkout-api-x2kqp`, `node n1` or a cgroup: what groups deaths. */
export function workloadName(target: DiagnosisTarget): string {
  const namespace = target.namespace === undefined || target.namespace === '' ? '' : `${target.namespace}/`;
  if (target.workload !== undefined) {
    return cleanLine(`${namespace}${kindShort(target.workload.kind)}/${target.workload.name}`);
  }
  if (isNamed(target.pod)) return cleanLine(`${namespace}${target.pod}`);
  if (target.cgroup !== undefined) return cleanLine(`cgroup ${target.cgroup}`);
  return target.node === undefined ? 'unknown' : cleanLine(`node ${target.node}`);
}

/** A file may hold a pod without its name. */
function isNamed(name: string | undefined): name is string {
  return name !== undefined && name !== '';
}

/** As `workloadName` without the kind, for narrow columns: `shop/checkout-api`. */
export function workloadShort(target: DiagnosisTarget): string {
  if (target.workload === undefined) return workloadName(target);
  const namespace = target.namespace === undefined || target.namespace === '' ? '' : `${target.namespace}/`;
  return cleanLine(`${namespace}${target.workload.name}`);
}

/** kubectl's short name of a kind. */
export function kindShort(kind: string): string {
  return KIND_SHORT[kind] ?? kind.toLowerCase();
}

export function podName(target: DiagnosisTarget, width?: number): string {
  const namespace = target.namespace === undefined || target.namespace === '' ? '' : `${target.namespace}/`;
  const name = cleanLine(`${namespace}${target.pod ?? ''}`);
  return width === undefined ? name : cutMiddle(name, width);
}

/** `exit code 137 (SIGKILL), reason Error`. Empty where nothing is known. */
export function exitWords(diagnosis: Pick<Diagnosis, 'exitCode' | 'signal' | 'reason'>): string {
  const { exitCode, signal, reason } = diagnosis;
  const signalName = signal === undefined ? '' : ` (${signalByNumber(signal)?.name ?? `signal ${signal}`})`;
  const code = exitCode === undefined ? '' : `exit code ${exitCode}${signalName}`;
  const why = reason === undefined ? '' : `reason ${cleanLine(reason)}`;
  return [code, why].filter((part) => part !== '').join(', ');
}

/** First letter small, unless the word is a name in capitals (`OOMKilled`). */
export function lowerFirst(sentence: string): string {
  return /^[A-Z][a-z' ]/.test(sentence) ? sentence.charAt(0).toLowerCase() + sentence.slice(1) : sentence;
}

export function upperFirst(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** Verdict sentence: cause, how sure, then what happened. */
export function verdictSentence(verdict: Verdict): { readonly lead: string; readonly rest: string } {
  const summary = cleanLine(verdict.summary);
  const lead = leadWords(verdict);
  const bare = lead.toLowerCase();
  if (summary.toLowerCase().startsWith(bare)) {
    const [, mark = '', rest = ''] = /^([:,.]?)\s*([^]*)$/.exec(summary.slice(lead.length)) ?? [];
    return { lead: summary.slice(0, lead.length) + mark, rest };
  }
  return { lead: `${lead}:`, rest: startOfRest(summary) };
}

function leadWords(verdict: Verdict): string {
  const words = upperFirst(causeWords(verdict));
  return verdict.kind === 'identified' && verdict.confidence !== undefined
    ? `${words}, ${verdict.confidence}`
    : words;
}

/** Only articles and the like are made small: a name at the start of the sentence keeps its letters. */
function startOfRest(summary: string): string {
  return /^(?:The|A|An|No|Its|It|Nobody|Somebody|Something|One|This|Nothing|There)\b/.test(summary)
    ? lowerFirst(summary)
    : summary;
}

/** A cell that says more is not read. */
const SHORT_WIDTH = 60;

/** An action for one cell of a table: its short form, else the first clause of its text. */
export function actionShort({ short, text }: Pick<Action, 'short' | 'text'>): string {
  if (short !== undefined) return cutEnd(cleanLine(short), SHORT_WIDTH);
  const [sentence = ''] = lowerFirst(cleanLine(text)).split(/[:;] | \(|\.(?: |$)/, 1);
  if (displayWidth(sentence) <= SHORT_WIDTH) return sentence;
  const [clause = ''] = sentence.split(', ', 1);
  return cutEnd(clause, SHORT_WIDTH);
}
