/** What is fuzzed: every parser by itself, then the whole path from bytes to every form of the answer. */
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { parseDuration as parseFlagDuration } from '../../src/cli/duration.ts';
import { CliError } from '../../src/cli/exit-status.ts';
import { parseTarget } from '../../src/cli/target.ts';
import { SourceError } from '../../src/app/ports.ts';
import { lookup, suggest } from '../../src/core/exit-codes/lookup.ts';
import { cleanText } from '../../src/core/model/clean-text.ts';
import { readBundle } from '../../src/core/model/upgrade.ts';
import { parseAdmissionReject, parseFailedScheduling } from '../../src/core/parse/admission.ts';
import { createCadvisorReader } from '../../src/core/parse/cadvisor.ts';
import { parseCgroupPath } from '../../src/core/parse/cgroup-path.ts';
import { parseCgroupText } from '../../src/core/parse/cgroup-text.ts';
import { parseDescribe } from '../../src/core/parse/describe.ts';
import { parseDockerInspect } from '../../src/core/parse/docker-inspect.ts';
import { parseEvictionMessage } from '../../src/core/parse/eviction.ts';
import { parseJournalJson } from '../../src/core/parse/journal-json.ts';
import { parseKubeletConfig } from '../../src/core/parse/kubelet-config.ts';
import { parseLogLine } from '../../src/core/parse/log-line.ts';
import { matchNodeLogLine, NODE_LOG_NEEDLES } from '../../src/core/parse/node-log.ts';
import { parseObject } from '../../src/core/parse/object.ts';
import { parseBytes, parseQuantity } from '../../src/core/parse/quantity.ts';
import { redactArgs, redactText } from '../../src/core/parse/redact.ts';
import { createTextLogReader } from '../../src/core/parse/text-log.ts';
import { parseDuration, parseRfc1123, parseRfc3339 } from '../../src/core/parse/time.ts';
import { findLogClues } from '../../src/core/runtimes/log-clues.ts';
import { renderExplanation } from '../../src/core/text/explanation.ts';
import type { Random } from '../../src/sim/random.ts';
import { pick } from '../../src/sim/random.ts';
import { ItemSplitter } from '../../src/sources/kubernetes/client/items.ts';
import { zipOf } from '../../src/sources/files/test-zip.ts';
import * as corpus from './corpus.ts';
import { must, mustBeEvidence, mustBePrintable } from './invariants.ts';
import { mutateBytes, mutateJson } from './mutate.ts';
import { judgeBytes, NOW_MS, TEXT_OPTIONS } from './whole-path.ts';

export interface Subject {
  readonly name: string;
  /** The input of one run: all that `check` gets, so that a saved input repeats the run. */
  make(random: Random, most: number): Uint8Array | Promise<Uint8Array>;
  /** Throws where something does not hold. `random` only chooses how the bytes are cut into pieces. */
  check(bytes: Uint8Array, random: Random): void | Promise<void>;
}

const context = { source: 'fuzz', readAtMs: NOW_MS };

function oneOf<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)] as T;
}

function textSubject(name: string, samples: () => readonly string[], check: (text: string) => void): Subject {
  return {
    name,
    make: (random, most) => mutated(random, samples(), most),
    check: (bytes) => check(Buffer.from(bytes).toString('utf8')),
  };
}

function mutated(random: Random, samples: readonly string[], most: number): Buffer {
  const other = Buffer.from(oneOf(random, samples));
  return mutateBytes(random, Buffer.from(oneOf(random, samples)), { other, most });
}

function jsonSubject(
  name: string,
  samples: () => readonly unknown[],
  check: (value: unknown) => void,
): Subject {
  return {
    name,
    make: (random) => jsonBytes(mutateJson(random, oneOf(random, samples()))),
    check: (bytes) => check(JSON.parse(Buffer.from(bytes).toString('utf8'))),
  };
}

function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value) ?? 'null');
}

function wordsLike(pattern: RegExp): readonly string[] {
  return corpus.words().filter((word) => pattern.test(word));
}

function mustBeInstant(atMs: number | undefined): void {
  must(atMs === undefined || Number.isSafeInteger(atMs), `the instant ${atMs}`);
}

const PARSERS: readonly Subject[] = [
  textSubject(
    'quantity',
    () => corpus.QUANTITIES,
    (text) => {
      parseQuantity(text);
      const bytes = parseBytes(text);
      must(!bytes.ok || (Number.isSafeInteger(bytes.value) && bytes.value >= 0), 'bytes that are none');
    },
  ),
  textSubject(
    'time',
    () => corpus.TIMES,
    (text) => {
      mustBeInstant(parseRfc3339(text));
      mustBeInstant(parseRfc1123(text));
      mustBeInstant(parseDuration(text));
      mustBeInstant(parseFlagDuration(text));
    },
  ),
  textSubject(
    'target',
    () => ['shop/deploy/checkout-api', 'a', 'pod/a', 'shop/a b'],
    (text) => {
      try {
        parseTarget(text.split(' '));
      } catch (error) {
        must(error instanceof CliError, String(error));
      }
    },
  ),
  textSubject(
    'explain',
    () => ['137', 'SIGKILL', 'OOMKilled', 'exit code 0xC0000005', '-1073741819', 'K4'],
    (text) => {
      const answer = lookup(text);
      if (answer !== undefined) mustBePrintable(renderExplanation(answer, TEXT_OPTIONS), 'the explanation');
      mustBePrintable(suggest(text).join(' '), 'the suggestion');
    },
  ),
  textSubject(
    'messages',
    () => [...corpus.MESSAGES, ...wordsLike(/ .* /)],
    (text) => {
      mustBeEvidence(parseEvictionMessage(text), 'eviction');
      parseAdmissionReject(text);
      parseAdmissionReject(text, 'OutOfmemory');
      parseFailedScheduling(text);
    },
  ),
  textSubject(
    'cgroup-path',
    () => [...corpus.CGROUP_PATHS, ...wordsLike(/^\/.*kubepods/)],
    (text) => {
      parseCgroupPath(text);
    },
  ),
  textSubject(
    'cgroup-text',
    () => corpus.CGROUP_TEXTS,
    (text) => mustBeEvidence(parseCgroupText(text, { id: 'c', source: 'fuzz' }), 'cgroup'),
  ),
  textSubject(
    'cadvisor',
    () => corpus.CADVISOR,
    (text) => {
      const reader = createCadvisorReader(context, () => true);
      for (const line of text.split('\n')) reader.push(line);
      mustBeEvidence(reader.end(), 'samples');
    },
  ),
  textSubject(
    'describe',
    () => corpus.examples('describe.txt'),
    (text) => mustBeEvidence(parseDescribe(text, context), 'describe'),
  ),
  textSubject(
    'log-line',
    () => [...corpus.LOG_LINES, ...wordsLike(/kill|oom/i)],
    (text) => {
      parseJournalJson(text);
      const line = parseLogLine(text, { nowMs: NOW_MS });
      mustBeInstant(line.atMs);
      const match = matchNodeLogLine(line.message, line.unit ?? line.ident);
      must(
        match === undefined || NODE_LOG_NEEDLES.some((needle) => line.message.includes(needle)),
        'a line is matched that the search for needles would not find',
      );
    },
  ),
  textSubject(
    'log-clues',
    () => corpus.APP_LOGS,
    (text) => {
      for (const clue of findLogClues(text.split('\n'))) mustBePrintable(clue.line, 'the clue');
    },
  ),
  textSubject(
    'redact',
    () => corpus.ARGUMENTS,
    (text) => {
      redactText(text);
      mustBePrintable(redactArgs(text.split(' ')).join(' '), 'the arguments');
      const clean = cleanText(text, 5000, 'many');
      mustBePrintable(clean, 'clean text');
      must(cleanText(clean, 5000, 'many') === clean, 'cleaning twice changes the text again');
    },
  ),
  jsonSubject('object', corpus.documents, (value) => mustBeEvidence(parseObject(value, context), 'object')),
  jsonSubject(
    'inspect',
    () => corpus.INSPECTED,
    (value) => mustBeEvidence(parseDockerInspect(value, context), 'inspect'),
  ),
  jsonSubject('kubelet-config', corpus.documents, (value) => {
    const config = parseKubeletConfig(value);
    if (config.ok) mustBeEvidence(config.value, 'config');
  }),
  jsonSubject('bundle', corpus.bundles, (value) => {
    const bundle = readBundle(value);
    if (!bundle.ok) return;
    mustBeEvidence(bundle.value, 'bundle');
    const again = readBundle(JSON.parse(JSON.stringify(bundle.value)));
    must(
      again.ok && JSON.stringify(again.value) === JSON.stringify(bundle.value),
      'what was read of a bundle is not read again as it is',
    );
  }),
];

/** However the text is cut into pieces, the same is read. */
const TEXT_LOG: Subject = {
  name: 'text-log',
  make: (random, most) =>
    mutated(random, [...corpus.examples('kernel.log'), corpus.LOG_LINES.join('\n')], most),
  check: (bytes, random) => {
    const text = Buffer.from(bytes).toString('utf8');
    const whole = createTextLogReader({ source: 'fuzz', nowMs: NOW_MS });
    whole.push(text);
    const part = whole.finish();
    mustBeEvidence(part, 'log');
    const pieces = createTextLogReader({ source: 'fuzz', nowMs: NOW_MS });
    const most = pick(random, [1, 10, 100, 1000]);
    for (let at = 0; at < text.length; ) {
      const length = 1 + Math.floor(random() * most);
      pieces.push(text.slice(at, at + length));
      at += length;
    }
    const { kernelKills, nodeLog } = pieces.finish();
    must(
      JSON.stringify([kernelKills, nodeLog]) === JSON.stringify([part.kernelKills, part.nodeLog]),
      'what is read depends on how the text was cut into pieces',
    );
  },
};

/** The pages of a live cluster: taken apart as they arrive, they hold what `JSON.parse` says. */
const LIST_PAGE: Subject = {
  name: 'list-page',
  make: (random, most) => {
    const page = jsonBytes(mutateJson(random, corpus.PODS_LIST));
    return random() < 0.5 ? page : mutateBytes(random, page, { other: page, most });
  },
  check: (bytes, random) => {
    const items: string[] = [];
    const splitter = new ItemSplitter((text) => items.push(text));
    const most = pick(random, [1, 20, 1000]);
    let envelope: unknown;
    try {
      for (let at = 0; at < bytes.length; at += most)
        splitter.push(Buffer.from(bytes.subarray(at, at + most)));
      envelope = splitter.end();
    } catch (error) {
      must(error instanceof SourceError, String(error));
    }
    const whole = parsed(Buffer.from(bytes).toString('utf8'));
    if (!isListPage(whole) || envelope === undefined) return;
    const got = items.map((text) => withoutManagedFields(JSON.parse(text)));
    const wanted = whole.items.filter(
      (item) => typeof item === 'object' && item !== null && !Array.isArray(item),
    );
    must(
      JSON.stringify(got) === JSON.stringify(wanted.map(withoutManagedFields)),
      'the items of the list are not those that JSON.parse finds',
    );
  },
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A list as an API server writes it: each property once, objects only. */
function isListPage(value: unknown): value is { readonly items: readonly unknown[] } {
  if (typeof value !== 'object' || value === null || !('items' in value) || !Array.isArray(value.items))
    return false;
  return value.items.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item));
}

/** The splitter leaves `managedFields` out of every object that lies directly in an item; an object has them in one only. */
function withoutManagedFields(item: unknown): unknown {
  return Object.fromEntries(
    Object.entries(item as object).map(([name, value]: [string, unknown]) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return [name, value];
      const { managedFields: _dropped, ...rest } = value as Record<string, unknown>;
      return [name, rest];
    }),
  );
}

function whole(name: string, make: Subject['make']): Subject {
  return { name, make, check: judgeBytes };
}

const WHOLE_PATH: readonly Subject[] = [
  whole('whole:bundle', (random) => jsonBytes(mutateJson(random, oneOf(random, corpus.bundles())))),
  whole('whole:objects', (random) => jsonBytes(mutateJson(random, oneOf(random, corpus.documents())))),
  whole('whole:bytes', (random, most) => {
    const files = [
      ...corpus.exampleFiles().map(({ bytes }) => bytes),
      ...TEXTS.map((text) => Buffer.from(text)),
    ];
    return mutateBytes(random, oneOf(random, files), { other: oneOf(random, files), most });
  }),
  whole('whole:yaml', (random, most) => mutated(random, [corpus.YAML], most)),
  whole('whole:archive', async (random, most) => {
    const archive = await oneOf(random, [tar, zip, tgz])(random);
    return random() < 0.3 ? archive : mutateBytes(random, archive, { other: archive, most });
  }),
];

const TEXTS = [corpus.YAML, corpus.DUMP, ...corpus.CGROUP_TEXTS, corpus.LOG_LINES.join('\n')];

function entries(random: Random): readonly { readonly name: string; readonly content: string }[] {
  const names = [
    'pods.json',
    '../../../etc/passwd',
    '/etc/x',
    'a/b/pods.yaml',
    'kernel.log',
    'n\u001b[2J.json',
    '',
  ];
  return Array.from({ length: 1 + Math.floor(random() * 4) }, () => {
    const broken = random() < 0.5;
    const text = broken ? corpus.YAML : jsonBytes(mutateJson(random, corpus.PODS_LIST)).toString('utf8');
    return { name: oneOf(random, names), content: text };
  });
}

async function tar(random: Random): Promise<Buffer> {
  const archive = pack();
  for (const { name, content } of entries(random)) archive.entry({ name: name || 'x' }, content);
  archive.entry({ name: 'link', type: 'symlink', linkname: '/etc/passwd' });
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

async function tgz(random: Random): Promise<Buffer> {
  return gzipSync(await tar(random));
}

async function zip(random: Random): Promise<Buffer> {
  return zipOf(entries(random).map((entry) => ({ ...entry, deflate: random() < 0.5 })));
}

export const SUBJECTS: readonly Subject[] = [...PARSERS, TEXT_LOG, LIST_PAGE, ...WHOLE_PATH];
