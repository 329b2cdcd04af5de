/**
 * Hostile inputs through the whole program as a user runs it. Each run may read files and nothing else: Node's
 * permission model ends it at the first write, the first child process and the first connection to a debugger.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { zipOf } from '../src/sources/files/test-zip.ts';

const root = join(import.meta.dirname, '..');
const MIB = 1024 * 1024;
/** Far above what any of these needs, far below a hang; the machine may be busy. */
const MOST_MS = 30_000;

// Several runs a test, several tests at a time, on a machine that may be busy.
vi.setConfig({ testTimeout: 4 * MOST_MS });

let folder = '';

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'exit137-hostile-')));
  mkdirSync(join(folder, '.compiled'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly peakBytes: number;
}

interface RunOptions {
  readonly input?: Iterable<Uint8Array | string>;
  /** A file to be standard input itself. */
  readonly stdinPath?: string;
  /** The one folder that may be written to. */
  readonly writable?: string;
}

let runs = 0;

async function exit137(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const usage = join(folder, `.usage-${(runs += 1)}`);
  // Node's own cache of compiled code, so that forty starts cost less than half.
  const compiled = join(folder, '.compiled');
  const allowed = [usage, compiled, ...(options.writable === undefined ? [] : [options.writable])];
  const nodeArgs = [
    '--permission',
    '--allow-fs-read=*',
    ...allowed.map((path) => `--allow-fs-write=${path}`),
    '--import',
    join(root, 'bench/process-usage.ts'),
    join(root, 'src/cli/main.ts'),
  ];
  const stdin = options.stdinPath === undefined ? 'pipe' : openSync(options.stdinPath, 'r');
  const child = spawn(process.execPath, [...nodeArgs, ...args], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      LANG: 'C.UTF-8',
      PROCESS_USAGE_FILE: usage,
      NODE_COMPILE_CACHE: compiled,
    },
    stdio: [stdin, 'pipe', 'pipe'],
    timeout: MOST_MS,
    killSignal: 'SIGKILL',
  });
  if (typeof stdin === 'number') closeSync(stdin);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  child.stdin?.on('error', () => {});
  for (const piece of options.input ?? []) {
    if (child.stdin?.write(piece) === false) {
      await Promise.race([once(child.stdin, 'drain'), ended]);
    }
  }
  child.stdin?.end();
  const status = await ended;
  const peakMib = existsSync(usage) ? (JSON.parse(readFileSync(usage, 'utf8')) as { mib: number }).mib : 0;
  return { status, stdout, stderr, peakBytes: peakMib * MIB };
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'cart', namespace: 'shop', uid: 'u1' },
  spec: { containers: [{ name: 'app', resources: { limits: { memory: '64Mi' } } }] },
  status: {
    containerStatuses: [
      {
        name: 'app',
        restartCount: 1,
        state: { running: { startedAt: '2026-03-01T10:00:05Z' } },
        lastState: {
          terminated: {
            exitCode: 137,
            reason: 'OOMKilled',
            startedAt: '2026-03-01T09:00:00Z',
            finishedAt: '2026-03-01T10:00:00Z',
          },
        },
      },
    ],
  },
};

const PODS = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [POD] });

const KERNEL_LOG = `[  100.000001] python invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=999
[  100.000002] memory: usage 65536kB, limit 65536kB, failcnt 10
[  100.000003] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/kubepods/pod1,task_memcg=/kubepods/pod1/c,task=python,pid=77,uid=0
[  100.000004] Memory cgroup out of memory: Killed process 77 (python) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB
`;

async function tarOf(
  entries: readonly { readonly name: string; readonly content?: string; readonly linkname?: string }[],
): Promise<Buffer> {
  const archive = pack();
  for (const { name, content, linkname } of entries) {
    if (linkname === undefined) archive.entry({ name }, content ?? '');
    else archive.entry({ name, type: 'symlink', linkname });
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

function aliasBomb(): string {
  const levels = Array.from(
    { length: 9 },
    (_, level) =>
      `l${level + 1}: &l${level + 1} [${Array.from({ length: 10 }, () => `*l${level}`).join(', ')}]`,
  );
  return `apiVersion: v1\nkind: Pod\nl0: &l0 [x, x, x, x, x, x, x, x, x, x]\n${levels.join('\n')}\nmetadata: {name: a, x: *l9}\n`;
}

function deepYaml(): string {
  const lines = Array.from({ length: 200 }, (_, depth) => `${' '.repeat(depth + 1)}a:`);
  return `kind: Pod\nmetadata:\n${lines.join('\n')} x\n`;
}

function packedOften(): Buffer {
  let bytes = Buffer.from(PODS);
  for (let layer = 0; layer < 6; layer += 1) bytes = gzipSync(bytes);
  return bytes;
}

/** A document that begins like a pod and goes on for 80 MB in one string. */
function hugeDocument(): string {
  return `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","x":"${'a'.repeat(80 * MIB)}"}}`;
}

describe.concurrent('nothing of it can be used: one error that names the file, exit code 4', () => {
  it.each<[string, string, () => string | Uint8Array | Promise<Uint8Array>, RegExp]>([
    ['a YAML alias bomb', 'bomb.yaml', aliasBomb, /too many|alias/i],
    [
      'JSON 200 deep',
      'deep.json',
      () => `{"kind":"Pod","metadata":${'{"a":'.repeat(200)}1${'}'.repeat(201)}`,
      /deep|nest/i,
    ],
    ['YAML 200 deep', 'deep.yaml', deepYaml, /deep|nest|depth/i],
    ['gzip in gzip in gzip …', 'often.gz', packedOften, /too many times/],
    [
      'bytes without meaning',
      'junk.bin',
      () => Uint8Array.from({ length: 4096 }, (_, at) => (at * 167 + 13) % 256),
      /not (?:read|recognised)|nothing/,
    ],
    ['an empty file', 'empty.json', () => '', /empty/],
    [
      'JSON that ends in the middle of its only object',
      'cut.json',
      () => JSON.stringify(POD).slice(0, 150),
      /cut|end|incomplete|unfinished/i,
    ],
    [
      'gzip that ends early',
      'cut.gz',
      () => gzipSync(Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7919) % 251))).subarray(0, 60),
      /cut off|damaged|not (?:read|recognised)/,
    ],
    [
      'objects that say nothing of a death',
      'secret.json',
      () => JSON.stringify({ kind: 'Secret', data: { p: 'aHVudGVyMg==' } }),
      /Secret/,
    ],
  ])('%s', async (_what, name, content, said) => {
    const path = file(name, await content());
    const { status, stdout, stderr } = await exit137(['why', '-f', path]);
    expect({ status, stdout }).toEqual({ status: 4, stdout: '' });
    expect(stderr).toContain(name);
    expect(stderr).toMatch(said);
    expect(stderr).not.toContain('aHVudGVyMg==');
    expect(stderr).not.toMatch(/bug in exit137|\n {4}at /);
  });

  it('a zip bomb', async () => {
    const content = hugeDocument();
    const path = file('bomb.zip', zipOf([{ name: 'pods.json', content, deflate: true }]));
    const { status, stderr, peakBytes } = await exit137(['why', '-f', path]);
    expect(status).toBe(4);
    expect(stderr).toContain('bomb.zip');
    expect(stderr).toMatch(/unpacks to (?:more|far)|larger than|too (?:large|long|big)/);
    expect(peakBytes).toBeLessThan(700 * MIB);
  });

  it('a tar.gz bomb', async () => {
    const path = file('bomb.tar.gz', gzipSync(await tarOf([{ name: 'pods.json', content: hugeDocument() }])));
    const { status, stderr, peakBytes } = await exit137(['why', '-f', path]);
    expect(status).toBe(4);
    expect(stderr).toContain('bomb.tar.gz');
    expect(stderr).toMatch(/unpacks to (?:more|far)|larger than|too (?:large|long|big)/);
    expect(peakBytes).toBeLessThan(700 * MIB);
  });

  it.each<[string, string, RegExp]>([
    ['a device without end', '/dev/zero', /neither a file nor a folder/],
    ['a path that is not there', './no/such/file', /no such file/],
  ])('%s', async (_what, path, said) => {
    const { status, stderr } = await exit137(['why', '-f', path]);
    expect(status).toBe(4);
    expect(stderr).toContain(path);
    expect(stderr).toMatch(said);
  });

  it('zeros without end on standard input', async () => {
    const { status, stderr } = await exit137(['why', '-f', '-'], { stdinPath: '/dev/zero' });
    expect(status).toBe(4);
    expect(stderr).toContain('standard input');
  });
});

describe.concurrent('what can be used is used, and the rest is named', () => {
  it.each<[string, string, () => string | Uint8Array, RegExp]>([
    [
      'a JSON list that ends early',
      'cut-list.json',
      () => `{"kind":"List","items":[${JSON.stringify(POD)},{"kind":"Pod","metad`,
      /cut-list\.json/,
    ],
    [
      'a YAML list with a broken item',
      'cut-list.yaml',
      () =>
        `apiVersion: v1\nkind: List\nitems:\n- ${JSON.stringify(POD)}\n- kind: Pod\n  metadata: {name: "x\n`,
      /cut-list\.yaml.*line \d/s,
    ],
    [
      'a gzip file that ends early',
      'cut-list.json.gz',
      () =>
        gzipSync(`${PODS.slice(0, -2)},${'{"kind":"Pod","metadata":{"name":"b"}},'.repeat(5000)}`).subarray(
          0,
          -40,
        ),
      /cut-list\.json\.gz.*cut off/s,
    ],
  ])('%s', async (_what, name, content, said) => {
    const path = file(name, content());
    const { status, stdout, stderr } = await exit137(['why', 'cart', '-f', path, '-o', 'json']);
    expect(status).toBe(0);
    expect(stdout).toContain('cart');
    expect(stderr).toMatch(said);
    // The text may have said it in the answer; a table of kills never does.
    const text = await exit137(['why', 'cart', '-f', path]);
    expect(text.stdout + text.stderr).toMatch(said);
    expect((await exit137(['kills', '-f', path])).stderr).toMatch(said);
    const strict = await exit137(['why', 'cart', '-f', path, '--strict']);
    expect(strict.status).toBe(5);
  });

  it('archives whose names lead elsewhere: nothing is written, the evidence is read', async () => {
    const names = ['../../escape/pods.json', '/etc/escape/events.json', 'a/../../../escape.json'];
    const tar = file(
      'escape.tar',
      await tarOf([
        ...names.map((name) => ({ name, content: PODS })),
        { name: 'link.json', linkname: '/etc/passwd' },
        { name: 'dir', linkname: '../../..' },
        { name: 'dir/pods.json', content: PODS },
      ]),
    );
    const zip = file('escape.zip', zipOf(names.map((name) => ({ name, content: PODS }))));
    for (const path of [tar, zip]) {
      const { status, stdout, stderr } = await exit137(['why', 'cart', '-q', '-f', path, '-o', 'json']);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).not.toContain('..');
      expect(stdout).not.toContain('root:');
    }
    expect(existsSync(join(folder, '..', 'escape'))).toBe(false);
    expect(existsSync('/etc/escape')).toBe(false);
  });

  it('a folder with links in circles, a pipe nobody writes to, and a link out of it', async () => {
    const tree = join(folder, 'tree');
    mkdirSync(join(tree, 'a', 'b'), { recursive: true });
    writeFileSync(join(tree, 'a', 'pods.json'), PODS);
    symlinkSync('..', join(tree, 'a', 'b', 'up'));
    symlinkSync('loop', join(tree, 'loop'));
    symlinkSync('/etc/hostname', join(tree, 'out'));
    execFileSync('mkfifo', [join(tree, 'pipe.log')]);
    const { status, stdout, stderr } = await exit137(['why', 'cart', '-f', tree, '-o', 'json']);
    expect(status).toBe(0);
    expect(stdout).toContain('cart');
    expect(stderr.replaceAll('\n', ' ')).toMatch(/out: a symbolic link out of the folder; not followed/);
  });

  it('a named pipe, as a shell makes for <(command)', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const writer = spawn('sh', ['-c', 'cat "$0" > "$1"', file('pods.json', PODS), pipe]);
    const { status, stdout } = await exit137(['why', 'cart', '-f', pipe]);
    writer.kill();
    expect(status).toBe(0);
    expect(stdout).toContain('cart');
  });

  it('a single line of 100 MB in a kernel log: little memory, and the lines around it count', async () => {
    const piece = 'x'.repeat(MIB);
    function* log(): Generator<string> {
      yield KERNEL_LOG;
      for (let count = 0; count < 100; count += 1) yield piece;
      yield `\n${KERNEL_LOG.replaceAll('77', '78')}`;
    }
    const { status, stdout, stderr, peakBytes } = await exit137(['kills', '-f', '-', '-o', 'json'], {
      input: log(),
    });
    expect(status).toBe(0);
    expect(
      (JSON.parse(stdout) as { items: { count: number }[] }).items.reduce((sum, one) => sum + one.count, 0),
    ).toBe(2);
    expect(stderr).toMatch(/longer than 64 KiB.*line 5/s);
    expect(peakBytes).toBeLessThan(250 * MIB);
  });

  it('a single line of 100 MB and nothing else', async () => {
    const input = ['{"kind":"Pod","x":"', ...Array.from({ length: 100 }, () => 'a'.repeat(MIB)), '"}'];
    const { status, stderr, peakBytes } = await exit137(['why', '-f', '-'], { input });
    expect(status).toBe(4);
    expect(stderr).toContain('standard input');
    // One document may have 128 MiB: its pieces, the whole, its text and its value.
    expect(peakBytes).toBeLessThan(700 * MIB);
  });
});

const ESC =
  '\u001b[31m\u001b[2J\u001b]0;owned\u0007\u001b]8;;http://evil\u001b\\click\u001b]8;;\u001b\\\u009b1m\r\u0008\u202egnp\u200b';
/** C0 but line feeds, DEL, C1, bidi controls and zero-width characters. */
const CONTROL = /[\0-\t\v-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

function hostileObjects(): unknown {
  const status = POD.status.containerStatuses[0];
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        ...POD,
        metadata: {
          ...POD.metadata,
          name: `ca${ESC}rt`,
          namespace: `sh${ESC}op`,
          ownerReferences: [{ kind: `Replica${ESC}Set`, name: `own${ESC}er`, controller: true }],
        },
        spec: {
          nodeName: `n${ESC}1`,
          containers: [{ name: `ap${ESC}p`, image: `i${ESC}mage`, args: [ESC] }],
        },
        status: {
          phase: `Run${ESC}ning`,
          message: `mess${ESC}age`,
          reason: `Rea${ESC}son`,
          containerStatuses: [
            {
              ...status,
              name: `ap${ESC}p`,
              lastState: {
                terminated: { ...status?.lastState.terminated, message: `last ${ESC}words\n\tline` },
              },
            },
          ],
        },
      },
      {
        kind: 'Event',
        metadata: { name: 'e', namespace: `sh${ESC}op` },
        involvedObject: {
          kind: 'Pod',
          name: `ca${ESC}rt`,
          namespace: `sh${ESC}op`,
          fieldPath: `spec.containers{ap${ESC}p}`,
        },
        reason: 'Killing',
        message: `Stopping container ap${ESC}p${ESC}`,
        source: { component: `kube${ESC}let`, host: `n${ESC}1` },
        lastTimestamp: '2026-03-01T09:59:30Z',
      },
      { kind: `Str${ESC}ange`, metadata: { name: ESC } },
    ],
  };
}

describe.concurrent('control sequences in names and messages do not reach the terminal', () => {
  it.each([
    ['text', [['why', '-A'], ['kills'], ['kills', '--list']]],
    ['wide', [['kills']]],
    ['json', [['why', '-A'], ['kills']]],
    ['yaml', [['why', '-A']]],
    ['md', [['why', '-A'], ['kills']]],
    ['csv', [['kills'], ['kills', '--list']]],
  ])('in answers with -o %s', async (output, commands) => {
    const path = file(`hostile-${output}.json`, JSON.stringify(hostileObjects()));
    for (const command of commands) {
      const { status, stdout, stderr } = await exit137([...command, '-f', path, '-v', '-o', output]);
      expect(status).toBe(0);
      expect(stdout).toContain('gnp');
      const text = output === 'csv' ? stdout.replaceAll('\r\n', '\n') : stdout;
      expect(CONTROL.exec(text)?.[0]).toBeUndefined();
      expect(CONTROL.exec(stderr)?.[0]).toBeUndefined();
      // As escapes of JSON or YAML they would come to life in the next program.
      expect(stdout).not.toMatch(/\\u001b|\\e\[|\\x1b|\\u009b|\\u202e/i);
    }
  });

  it.each<[string, readonly string[], number]>([
    ['a target', ['why', `x${ESC.replaceAll('/', '')}y`, '-f', 'POD'], 2],
    ['a target of two words', ['why', `po${ESC}d`, `x${ESC}`, '-f', 'POD'], 2],
    ['a container', ['why', 'cart', '-c', `x${ESC}`, '-f', 'POD'], 3],
    ['a path', ['why', '-f', `no${ESC}such`], 4],
    ['a flag', ['why', `--fo${ESC}o`], 2],
    ['a command', [`wh${ESC}y`], 2],
    ['a value of a flag', ['why', '-o', `js${ESC}on`], 2],
    ['a duration', ['kills', '--since', `1${ESC}h`], 2],
    ['a word to explain', ['explain', `OOM${ESC}Kil`], 2],
    ['an example', ['examples', `x${ESC}`], 2],
    ['a shell', ['completion', `ba${ESC}sh`], 2],
  ])('nor those in %s', async (_what, args, code) => {
    const path = file('plain.json', PODS);
    const { status, stdout, stderr } = await exit137(args.map((arg) => (arg === 'POD' ? path : arg)));
    expect(status).toBe(code);
    expect(stderr).not.toBe('');
    expect(CONTROL.exec(stdout + stderr)?.[0]).toBeUndefined();
  });

  it('nor those in names of files and of archive entries', async () => {
    const tree = join(folder, 'names');
    mkdirSync(tree);
    const name = ESC.replaceAll('/', '');
    writeFileSync(join(tree, `a${name}.json`), '{"kind":"Pod","metadata":{');
    writeFileSync(join(tree, 'b.tar'), await tarOf([{ name: `c${name}.json`, content: '{"kind":"Pod",' }]));
    writeFileSync(join(tree, 'd.json'), PODS);
    for (const output of ['text', 'json']) {
      const { status, stdout, stderr } = await exit137(['why', 'cart', '-f', tree, '-v', '-o', output]);
      expect(status).toBe(0);
      expect(stdout + stderr).toContain('names/a');
      expect(stdout + stderr).toContain('b.tar!c');
      expect(CONTROL.exec(stdout + stderr)?.[0]).toBeUndefined();
    }
  });
});

/** Each is looked for in everything that leaves the program. */
const SECRETS = {
  data: 'c2VjcmV0LWRhdGEtb2YtYS1zZWNyZXQ=',
  stringData: 'plain-text-of-a-secret',
  argument: 'hunter2-in-an-argument',
  command: 'hunter2-in-a-command',
  environment: 'value-of-a-variable',
  knobSecret: 'hunter2-in-java-opts',
  url: 'hunter2-in-a-url',
  token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLW9mLWEtdG9rZW4',
  message: 'hunter2-in-a-message',
  log: 'hunter2-in-a-log-line',
  managed: 'f:managed-field-of-someone',
  applied: 'applied-configuration-text',
  configMap: 'text-of-a-config-map',
} as const;

function tellingObjects(): readonly unknown[] {
  const [status] = POD.status.containerStatuses;
  return [
    {
      ...POD,
      metadata: {
        ...POD.metadata,
        managedFields: [{ manager: 'kubectl', fieldsV1: { [SECRETS.managed]: {} } }],
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `{"x":"${SECRETS.applied}"}` },
      },
      spec: {
        containers: [
          {
            name: 'app',
            command: ['sh', '-c', `exec app --password=${SECRETS.command}`],
            args: [
              '--db-password',
              SECRETS.argument,
              `postgres://u:${SECRETS.url}@db/x`,
              `--token=${SECRETS.token}`,
            ],
            env: [
              { name: 'PLAIN', value: SECRETS.environment },
              {
                name: 'JAVA_TOOL_OPTIONS',
                value: `-Xmx48m -Djavax.net.ssl.keyStorePassword=${SECRETS.knobSecret}`,
              },
            ],
            resources: { limits: { memory: '64Mi' } },
          },
        ],
      },
      status: {
        containerStatuses: [
          {
            ...status,
            lastState: {
              terminated: { ...status?.lastState.terminated, message: `failed: password=${SECRETS.message}` },
            },
          },
        ],
      },
    },
    {
      kind: 'Event',
      metadata: { name: 'e', namespace: 'shop', managedFields: [{ fieldsV1: { [SECRETS.managed]: {} } }] },
      involvedObject: { kind: 'Pod', name: 'cart', namespace: 'shop', uid: 'u1' },
      reason: 'BackOff',
      message: `Authorization: Bearer ${SECRETS.token} password=${SECRETS.message}`,
      lastTimestamp: '2026-03-01T10:00:00Z',
    },
    {
      kind: 'Secret',
      metadata: { name: 's', namespace: 'shop' },
      data: { p: SECRETS.data },
      stringData: { p: SECRETS.stringData },
    },
    { kind: 'SecretList', items: [{ metadata: { name: 's' }, data: { p: SECRETS.data } }] },
    { kind: 'ConfigMap', metadata: { name: 'c' }, data: { p: SECRETS.configMap } },
  ];
}

/** The same evidence as a folder: a list, single objects, a describe page and a log as a must-gather lays it out. */
function tellingFolder(name: string, extension: 'json' | 'yaml'): string {
  const tree = join(folder, name);
  const logs = join(tree, 'namespaces/shop/pods/cart/app/app/logs');
  mkdirSync(logs, { recursive: true });
  const objects = tellingObjects();
  // JSON is YAML too: flow style, which the splitter of block lists never sees otherwise.
  const list =
    extension === 'json'
      ? JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
      : `apiVersion: v1\nkind: List\nitems:\n${objects.map((one) => `- ${JSON.stringify(one)}\n`).join('')}---\n${objects.map((one) => JSON.stringify(one)).join('\n---\n')}\n`;
  writeFileSync(join(tree, `objects.${extension}`), list);
  writeFileSync(
    join(logs, 'previous.log'),
    `2026-03-01T09:59:59Z connecting with password=${SECRETS.log}\n2026-03-01T10:00:00Z token ${SECRETS.token}\n`,
  );
  writeFileSync(
    join(tree, 'describe.txt'),
    `Name:         paid
Namespace:    shop
Annotations:  kubectl.kubernetes.io/last-applied-configuration: {"x":"${SECRETS.applied}"}
Containers:
  app:
    Command:
      run
      --password=${SECRETS.command}
    Args:
      --db-password
      ${SECRETS.argument}
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       Error
      Message:      password=${SECRETS.message}
      Exit Code:    137
    Restart Count:  3
    Environment:
      PLAIN:  ${SECRETS.environment}
      JAVA_TOOL_OPTIONS:  -Xmx48m -Djavax.net.ssl.keyStorePassword=${SECRETS.knobSecret}
`,
  );
  return tree;
}

function mustTellNothing(text: string): void {
  for (const [where, secret] of Object.entries(SECRETS)) expect(text.includes(secret), where).toBe(false);
}

describe.concurrent('secrets stay where they are', () => {
  it.each(['json', 'yaml'] as const)('in answers from %s', async (extension) => {
    const tree = tellingFolder(`telling-${extension}`, extension);
    for (const output of ['text', 'json']) {
      const { status, stdout, stderr } = await exit137(['why', '-A', '-f', tree, '-v', '-o', output]);
      expect(status).toBe(0);
      expect(stdout).toContain('cart');
      mustTellNothing(stdout + stderr);
    }
  });

  it.each(['json', 'yaml'] as const)('in bundles recorded from %s', async (extension) => {
    const tree = tellingFolder(`recorded-${extension}`, extension);
    const out = join(folder, `bundles-${extension}`);
    mkdirSync(out);
    const path = join(out, 'bundle.json');
    const { status, stdout, stderr } = await exit137(['record', '-q', '-f', tree, '--out', path], {
      writable: out,
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/credentials? redacted/);
    const bundle = readFileSync(path, 'utf8');
    mustTellNothing(bundle);
    expect(bundle).not.toMatch(/managedFields|last-applied|stringData/);
    // What the verdict needs is there: the names of variables, and the memory knob.
    expect(bundle).toContain('JAVA_TOOL_OPTIONS');
    expect(bundle).toContain('-Xmx48m');
    expect(bundle).toContain('[redacted]');
    expect(readdirSync(out)).toEqual(['bundle.json']);
  });
});
