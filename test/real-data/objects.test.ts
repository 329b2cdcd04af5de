/** Real pods, nodes, events, `describe` texts and a must-gather, judged end to end. Truth: the README of the captures. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../src/core/model/diagnosis.ts';
import {
  asFile,
  dataFile,
  HAS_DATA,
  isMemoryVerdict,
  killsOf,
  MIB,
  NOW_MS,
  said,
  SKIPPED,
  whyOf,
} from './kit.ts';

interface Row {
  readonly path: string;
  readonly code: string | readonly string[];
  readonly container?: string;
  readonly exitCode?: number;
  readonly reason?: string;
  readonly limitBytes?: number;
  readonly says?: RegExp;
  readonly mustNotSay?: RegExp;
  readonly candidates?: readonly string[];
}

const rows: readonly Row[] = [
  {
    path: 'describe/pod-oomkilled-100Mi-limit-memory-eater.txt',
    code: 'K1',
    container: 'memory-eater',
    exitCode: 137,
    reason: 'OOMKilled',
    limitBytes: 100 * MIB,
    says: /restarted 6 times: the limit is below what it needs to start/,
    mustNotSay: /delays a leak|is a leak/,
  },
  {
    path: 'describe/pod-aks-oomkilled-stress-ng.txt',
    code: 'K1',
    container: 'nginx',
    exitCode: 137,
    reason: 'OOMKilled',
  },
  {
    path: 'describe/pod-exit137-error-liveness-failed.txt',
    code: ['L4', 'insufficient'],
    container: 'liveness',
    exitCode: 137,
    reason: 'Error',
    candidates: ['L4'],
  },
  { path: 'describe/pod-sigterm-exit0-completed.txt', code: 'exit-0', container: 'nginx', exitCode: 0 },
  { path: 'describe/pod-crashloop-exit0-not-oom.txt', code: 'exit-0', exitCode: 0 },
  { path: 'describe/pod-crashlooping-alert.txt', code: 'exit-0', exitCode: 0 },
  {
    path: 'troubleshoot/pods-message-oomkill-pod.json',
    code: 'K1',
    container: 'memory-eater',
    exitCode: 137,
    reason: 'OOMKilled',
    limitBytes: 100 * MIB,
  },
  { path: 'troubleshoot/pods-message-pending-pod-resources.json', code: 'none', says: /Pending/ },
  {
    path: 'troubleshoot/pods-message-pod-crashloop-backoff.json',
    code: 'exit-127',
    exitCode: 127,
    reason: 'ContainerCannotRun',
  },
  { path: 'insights-archive/authentication-operator-6d65456dc7-9d2qx.json', code: 'exit-255', exitCode: 255 },
  { path: 'insights-archive/default-2k58azz-backup-deletion-5rdw4.json', code: 'exit-1', exitCode: 1 },
  {
    path: 'insights-archive/vsystem-867f4b77cc-pqcns.json',
    code: 'exit-1',
    container: 'vsystem-hana-init',
    exitCode: 1,
  },
  { path: 'gitops-engine/pod-crashloop.yaml', code: 'exit-1', exitCode: 1 },
  { path: 'gitops-engine/pod-failed.yaml', code: 'exit-1', exitCode: 1 },
  { path: 'gitops-engine/pod-running-restart-onfailure.yaml', code: 'exit-1', exitCode: 1 },
  { path: 'gitops-engine/pod-running-not-ready.yaml', code: 'none' },
  { path: 'gitops-engine/pod-succeeded.yaml', code: 'none' },
  {
    path: 'is-healthy/pod-oomkilled-unhealthy.yaml',
    code: 'K3',
    container: 'oomkilled',
    exitCode: 1,
    reason: 'OOMKilled',
    limitBytes: 200 * MIB,
  },
  {
    path: 'is-healthy/pod-oomkilled-old.yaml',
    code: 'K3',
    container: 'oomkilled',
    exitCode: 1,
    reason: 'OOMKilled',
    limitBytes: 200 * MIB,
  },
  {
    path: 'is-healthy/pod-pod-terminating.yaml',
    code: ['L7', 'P1'],
    exitCode: 137,
    reason: 'Error',
    mustNotSay: /OOM kill(?:er|ed)|memory limit/,
  },
  { path: 'is-healthy/pod-evicted.yaml', code: 'L1', reason: 'Evicted', says: /low on memory/ },
  { path: 'is-healthy/pod-crashloopbackoff.yaml', code: 'exit-1', exitCode: 1 },
  { path: 'is-healthy/pod-early-failures.yaml', code: 'exit-2', exitCode: 2 },
  { path: 'is-healthy/pod-restarting.yaml', code: 'exit-0' },
  { path: 'is-healthy/pod-unhealthy-restarting.yaml', code: 'exit-0' },
  { path: 'is-healthy/pod-healthy.yaml', code: 'none' },
];

const MEMORY = new Set(['K1', 'K3', 'L1']);

/** `@now-5m` stands for a time relative to the clock of whoever tests. */
async function placed(path: string): Promise<string> {
  const text = await readFile(dataFile('k8s-objects', path), 'utf8');
  if (!text.includes('@now')) return dataFile('k8s-objects', path);
  return asFile(text.replaceAll('@now-5m', new Date(NOW_MS - 5 * 60_000).toISOString()), 'pod.yaml');
}

function codesOf(answers: readonly Diagnosis[]): readonly string[] {
  return answers.map(({ verdict }) => verdict.code);
}

describe.skipIf(!HAS_DATA)(`real pods, one at a time${SKIPPED}`, () => {
  it.each(rows.map((row) => [row.path, row] as const))('%s', async (path, row) => {
    const [answer, ...others] = await whyOf(await placed(path));
    if (answer === undefined) throw new Error('no answer');
    const wanted = typeof row.code === 'string' ? [row.code] : row.code;
    expect(wanted).toContain(answer.verdict.code);
    if (row.container !== undefined) expect(answer.container).toBe(row.container);
    expect(answer.exitCode).toBe(row.exitCode ?? answer.exitCode);
    expect(answer.reason).toBe(row.reason ?? answer.reason);
    if (row.limitBytes !== undefined) expect(answer.limitBytes).toBe(row.limitBytes);
    if (row.says !== undefined) expect(said(answer)).toMatch(row.says);
    if (row.mustNotSay !== undefined) expect(said(answer)).not.toMatch(row.mustNotSay);
    if (answer.verdict.kind !== 'identified' && row.candidates !== undefined)
      expect(answer.verdict.candidates.map(({ code }) => code)).toEqual(
        expect.arrayContaining([...row.candidates]),
      );
    for (const one of [answer, ...others])
      expect(isMemoryVerdict(one)).toBe(wanted.some((code) => MEMORY.has(code)));
  });

  it('a BackOff that only events show is no death for memory', async () => {
    const answers = await killsOf(
      dataFile('k8s-objects/troubleshoot/events-message-pod-init-crashloop-backoff.json'),
    );
    expect(answers.filter(isMemoryVerdict)).toEqual([]);
  });
});

describe.skipIf(!HAS_DATA)(`real evidence of two kinds together${SKIPPED}`, () => {
  it('describe text of a pod and the syslog of its node: K1 with the limit from the kernel', async () => {
    const paths = [
      dataFile('k8s-objects/describe/pod-aks-oomkilled-stress-ng.txt'),
      dataFile('kernel-oom/aks-5.15-memcg-v1-stress-ng-pod.syslog'),
    ];
    const answers = await killsOf(...paths);
    expect(codesOf(answers)).toEqual(['K1']);
    expect(answers[0]).toMatchObject({
      container: 'nginx',
      exitCode: 137,
      verdict: { confidence: 'likely' },
      kernel: { scope: 'memcg', victimPid: 183960, victimComm: 'stress-ng-vm', limitBytes: 100 * MIB },
    });
  });

  it('a describe text and a kubelet log of another life of its container: the log proves its own death only', async () => {
    const log = dataFile('k8s-objects/describe/pod-exit137-error-liveness-failed.kubelet.log');
    const answers = await killsOf(
      dataFile('k8s-objects/describe/pod-exit137-error-liveness-failed.txt'),
      log,
    );
    // The text's instance ended at 12:36:34, the log's at 18:35:20.
    const described = answers.find(({ exitCode }) => exitCode === 137);
    expect(described?.verdict.kind).toBe('insufficient-evidence');
    expect(described?.verdict.candidates[0]?.code).toBe('L4');
    const [logged] = await killsOf(log);
    expect(logged).toMatchObject({
      target: { namespace: 'default', pod: 'liveness-exec', podUid: '93e17ecc-ab55-461a-b526-29248d2554ad' },
      container: 'liveness',
      containerId: '05657a9c673d612aedd955a65136ccca36b82ba987831de7844cdc0238f1d707',
      verdict: { code: 'L4', memory: 'none' },
      atMs: Date.parse('2025-05-16T18:35:20Z'),
    });
  });
});

describe.skipIf(!HAS_DATA)(`real nodes${SKIPPED}`, () => {
  it.each([
    'is-healthy/node-healthy.yaml',
    'is-healthy/node-warning.yaml',
    'describe/node-eks-17-pods-overcommitted.txt',
  ])('%s: nothing died', async (path) => {
    expect(await killsOf(dataFile('k8s-objects', path))).toEqual([]);
  });
});

describe.skipIf(!HAS_DATA)(`a node that runs too many pods${SKIPPED}`, () => {
  it('17 of 17 pods and memory limits of 163 % are the finding', async () => {
    const [answer] = await whyOf(dataFile('k8s-objects/describe/node-eks-17-pods-overcommitted.txt'));
    expect(answer?.target.node).toBe('ip-172-31-04-111.us-east-2.compute.internal');
    expect(answer?.verdict.kind).toBe('nothing-died');
    expect(answer?.verdict.summary).toMatch(/17 of at most 17.*163 %/);
  });
});

describe.skipIf(!HAS_DATA)(`a real must-gather without a memory kill${SKIPPED}`, () => {
  it('eleven failed instances, exit 1 four times and 255 seven times, and no word of memory', async () => {
    const answers = await killsOf(dataFile('k8s-objects/must-gather-metal'));
    const failed = answers.flatMap(({ exitCode }) =>
      exitCode === undefined || exitCode === 0 ? [] : [exitCode],
    );
    expect(failed.toSorted((a, b) => a - b)).toEqual([1, 1, 1, 1, 255, 255, 255, 255, 255, 255, 255]);
    expect(answers.filter(isMemoryVerdict).map(({ target, verdict }) => [target.pod, verdict.code])).toEqual(
      [],
    );
  });

  it('asked for the newest death it tells one that has a record', async () => {
    const [newest] = await whyOf(dataFile('k8s-objects/must-gather-metal'));
    expect([1, 255]).toContain(newest?.exitCode);
  });
});

describe.skipIf(!HAS_DATA)(`answers of a real kubelet${SKIPPED}`, () => {
  it('kubernetes-1.33: no memory kill is made up', async () => {
    const answers = await killsOf(dataFile('metrics/kubernetes-1.33'));
    expect(answers.filter(isMemoryVerdict)).toEqual([]);
  });

  it('kubernetes-1.15-1.16: one pod was evicted for memory, and nothing else is about memory', async () => {
    const answers = await killsOf(dataFile('metrics/kubernetes-1.15-1.16'));
    const memory = answers.filter(isMemoryVerdict).map(({ target, verdict }) => [target.pod, verdict.code]);
    expect(memory).toEqual([['sh-7c95664875-4btqh', 'L1']]);
  });
});
