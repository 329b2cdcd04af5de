/** `completion SHELL` prints a script; the hidden `complete -- WORDS` answers it (cobra's protocol, as kubectl speaks). */
import type { Command, Option } from 'commander';
import { join } from 'node:path';
import { CAUSE_CODES } from '../../core/model/diagnosis.ts';
import type { CliContext } from '../context.ts';
import { EXIT, usageError } from '../exit-status.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { Flags } from '../flags.ts';
import { nearest } from '../suggest.ts';
import { connectionOptions } from '../wiring.ts';
import { BASH_COMPLETION } from './completion-bash.ts';
import { exampleNames } from './examples.ts';

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;

export async function runCompletion(context: CliContext, shell: string | undefined): Promise<ExitStatus> {
  if (shell === undefined || !SHELLS.some((known) => known === shell)) {
    const near = shell === undefined ? undefined : nearest(shell, SHELLS);
    throw usageError(
      shell === undefined
        ? 'Which shell?'
        : `${JSON.stringify(shell)} is no shell that exit137 completes in.`,
      near === undefined ? `one of ${SHELLS.join(', ')}` : `did you mean ${near}?`,
    );
  }
  if (shell === 'bash') {
    context.stdout.write(BASH_COMPLETION);
    return EXIT.done;
  }
  const { script } = await import('@bomb.sh/tab');
  // Always the plain name: under kubectl the plugin protocol (kubectl_complete-exit137) is used instead.
  context.stdout.write(await captured(() => script(shell, 'exit137', 'exit137')));
  return EXIT.done;
}

/** After these flags a path follows: directive 0 leaves it to the shell. */
const PATH_FLAGS: ReadonlySet<string> = new Set([
  '-f',
  '--filename',
  '--kubeconfig',
  '--out',
  '--history',
  '--prometheus-token-file',
  '--prometheus-password-file',
  '--prometheus-ca',
]);
const DIRECTIVE_FILES = ':0\n';

export async function runComplete(
  context: CliContext,
  program: Command,
  typed: readonly string[],
): Promise<ExitStatus> {
  // `--output=j` is answered as `--output j`, with the flag put before each answer.
  const [, flag = '', value = ''] = /^(--[a-z-]+)=(.*)$/.exec(typed.at(-1) ?? '') ?? [];
  const words = flag === '' ? typed : [...typed.slice(0, -1), flag, value];
  if (PATH_FLAGS.has(words.at(-2) ?? '')) {
    context.stdout.write(DIRECTIVE_FILES);
    return EXIT.done;
  }
  const values = await dynamicValues(context, words);
  const { RootCommand } = await import('@bomb.sh/tab');
  const root = new RootCommand();
  addOptions(root, program.options, values);
  for (const command of program.commands) {
    if (command.name() === 'complete') continue;
    const known = root.command(command.name(), command.description());
    addOptions(known, [...command.options, ...program.options], values);
    const argument = ARGUMENTS[command.name()];
    if (argument !== undefined)
      known.argument('target', (complete) => argument(values).forEach((value) => complete(value, '')));
  }
  const answer = await captured(() => root.parse([...words]));
  context.stdout.write(flag === '' ? answer : answer.replace(/^(?=[^:\n])/gm, `${flag}=`));
  return EXIT.done;
}

interface Values {
  readonly namespaces: readonly string[];
  readonly pods: readonly string[];
  readonly contexts: readonly string[];
  readonly examples: readonly string[];
}

const EXPLAINED = [
  '0',
  '1',
  '126',
  '127',
  '128',
  '134',
  '137',
  '139',
  '143',
  '255',
  'OOMKilled',
  'Error',
  'Evicted',
  'SIGKILL',
  'SIGTERM',
];

const ARGUMENTS: Readonly<Record<string, (values: Values) => readonly string[]>> = {
  why: ({ pods }) => pods,
  history: ({ pods }) => pods,
  top: ({ pods }) => pods,
  forecast: ({ pods }) => pods,
  record: ({ pods }) => pods,
  explain: () => [...EXPLAINED, ...CAUSE_CODES],
  examples: ({ examples }) => examples,
  completion: () => SHELLS,
};

interface Completable {
  option(
    value: string,
    description: string,
    handlerOrAlias?: string | ((complete: (value: string, description: string) => void) => void),
    alias?: string,
  ): unknown;
}

function addOptions(target: Completable, options: readonly Option[], values: Values): void {
  for (const option of options) {
    const name = option.long?.slice(2);
    if (name === undefined) continue;
    const alias = option.short?.slice(1);
    if (!option.required) {
      target.option(name, option.description, alias);
      continue;
    }
    const candidates = option.argChoices ?? dynamicOf(name, values);
    target.option(
      name,
      option.description,
      (complete) => candidates.forEach((value) => complete(value, '')),
      alias,
    );
  }
}

function dynamicOf(name: string, values: Values): readonly string[] {
  if (name === 'namespace') return values.namespaces;
  return name === 'context' ? values.contexts : [];
}

const NOTHING: Values = { namespaces: [], pods: [], contexts: [], examples: [] };
/** A shell waits for this answer: better none than a late one. */
const PATIENCE_MS = 1500;
const MOST_NAMES = 500;

/** Names from the cluster, only where the word being completed can be one. Every failure means no names. */
async function dynamicValues(context: CliContext, words: readonly string[]): Promise<Values> {
  const current = words.at(-1) ?? '';
  const previous = words.at(-2) ?? '';
  try {
    if (previous === '-n' || previous === '--namespace') {
      return { ...NOTHING, namespaces: await names(context, words, '/api/v1/namespaces') };
    }
    if (previous === '--context') return { ...NOTHING, contexts: await contextNames(context, words) };
    if (words[0] === 'examples') {
      return { ...NOTHING, examples: await exampleNames(join(context.packageRoot, 'examples')) };
    }
    const takesPods = words[0] === 'why' || words[0] === 'record';
    if (!takesPods || current.startsWith('-') || previous.startsWith('-')) return NOTHING;
    return { ...NOTHING, pods: await names(context, words, undefined) };
  } catch {
    return NOTHING;
  }
}

function valueAfter(words: readonly string[], ...flags: readonly string[]): string | undefined {
  const at = words.findIndex((word) => flags.includes(word));
  return at < 0 ? undefined : words[at + 1];
}

function connectionFor(context: CliContext, words: readonly string[]): ReturnType<typeof connectionOptions> {
  const kubeconfig = valueAfter(words, '--kubeconfig');
  const contextName = valueAfter(words, '--context');
  const flags: Pick<Flags, 'asGroup' | 'filename' | 'kubeconfig' | 'context'> = {
    asGroup: [],
    filename: [],
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(contextName === undefined ? {} : { context: contextName }),
  };
  return { ...connectionOptions(context, flags), interactive: false };
}

/** Without a path: the pods of the namespace that the words or the context name. */
async function names(
  context: CliContext,
  words: readonly string[],
  path: string | undefined,
): Promise<readonly string[]> {
  const { connectCluster } = await import('../../sources/kubernetes/index.ts');
  const client = await connectCluster({ ...connectionFor(context, words), timeoutMs: PATIENCE_MS });
  const namespace = valueAfter(words, '-n', '--namespace') ?? client.connection.namespace;
  try {
    const answer = await client.get(path ?? `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`, {
      query: { limit: MOST_NAMES },
      signal: AbortSignal.timeout(PATIENCE_MS),
      retries: 0,
    });
    return namesIn(answer);
  } finally {
    client.close();
  }
}

function namesIn(list: unknown): readonly string[] {
  const { items } = (list ?? {}) as { readonly items?: unknown };
  if (!Array.isArray(items)) return [];
  return items.flatMap((item: { readonly metadata?: { readonly name?: unknown } }) =>
    typeof item.metadata?.name === 'string' ? [item.metadata.name] : [],
  );
}

async function contextNames(context: CliContext, words: readonly string[]): Promise<readonly string[]> {
  const { readKubeconfig } = await import('../../sources/kubernetes/client/kubeconfig-file.ts');
  const config = await readKubeconfig(connectionFor(context, words));
  return config === undefined ? [] : [...config.contexts.keys()];
}

/** The library prints with console.log; this hands its lines over instead. */
async function captured(print: () => void): Promise<string> {
  /* oxlint-disable no-console */
  const lines: string[] = [];
  const original = console.log;
  console.log = (text: string) => void lines.push(`${text}\n`);
  try {
    print();
  } finally {
    console.log = original;
  }
  /* oxlint-enable no-console */
  return lines.join('');
}
