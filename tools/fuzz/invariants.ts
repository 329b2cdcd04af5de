/** What must hold for every answer, whatever came in. Each function throws an `Error` that says what does not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { EvidenceBundle } from '../../src/core/model/bundle.ts';
import type { Diagnosis, Verdict, VerdictCode } from '../../src/core/model/diagnosis.ts';
import { CAUSE_CODES } from '../../src/core/model/diagnosis.ts';

const schemaFile = join(import.meta.dirname, '..', '..', 'docs', 'format', 'v1.schema.json');
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(schemaFile, 'utf8')) as object,
);

/** C0 but the line feed, DEL, C1, bidi controls, invisible and lone characters. */
const UNPRINTABLE =
  /[\0-\t\v-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const COLOUR = /\x1b\[[0-9;]{0,8}m/g;
/** CSV ends its lines as RFC 4180 says. */
const CSV_LINE_END = /\r\n/g;

export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

export function mustBePrintable(
  text: string,
  what: string,
  form: 'plain' | 'colour' | 'csv' = 'plain',
): void {
  const rest =
    form === 'colour' ? text.replace(COLOUR, '') : form === 'csv' ? text.replace(CSV_LINE_END, '\n') : text;
  const found = UNPRINTABLE.exec(rest);
  if (found === null) return;
  const near = JSON.stringify(rest.slice(Math.max(0, found.index - 30), found.index + 30));
  const code = found[0].charCodeAt(0).toString(16);
  throw new Error(`${what} holds the character U+${code.padStart(4, '0')} near ${near}`);
}

/** Evidence: clean texts, and numbers that mean what their names say. */
export function mustBeEvidence(value: unknown, what: string): void {
  walk(value, what, '');
}

/** A merged bundle: evidence in which no record occurs twice. */
export function mustBeBundle(bundle: EvidenceBundle): void {
  mustBeEvidence(bundle, 'bundle');
  for (const [list, records] of Object.entries(bundle) as [string, unknown][]) {
    if (Array.isArray(records)) mustHaveUniqueIds(records as readonly unknown[], `bundle.${list}`);
  }
}

function walk(value: unknown, path: string, key: string): void {
  if (typeof value === 'string') mustBePrintable(value, path);
  else if (typeof value === 'number') mustBeNumber(value, path, key);
  else if (Array.isArray(value))
    for (const [index, item] of value.entries()) walk(item, `${path}[${index}]`, key);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      must(inner !== undefined, `${path}.${name} is undefined: an absent property must be absent`);
      mustBePrintable(name, `${path}: a property's name`);
      walk(inner, `${path}.${name}`, name);
    }
  }
}

/** Oldest and newest instant that a date can hold. */
const MOST_MS = 8.64e15;

function mustBeNumber(value: number, path: string, key: string): void {
  must(Number.isFinite(value), `${path} is ${value}`);
  if (key.endsWith('Bytes'))
    must(Number.isSafeInteger(value) && value >= 0, `${path} is ${value}: no whole bytes`);
  if (key.endsWith('AtMs'))
    must(Number.isInteger(value) && Math.abs(value) <= MOST_MS, `${path} is ${value}: no instant`);
  if (key === 'exitCode' || key === 'restartCount') must(Number.isSafeInteger(value), `${path} is ${value}`);
}

export function mustHaveUniqueIds(records: readonly unknown[], what: string): void {
  const seen = new Set<string>();
  for (const record of records) {
    if (typeof record !== 'object' || record === null || !('id' in record)) continue;
    const id = String(record.id);
    must(!seen.has(id), `${what}: the id ${JSON.stringify(id)} occurs twice`);
    seen.add(id);
  }
}

export function mustFitSchema(wire: unknown): void {
  if (validate(JSON.parse(JSON.stringify(wire)))) return;
  const [fault] = validate.errors ?? [];
  throw new Error(`the JSON breaks its schema: ${fault?.instancePath} ${fault?.message}`);
}

/** Windows' statuses are negative. */
const DEATH_CODE = /^exit--?\d+$/;
const CODES: ReadonlySet<string> = new Set([...CAUSE_CODES, 'reject']);
/** What was refused at admission has a cause, and nothing died. */
const CODES_UNDECIDED = {
  ambiguous: ['ambiguous'],
  'insufficient-evidence': ['insufficient'],
  'nothing-died': ['none', 'reject'],
} as const satisfies Readonly<Record<Exclude<VerdictKind, 'identified'>, readonly VerdictCode[]>>;
type VerdictKind = Verdict['kind'];
const MOST_CANDIDATES = 4;

export function mustBeDiagnosis(diagnosis: Diagnosis, bundle: EvidenceBundle): void {
  const { verdict } = diagnosis;
  const { kind, code, confidence, candidates } = verdict;
  const isDeathCode = CODES.has(code) || DEATH_CODE.test(code);
  const codeFits =
    kind === 'identified' ? isDeathCode : (CODES_UNDECIDED[kind] as readonly VerdictCode[]).includes(code);
  must(codeFits, `the verdict ${kind} has the code ${code}`);
  must((kind === 'identified') === (confidence !== undefined), `${kind} with confidence ${confidence}`);
  must(candidates.length <= MOST_CANDIDATES, `${candidates.length} candidates`);
  must(kind !== 'identified' || candidates.length === 0, 'an identified cause beside candidates');
  must(new Set(candidates.map((one) => one.code)).size === candidates.length, 'a candidate twice');
  must(
    diagnosis.ruledOut.every((one) => one.code !== code),
    `${code} is the verdict and ruled out at once`,
  );
  must(verdict.summary.trim() !== '', 'no summary');
  mustHaveUniqueIds(diagnosis.evidence, 'evidence');
  walk(diagnosis, 'diagnosis', '');
  mustNotGuessMemory(diagnosis, bundle);
}

/** A 137 with `Error` and nothing beside the pod's own status is never called an OOM. */
function mustNotGuessMemory(diagnosis: Diagnosis, bundle: EvidenceBundle): void {
  if (diagnosis.exitCode !== 137 || diagnosis.reason !== 'Error' || !isPodAlone(bundle)) return;
  const { code, summary } = diagnosis.verdict;
  must(!/^K\d/.test(code), `137/Error with nothing else is called ${code}`);
  must(
    !/\bOOM|out of memory|memory limit (?:was )?(?:hit|reached|exceeded)/i.test(summary),
    `137/Error with nothing else: ${summary}`,
  );
}

function isPodAlone(bundle: EvidenceBundle): boolean {
  const { events, kernelKills, nodeLog, cgroups, samples, nodeSamples, logTails, nodes } = bundle;
  const others = [events, kernelKills, nodeLog, cgroups, samples, nodeSamples, logTails, nodes];
  if (others.some((list) => list.length > 0)) return false;
  return !/oom|evict|memory pressure|low on resource/i.test(JSON.stringify(bundle.pods));
}
