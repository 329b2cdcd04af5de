/** Turns the evidence of a staged death into a case that any machine can judge again. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EvidenceBundle } from '../../../src/core/model/bundle.ts';
import type { Label } from '../scenarios/scenario.ts';

/** What staged it: the file to run, and the version of control groups of its node. */
export interface StagedBy {
  readonly script: string;
  readonly cgroup: 'v1' | 'v2';
}

export interface RecordedDeath {
  /** Name of the folder. */
  readonly name: string;
  readonly about: string;
  readonly label: Label;
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
  /** The bundle that the product itself wrote. */
  readonly bundle: EvidenceBundle;
  /** Written while it died, because afterwards the pod is gone. */
  readonly watched: boolean;
  readonly by: StagedBy;
}

export function readBundle(path: string): EvidenceBundle {
  return JSON.parse(readFileSync(path, 'utf8')) as EvidenceBundle;
}

export function writeCase(folder: string, death: RecordedDeath): void {
  const path = join(folder, death.name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'bundle.json'), json(neutral(onlyOf(death))));
  writeFileSync(join(path, 'expected.json'), json(expectedOf(death)));
  writeFileSync(join(path, 'about.md'), aboutOf(death));
}

function expectedOf({ label, namespace, pod, container }: RecordedDeath): unknown {
  const codes = [label.code, ...(label.allowed ?? []).filter(isAlways).map(({ code }) => code)];
  const died = codes.filter((code) => code !== 'none');
  return {
    select: { namespace, pod, ...(container === undefined ? {} : { container }) },
    kind: died.length === 0 ? 'nothing-died' : 'identified',
    code: codes.length === 1 ? codes[0] : codes,
  };
}

function isAlways({ under }: { readonly under?: readonly unknown[] }): boolean {
  return under === undefined || under.includes('recorded');
}

function aboutOf({ name, about, label, bundle, watched, by }: RecordedDeath): string {
  const [node] = bundle.nodes;
  const versions = [
    node?.kubeletVersion === undefined ? '' : `kubelet ${node.kubeletVersion}`,
    node?.containerRuntimeVersion?.replace('://', ' ') ?? '',
    node?.kernelVersion === undefined ? '' : `kernel ${plainKernel(node.kernelVersion)}`,
    `cgroup ${by.cgroup}`,
  ].filter((text) => text !== '');
  const allowed = (label.allowed ?? [])
    .filter(isAlways)
    .map(({ code, because }) => `- \`${code}\` is right too: ${because}.\n`);
  return `# ${name}

${about} Really killed in a real cluster (${versions.join(', ')}) by \`${by.script}\`; the evidence is what
\`exit137 record${watched ? ' --watch' : ''}\` wrote. Left out: what concerns only other pods of the node.

Label: \`${label.code}\`${label.via === undefined ? '' : ` via \`${label.via}\``}.
${allowed.join('')}`;
}

/** Beside it on the node others died too; what is known of them alone would make every case a large one. */
function onlyOf({ bundle, namespace, pod }: RecordedDeath): EvidenceBundle {
  const pods = bundle.pods.filter((one) => one.namespace === namespace);
  const uids = new Set(pods.flatMap(({ uid }) => (uid === undefined ? [] : [uid])));
  const ids = new Set(
    pods.flatMap(({ containers }) =>
      containers.flatMap(({ status }) => {
        const { state, lastState } = status ?? {};
        const ended = [state, lastState].map((one) =>
          one?.kind === 'terminated' ? one.termination.containerId : '',
        );
        return [status?.containerId ?? '', ...ended].map((id) => id ?? '').filter((id) => id !== '');
      }),
    ),
  );
  const concerns = (value: unknown): boolean => {
    const line = text(value);
    // Not the bare name: `victim` is also what a kernel report calls the process it killed.
    const named = line.includes(`"pod":"${pod}"`) && line.includes(`"namespace":"${namespace}"`);
    return named || [...uids, ...ids].some((id) => line.includes(id));
  };
  return {
    ...bundle,
    pods,
    kernelKills: bundle.kernelKills.filter(
      (kill) => concerns(kill) || kill.scope !== 'memcg' || !/"podUid"/u.test(text(kill)),
    ),
    // The runtime cleans up after every container; without an ID that is nobody's.
    nodeLog: bundle.nodeLog.filter(
      (record) =>
        concerns(record) ||
        (record.kind !== 'shim-cleanup' && !/"(?:podUid|containerId|pod|sandboxId)":/u.test(text(record))),
    ),
    samples: bundle.samples.filter(
      (sample) => sample.namespace === undefined || sample.namespace === namespace,
    ),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

function text(value: unknown): string {
  return JSON.stringify(value);
}

function plainKernel(version: string): string {
  return /^[\d.]+/u.exec(version)?.[0] ?? version;
}

/** No name and no address of the machine it was made on. */
function neutral(bundle: EvidenceBundle): EvidenceBundle {
  const kernels = bundle.nodes.flatMap(({ kernelVersion }) =>
    kernelVersion === undefined ? [] : [kernelVersion],
  );
  const boots = bundle.nodes.flatMap(({ bootId }) => (bootId === undefined ? [] : [bootId]));
  let text = JSON.stringify(bundle)
    .replaceAll(/https?:\/\/[\d.]+:\d+(?:\/no-[\w-]+)?/gu, 'https://cluster.example:6443')
    // Of the one-node cluster, and of the second node's pods and its emulator's network.
    .replaceAll(/\b(?:198\.1[89]\.\d+|192\.0\.2|10\.0\.2)\.\d+\b/gu, '198.18.0.2');
  for (const kernel of kernels) text = text.replaceAll(kernel, plainKernel(kernel));
  for (const boot of boots) text = text.replaceAll(boot, '00000000-0000-4000-8000-000000000001');
  return JSON.parse(text) as EvidenceBundle;
}
