import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { load } from 'js-yaml';
import { afterAll, describe, expect, it } from 'vitest';
import { CONTAINER_LIMIT, NOW_MS, reportOf, ALIVE, UNDECIDED } from '../../test/samples/diagnoses.ts';
import type { CollectRequest, EvidenceSource } from '../app/ports.ts';
import type { ClusterProbe } from '../app/check.ts';
import { SourceError } from '../app/ports.ts';
import type { JudgeOptions } from '../app/judge.ts';
import { analyseMemory } from '../core/memory/analyse.ts';
import type { BundlePart } from '../core/model/bundle.ts';
import type { Diagnosis, DiagnosisReport } from '../core/model/diagnosis.ts';
import { buildProgram } from './program.ts';
import { DEFAULT_FLAGS } from './run.ts';
import type { Said, Surroundings } from './test-kit.ts';
import { PACKAGE_ROOT, runIn } from './test-kit.ts';
import type { Wiring } from './wiring.ts';

interface World extends Omit<Surroundings, 'onInterrupt'> {
  readonly items?: readonly Diagnosis[];
  readonly report?: Partial<DiagnosisReport>;
  readonly clusterError?: SourceError;
  readonly filesHoldPods?: boolean;
  readonly hasCluster?: boolean;
  /** Pressed as soon as the source is asked. */
  readonly interrupt?: boolean;
}

interface Told extends Said {
  readonly asked: readonly string[];
  readonly requests: readonly CollectRequest[];
  readonly selections: readonly JudgeOptions['selection'][];
}

const CLUSTER_PROBE: ClusterProbe = {
  context: 'prod',
  server: 'https://10.0.0.1:6443',
  namespace: 'shop',
  version: async () => 'v1.34.1',
  resourceOf: (subject) => subject,
  probe: async (subject, { namespace }) => {
    if (subject === 'nodes') throw new SourceError('forbidden', 'nodes is forbidden');
    if (subject === 'metrics') throw new SourceError('not-found', 'no such API');
    if (subject === 'events' && namespace === undefined)
      throw new SourceError('forbidden', 'events is forbidden');
    return subject === 'events' ? { events: { count: 1, oldestAtMs: NOW_MS - 3_600_000 } } : {};
  },
};

/** Runs the whole program in-process against a world made by hand. */
async function exit137(commandLine: string, world: World = {}): Promise<Told> {
  const asked: string[] = [];
  const requests: CollectRequest[] = [];
  const selections: JudgeOptions['selection'][] = [];
  let pressCtrlC: (() => void) | undefined;
  const source = (name: string, part: BundlePart): EvidenceSource => ({
    name,
    collect: async (request) => {
      asked.push(name);
      requests.push(request);
      if (world.interrupt === true) pressCtrlC?.();
      if (name === 'cluster' && world.clusterError !== undefined) throw world.clusterError;
      return part;
    },
  });
  const wiring: Wiring = {
    files: async (paths) =>
      source(`files ${paths.join(' ')}`, { pods: world.filesHoldPods === true ? [{} as never] : [] }),
    cluster: async () => source('cluster', { pods: [{} as never] }),
    probe: async () => ({ probe: CLUSTER_PROBE, close: () => {} }),
    deathFeed: async () => {
      throw new SourceError('bad-config', 'no kubeconfig was found');
    },
    sink: async (out) => ({ write: async (_, text) => ({ path: out, bytes: text.length }) }),
    hasCluster: async () => world.hasCluster === true,
    memorySources: async () => ({ histories: [], close: () => {} }),
    analyse: async () => analyseMemory,
    collector: async () => {
      throw new SourceError('bad-config', 'no kubeconfig was found');
    },
    judge: async () => (_parts, options) => {
      selections.push(options.selection);
      return { ...reportOf(...(world.items ?? [CONTAINER_LIMIT])), ...world.report };
    },
  };
  const said = await runIn(commandLine, wiring, {
    ...world,
    onInterrupt: (handler) => {
      pressCtrlC = handler;
      return () => {};
    },
  });
  return { ...said, asked, requests, selections };
}

describe('usage', () => {
  it.each([
    [
      'a typing mistake in a flag',
      'why --namspace shop',
      `exit137: unknown flag '--namspace'. Did you mean --namespace?\nSee: exit137 why --help\n`,
    ],
    [
      'a flag like no other',
      'kills --zzzzzz',
      `exit137: unknown flag '--zzzzzz'.\nSee: exit137 kills --help\n`,
    ],
    ['a mistyped command', 'kils -A', `exit137: "kils" is no command.\nDid you mean: exit137 kills\n`],
    [
      'a pod without a command',
      'checkout-api-x2kqp',
      `exit137: "checkout-api-x2kqp" is no command.\nDid you mean: exit137 why checkout-api-x2kqp\n`,
    ],
    ['a code without a command', '137', `exit137: "137" is no command.\nDid you mean: exit137 explain 137\n`],
    [
      'a bad value',
      '-o jsn why',
      `exit137: --output cannot be "jsn". It is one of text, wide, json, yaml, md, csv. Did you mean json?\nSee: exit137 why --help\n`,
    ],
    [
      'a span of nothing',
      'kills --since 0',
      `exit137: --since cannot be "0". Write it like 30m, 12h or 7d.\nSee: exit137 kills --help\n`,
    ],
    [
      'a flag without its value',
      'why -n',
      `exit137: --namespace needs a value: --namespace NAME.\nSee: exit137 why --help\n`,
    ],
    ['help of no command', 'help wy', `exit137: "wy" is no command.\nDid you mean: exit137 help why\n`],
    [
      'the version as a command',
      'version',
      `exit137: "version" is no command.\nDid you mean: exit137 --version\n`,
    ],
    [
      'a selector that is none',
      'kills -f pods.json -l a=b=c',
      `exit137: "a=b=c" is no label selector.\nFix: write it like app=cart or "tier in (web,db)"\n`,
    ],
    [
      'a bad duration',
      'kills --since yesterday',
      `exit137: --since cannot be "yesterday". Write it like 30m, 12h or 7d.\nSee: exit137 kills --help\n`,
    ],
    [
      'a name that cannot be',
      'why My_Pod',
      `exit137: "My_Pod" cannot be the name of a Kubernetes object.\nFix: TARGET is pod, ns/name, deploy/x or ns/deploy/x.\n`,
    ],
    [
      'an unknown kind',
      'why shop/deplyo/api',
      `exit137: "deplyo" is no kind that exit137 knows.\nDid you mean deploy?\n`,
    ],
    [
      'two namespaces',
      'why shop/api -n web',
      `exit137: The target is in namespace shop, but -n says web.\nFix: Name one of them.\n`,
    ],
    [
      'an unknown word',
      'explain OMKilled',
      `exit137: "OMKilled" is no exit code, signal, reason or cause that exit137 knows.\nDid you mean: exit137 explain OOMKilled\n`,
    ],
    [
      'a shell that is none',
      'completion bsh',
      `exit137: "bsh" is no shell that exit137 completes in.\nDid you mean bash?\n`,
    ],
  ])('%s', async (_name, commandLine, stderr) => {
    const told = await exit137(commandLine);
    expect(told.block).toBe(`2\n--\n${stderr}`);
  });

  it('helps on stdout when nothing is asked, commands first', async () => {
    const { status, stdout, stderr } = await exit137('');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.indexOf('Commands:')).toBeLessThan(stdout.indexOf('--namespace'));
    expect(stdout).not.toContain('complete ');
  });

  it.each([
    '--help',
    'why --help',
    'kills --help',
    'explain --help',
    'record --help',
    'check --help',
    'help why',
  ])('%s fits 80 columns, but for examples', async (commandLine) => {
    const { status, stdout } = await exit137(commandLine, { terminal: { columns: 80 } });
    expect(status).toBe(0);
    const wide = stdout.split('\n').filter((line) => line.length > 80 && !/exit137 (?:why|kills)/.test(line));
    expect(wide).toEqual([]);
  });

  it('is called as kubectl calls it', async () => {
    const { stdout } = await exit137('--help', { program: 'kubectl exit137' });
    expect(stdout).toMatch(/^Usage: kubectl exit137 COMMAND/);
  });

  it('prints its version', async () => {
    expect((await exit137('--version')).block).toBe('0\n0.0.0-test\n--\n');
  });
});

describe('why', () => {
  it.each([
    ['', { kind: 'newest' }, {}],
    ['-A', { kind: 'all' }, {}],
    ['checkout-api', { kind: 'object', name: 'checkout-api' }, {}],
    ['shop/checkout-api', { kind: 'object', name: 'checkout-api', namespace: 'shop' }, { namespace: 'shop' }],
    [
      'deploy/checkout-api -n shop',
      { kind: 'object', objectKind: 'Deployment', name: 'checkout-api', namespace: 'shop' },
      { namespace: 'shop' },
    ],
    [
      'shop/sts/db -c pg',
      { kind: 'object', objectKind: 'StatefulSet', name: 'db', namespace: 'shop', container: 'pg' },
      { namespace: 'shop' },
    ],
    ['pod db-0', { kind: 'object', objectKind: 'Pod', name: 'db-0' }, {}],
    ['deployment.apps/web', { kind: 'object', objectKind: 'Deployment', name: 'web' }, {}],
  ])('why %s', async (target, selection, scope) => {
    const item = { ...CONTAINER_LIMIT, container: 'pg' };
    const { status, selections, requests } = await exit137(`why ${target}`, {
      items: target.includes('-c') ? [item] : [CONTAINER_LIMIT],
    });
    expect([status, selections]).toEqual([0, [selection]]);
    expect(requests[0]?.scope).toMatchObject(scope);
  });

  it('hands the flags to the sources', async () => {
    const { requests } = await exit137('why -l app=web --no-logs --node-access');
    expect(requests[0]).toMatchObject({
      scope: { labelSelector: 'app=web' },
      logLines: 0,
      nodeAccess: true,
      depth: 'why',
    });
  });

  it('answers on stdout and keeps notes on stderr', async () => {
    const gap = {
      id: 'g',
      what: 'events',
      cost: 'a probe cannot be excluded',
      kind: 'pod-events' as const,
      fix: 'grant list on events',
    };
    const { status, stdout, stderr } = await exit137('why', { report: { gaps: [gap] } });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Container memory limit, certain: the kernel killed/);
    expect(stderr).toBe('Not read: events: a probe cannot be excluded. Fix: grant list on events\n');
    expect((await exit137('why -q', { report: { gaps: [gap] } })).stderr).toBe('');
  });

  it('says 3 where the target is not there', async () => {
    const { block } = await exit137('why nope -n shop', { items: [] });
    expect(block).toBe(
      '3\n--\nexit137: Found no pod or workload "nope" in namespace shop in the source read.\nFix: list what died: exit137 kills -n shop\n',
    );
  });

  it.each([
    [
      'a cluster that does not answer',
      new SourceError('unreachable', 'connection refused (10.0.0.1:6443)'),
      4,
      'Cannot read cluster: connection refused (10.0.0.1:6443).',
    ],
    [
      'no kubeconfig',
      new SourceError('bad-config', 'no kubeconfig was found'),
      4,
      'Cannot read cluster: no kubeconfig was found.',
    ],
    [
      'a target the cluster does not have',
      new SourceError('not-found', 'no pod api in shop; near: api2'),
      3,
      'no pod api in shop; near: api2.',
    ],
  ])('%s', async (_name, clusterError, status, message) => {
    const told = await exit137('why api', { clusterError });
    expect([told.status, told.stdout]).toEqual([status, '']);
    expect(told.stderr.split('\n')[0]).toBe(`exit137: ${message}`);
  });

  it('prints what is known after Ctrl-C, marked as partial', async () => {
    const { status, stdout, stderr } = await exit137('why -o json', { interrupt: true });
    expect(status).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ truncated: true, items: [{ container: 'api' }] });
    expect(stderr).toContain('Interrupted');
  });

  it('tells a bug from a mistake', async () => {
    const { status, stderr } = await exit137('why', { items: [null as never] });
    expect(status).toBe(70);
    expect(stderr).toContain('this is a bug in exit137');
  });
});

describe('files', () => {
  it.each([
    ['only files', 'why -f dump', {}, ['files dump']],
    ['several', 'why -f a -f b', {}, ['files a b']],
    [
      'a target in files with pods',
      'why api -f dump',
      { filesHoldPods: true, hasCluster: true },
      ['files dump'],
    ],
    ['a kernel log and a target', 'why api -f -', { hasCluster: true }, ['files -', 'cluster']],
    ['a kernel log and no cluster', 'why api -f -', {}, ['files -']],
    ['a kernel log and no target', 'why -f -', { hasCluster: true }, ['files -']],
    [
      'a cluster named as well',
      'why -f dump --context prod',
      { filesHoldPods: true },
      ['files dump', 'cluster'],
    ],
  ])('%s', async (_name, commandLine, world, asked) => {
    expect((await exit137(commandLine, world)).asked).toEqual(asked);
  });
});

describe('exit codes', () => {
  const partial = { sources: [{ name: 'events', state: 'failed' as const }] };
  const whole = { sources: [{ name: 'pods', state: 'read' as const }] };
  it.each([
    ['nothing asked', '', [CONTAINER_LIMIT], whole, 0],
    ['any death', '--fail-on any', [UNDECIDED], whole, 1],
    ['no death', '--fail-on any', [ALIVE], whole, 0],
    ['identified', '--fail-on identified', [CONTAINER_LIMIT], whole, 1],
    ['not identified', '--fail-on identified', [UNDECIDED], whole, 0],
    ['certain enough', '--fail-on likely', [CONTAINER_LIMIT], whole, 1],
    ['about memory', '--fail-on memory', [CONTAINER_LIMIT], whole, 1],
    ['perhaps about memory', '--fail-on memory', [UNDECIDED], whole, 0],
    ['strict and whole', '--strict', [CONTAINER_LIMIT], whole, 0],
    ['strict and undecided', '--strict', [UNDECIDED], whole, 5],
    ['strict and a failed source', '--strict', [CONTAINER_LIMIT], partial, 5],
  ])('%s', async (...[, flags, items, report, status]) => {
    for (const command of ['why', 'kills']) {
      expect((await exit137(`${command} ${flags}`, { items, report })).status).toBe(status);
    }
  });
});

describe('kills', () => {
  it('lists groups', async () => {
    const { status, stdout } = await exit137('kills -A', { items: [CONTAINER_LIMIT, UNDECIDED, ALIVE] });
    expect(status).toBe(0);
    expect(stdout).toContain('KILLS  WORKLOAD');
    expect(stdout).toContain('2 deaths: 1 about memory, 1 without a named cause.');
  });

  it('leaves older deaths out with --since', async () => {
    const { stdout } = await exit137('kills --since 1h', { items: [CONTAINER_LIMIT, UNDECIDED] });
    expect(stdout).toContain('1 death in the last 1 h: 1 about memory.');
  });

  it.each([
    ['last', ['shop', 'batch']],
    ['workload', ['batch', 'shop']],
    ['cause', ['shop', 'batch']], // container-… before insufficient-…
  ])('sorts by %s', async (by, namespaces) => {
    const { stdout } = await exit137(`kills --no-headers --sort-by ${by}`, {
      items: [UNDECIDED, CONTAINER_LIMIT],
    });
    const found = [...stdout.matchAll(/(shop|batch)\//g)].map(([, namespace]) => namespace);
    expect(found).toEqual(namespaces);
  });
});

describe('forms of output', () => {
  const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true });

  it.each(['why', 'kills', 'kills --list', 'check', 'explain 137', 'explain SIGKILL'])(
    '%s -o json and yaml follow the schema that --json-schema prints',
    async (command) => {
      const check = validate.compile(JSON.parse((await exit137('--json-schema')).stdout));
      const items = [CONTAINER_LIMIT, UNDECIDED];
      const json = JSON.parse((await exit137(`${command} -o json`, { items })).stdout);
      const yaml = load((await exit137(`${command} -o yaml`, { items })).stdout);
      check(json);
      expect(check.errors).toBeNull();
      expect(yaml).toEqual(json);
    },
  );

  it('csv has one line per death and one of names', async () => {
    const { stdout } = await exit137('kills --list -o csv', { items: [CONTAINER_LIMIT, UNDECIDED] });
    expect(stdout.split('\r\n').map((line) => line.split(',').slice(0, 5).join(','))).toEqual([
      'at,namespace,workload,pod,container',
      '2025-11-20T03:07:41Z,shop,Deployment/checkout-api,checkout-api-6c9f7d5b8-x2kqp,api',
      '2025-11-19T22:00:00Z,batch,Job/report-builder-29101,report-builder-29101-zx8pl,worker',
      '',
    ]);
  });

  it('wide shows more', async () => {
    expect((await exit137('kills -o wide')).stdout).toContain('CODE  CONTAINER  NODE');
  });
});

describe('colour', () => {
  const terminal = { columns: 80 };
  const utf8 = { LANG: 'C.UTF-8' };
  it.each([
    ['a terminal', '', { terminal, env: utf8 }, true],
    ['no terminal', '', { env: utf8 }, false],
    ['NO_COLOR', '', { terminal, env: { ...utf8, NO_COLOR: '1' } }, false],
    ['an empty NO_COLOR', '', { terminal, env: { ...utf8, NO_COLOR: '' } }, true],
    ['a dumb terminal', '', { terminal, env: { ...utf8, TERM: 'dumb' } }, false],
    ['FORCE_COLOR', '', { env: { ...utf8, FORCE_COLOR: '1', NO_COLOR: '1' } }, true],
    ['--color always', '--color always', { env: { ...utf8, NO_COLOR: '1' } }, true],
    ['--color never', '--color never', { terminal, env: { ...utf8, FORCE_COLOR: '1' } }, false],
  ])('%s', async (_name, flag, world, coloured) => {
    expect((await exit137(`why ${flag}`, world)).stdout.includes('\u001b[')).toBe(coloured);
  });

  it('falls back to ASCII outside UTF-8', async () => {
    expect((await exit137('why', { env: { LANG: 'C' } })).stdout).toMatch(/^[\u0000-\u007f]*$/);
  });
});

describe('pager', () => {
  const shown: string[] = [];
  const page = async (command: string): Promise<boolean> => {
    shown.push(command);
    return command === 'less';
  };
  it.each([
    ['takes what is taller than the terminal', 'why', { PAGER: 'less' }, 10, ['less'], ''],
    ['is not needed for what fits', 'why', { PAGER: 'less' }, 100, [], 'Container'],
    ['can be refused', 'why --no-pager', { PAGER: 'less' }, 10, [], 'Container'],
    ['may be missing', 'why', { PAGER: 'gone' }, 10, ['gone'], 'Container'],
    ['is not assumed', 'why', {}, 10, [], 'Container'],
  ])('%s', async (...[, commandLine, env, rows, pagers, start]) => {
    shown.length = 0;
    const { stdout } = await exit137(commandLine, {
      env: { NO_COLOR: '1', ...env },
      terminal: { columns: 80, rows },
      page,
    });
    expect(shown).toEqual(pagers);
    expect(stdout.slice(0, start === '' ? undefined : start.length)).toBe(start);
  });
});

describe('record', () => {
  it('says what the bundle holds and how to read it', async () => {
    const { status, stdout } = await exit137('record shop/api --out death.json');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^Wrote death\.json \(.*\)\.\nIt holds 1 pod; no log lines; nothing looked like a credential\.\nRead it: exit137 why shop\/api -f death\.json\n$/,
    );
  });

  it.each([
    [
      'no --out',
      'record shop/api',
      2,
      'exit137: record needs --out.\nFix: exit137 record shop/api --out death.json\n',
    ],
    [
      'watching files',
      'record --out x --watch -f y',
      2,
      'exit137: --watch follows a cluster; files do not change.\nFix: leave -f or --watch out.\n',
    ],
    ['watching without a cluster', 'record --out x --watch', 2, 'exit137: no kubeconfig was found.\n'],
  ])('%s', async (_name, commandLine, status, stderr) => {
    expect((await exit137(commandLine)).block).toBe(`${status}\n--\n${stderr}`);
  });
});

describe('check', () => {
  it('says what is read, what is not, and what that costs', async () => {
    const { status, stdout } = await exit137('check', { terminal: { columns: 80 }, env: { NO_COLOR: '1' } });
    expect(status).toBe(0);
    expect(stdout).toBe(`\
Some evidence cannot be read: verdicts will be weaker.
context prod, namespace shop, https://10.0.0.1:6443, Kubernetes v1.34.1

  Read      + Pods
            + Events in shop
            + Previous container logs
            + ReplicaSets
            + ControllerRevisions
            + Jobs
  Not read  - Events: forbidden (list events). Only namespace shop can be read.
            - Nodes: forbidden (list nodes). Memory pressure, reboots, lost
              nodes and versions are not seen: node-wide causes stay possible.
            - Pod metrics (metrics.k8s.io): not installed. Present memory use,
              and who lives near the limit, is unknown.
            ? Kubelet and node logs (nodes/proxy): not asked for. The kernel log
              is not read: whose limit was hit rests on weaker signs. Not a
              read-only permission, so only with --node-access.
  Fix       > An administrator can make this role, and bind it with kubectl
              create clusterrolebinding exit137-read --clusterrole=exit137-read
              and your --user, --group or --serviceaccount.
              kubectl create clusterrole exit137-read --verb=get,list,watch --resource=events,nodes
  Events    * the oldest seen is 1 h old; what happened before has left no
              events
  History   ? Memory over time: none found. A leak cannot be told from a spike
              or a low limit, nothing is forecast, and kills older than the
              events are not known. Name a Prometheus with --prometheus URL, or
              keep a history: exit137 collect --history FILE.
`);
  });

  it('is strict on demand, and speaks JSON', async () => {
    expect((await exit137('check --strict')).status).toBe(5);
    expect(JSON.parse((await exit137('check -o json')).stdout)).toMatchObject({
      kind: 'Check',
      complete: false,
    });
    expect((await exit137('check -o csv')).status).toBe(2);
  });
});

describe('explain', () => {
  it('answers 137 with the question behind it', async () => {
    const { status, stdout } = await exit137('explain 137');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Exit code 137/);
    expect(stdout).toMatch(/not the same as out of memory/);
  });

  it('says the same with and without the argument parser', async () => {
    expect((await exit137('explain 137 --color never')).block).toBe((await exit137('explain 137')).block);
  });

  it('has the defaults of the argument parser', async () => {
    const { program } = buildProgram({
      program: 'exit137',
      version: '0',
      stdout: { write: () => {} },
    } as never);
    await program.parseAsync([], { from: 'user' });
    expect(program.opts()).toEqual(DEFAULT_FLAGS);
  });

  it('takes the code of a verdict', async () => {
    expect((await exit137('explain exit-1')).stdout).toMatch(/^Exit code 1:/);
  });

  it('takes words apart by blanks', async () => {
    expect((await exit137('explain signal 9')).stdout).toMatch(/^SIGKILL/);
  });

  it.skipIf(!existsSync(join(PACKAGE_ROOT, 'docs/causes/K1.md')))(
    'prints the page of a cause, in small letters too',
    async () => {
      const { status, stdout } = await exit137('explain k1');
      expect(status).toBe(0);
      expect(stdout).not.toMatch(/\*\*|```/);
    },
  );

  it.each(['K99', 'X0', 'K11'])('knows no cause %s', async (id) => {
    expect((await exit137(`explain ${id}`)).status).toBe(2);
  });
});

describe('completion', () => {
  const folder = mkdtempSync(join(tmpdir(), 'exit137-completion-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(['bash', 'zsh', 'fish', 'powershell'])('prints a script for %s', async (shell) => {
    const { status, stdout } = await exit137(`completion ${shell}`);
    expect(status).toBe(0);
    expect(stdout).toContain('exit137 complete ');
  });

  it('writes bash that bash can read', async () => {
    const file = join(folder, 'completion.bash');
    writeFileSync(file, (await exit137('completion bash')).stdout);
    const { status, stderr } = spawnSync('bash', ['-n', file], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  it.each([
    ['a word', 'exit137 w', 'why'],
    ['an empty word', 'exit137 kills ', 'x'],
    ['what bash replaces behind =', 'exit137 why --output=j', 'json'],
    ['nothing is evaluated', 'exit137 why $(touch pwned)', ''],
  ])('completes in bash: %s', async (_name, line, expected) => {
    const script = join(folder, 'real.bash');
    writeFileSync(script, (await exit137('completion bash')).stdout);
    // Stands for the program: answers a few words as `complete` does.
    const program = `exit137() { case "$*" in
      'complete -- w') printf 'why\\twho killed it\\n:4\\n' ;;
      'complete -- kills ') printf 'x\\t\\n:4\\n' ;;
      'complete -- why --output=j') printf -- '--output=json\\t\\n:4\\n' ;;
      *) printf ':4\\n' ;; esac; }
      compopt() { :; }`;
    const ask = 'COMP_LINE=$1; COMP_POINT=${#COMP_LINE}; __exit137_complete; printf %s "${COMPREPLY[*]}"; ls';
    const empty = mkdtempSync(join(folder, 'empty-'));
    // Sourced twice, as a second login shell inside the first does.
    const { stdout, stderr } = spawnSync(
      'bash',
      ['-c', `source ${script}; source ${script}; ${program}\n${ask}`, 'bash', line],
      { encoding: 'utf8', cwd: empty },
    );
    expect([stdout, stderr]).toEqual([expected, '']);
  });

  it.each([
    [
      'commands',
      ['complete', '--', 'ki'],
      'kills\tevery death found, grouped by workload and cause, worst first\n:4\n',
    ],
    [
      'flags',
      ['complete', '--', 'why', '--strict'],
      '--strict\texit 5 if evidence is partial or not enough\n:4\n',
    ],
    ['values', ['complete', '--', 'why', '-o', 'js'], 'json\t\n:4\n'],
    ['a value behind =', ['complete', '--', 'why', '--output=js'], '--output=json\t\n:4\n'],
    ['causes', ['complete', '--', 'explain', 'W'], 'W1\t\n:4\n'],
    ['examples', ['complete', '--', 'examples', 'node'], 'node-eviction\t\n:4\n'],
    ['codes', ['complete', '--', 'explain', 'OOM'], 'OOMKilled\t\n:4\n'],
    ['paths are left to the shell', ['complete', '--', 'why', '-f', 'x'], ':0\n'],
  ])('%s', async (_name, words, expected) => {
    expect((await exit137(words.join(' '))).block).toBe(`0\n${expected}--\n`);
  });
});
