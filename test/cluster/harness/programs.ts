/** What must be there, and what is built once and kept in a cache. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './folder.ts';
import { isOnPath, run, tryRun, words } from './run.ts';

const CLUSTER = join(import.meta.dirname, '..');

/** Debian's packages by the program that shows they are there. */
const PACKAGES: readonly (readonly [string, string])[] = [
  ['containerd', 'containerd'],
  ['runc', 'runc'],
  ['etcd', 'etcd-server'],
  ['busybox', 'busybox-static'],
  ['ip', 'iproute2'],
  ['iptables', 'iptables'],
  ['openssl', 'openssl'],
  ['gcc', 'gcc libc6-dev'],
  ['nsenter', 'util-linux'],
  ['dmesg', 'util-linux'],
];
export const CNI_FOLDER = '/usr/lib/cni';

/** Only for a cluster that is asked for it. */
const PROMETHEUS = 'prometheus';
/** Asked by every package before it starts its service. */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

export function missingPackages(): readonly string[] {
  const missing = PACKAGES.filter(([program]) => !isOnPath(program)).flatMap(([, names]) => words(names));
  if (!existsSync(join(CNI_FOLDER, 'bridge'))) missing.push('containernetworking-plugins');
  return [...new Set(missing)];
}

/** Installs what is missing, with Debian's own tool; packages that are there keep their version. */
export async function installPackages(): Promise<void> {
  const missing = [...missingPackages()];
  const withPrometheus = !isOnPath(PROMETHEUS);
  if (withPrometheus) missing.push(PROMETHEUS);
  if (missing.length === 0) return;
  const options = { timeoutMs: 900_000, env: { DEBIAN_FRONTEND: 'noninteractive' } };
  await run(['apt-get', 'update'], options);
  await withoutServices(() =>
    run(['apt-get', 'install', '-y', '--no-install-recommends', ...missing], options),
  );
  // Nor at the next start of the machine.
  if (withPrometheus) await tryRun(['update-rc.d', PROMETHEUS, 'disable']);
}

/** The node has processes of its own; the host's would only take their memory and ports. */
async function withoutServices(install: () => Promise<unknown>): Promise<void> {
  const hasPolicy = existsSync(SERVICE_POLICY);
  if (!hasPolicy) writeFileSync(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await install();
  } finally {
    if (!hasPolicy) rmSync(SERVICE_POLICY);
  }
}

/** Why no cluster can run here, in words; empty when it can. */
export function obstacles(wanted: { readonly prometheus?: boolean } = {}): readonly string[] {
  const found: string[] = [];
  if (process.platform !== 'linux') return ['not Linux'];
  if (process.getuid?.() !== 0) found.push('not root');
  if (!isOnPath('go')) found.push('no Go toolchain');
  const missing = [...missingPackages()];
  if (wanted.prometheus === true && !isOnPath(PROMETHEUS)) missing.push(PROMETHEUS);
  if (missing.length > 0) found.push(`missing Debian packages: ${missing.join(' ')}`);
  if (!existsSync('/dev/kmsg')) found.push('no kernel log');
  if (!existsSync('/sys/fs/cgroup/memory') && !existsSync('/sys/fs/cgroup/cgroup.controllers')) {
    found.push('no memory cgroups');
  }
  return found;
}

export interface Programs {
  /** kube-apiserver, kube-controller-manager, kube-scheduler and kubelet, chosen by the first argument. */
  readonly kubernetes: string;
  readonly metricsServer: string;
  readonly pause: string;
  readonly victim: string;
  /** Feeds the node's kern.log. */
  readonly kernelLog: string;
}

export async function buildPrograms(say: (line: string) => void): Promise<Programs> {
  const kubernetes = await buildKubernetes(say);
  const metricsServer = await buildGo({ name: 'metrics-server', flags: '-s -w' }, say);
  const [pause, victim, kernelLog] = await Promise.all(['pause', 'victim', 'kernel-log'].map(buildStatic));
  return { kubernetes, metricsServer, pause: pause ?? '', victim: victim ?? '', kernelLog: kernelLog ?? '' };
}

export function kubernetesVersion(): string {
  const mod = readFileSync(join(CLUSTER, 'kubernetes', 'go.mod'), 'utf8');
  const version = /^\s*k8s\.io\/kubernetes (v\S+)$/mu.exec(mod)?.[1];
  if (version === undefined) throw new Error('kubernetes/go.mod names no version of k8s.io/kubernetes');
  return version;
}

async function buildKubernetes(say: (line: string) => void): Promise<string> {
  const version = kubernetesVersion();
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/u.exec(version) ?? [];
  const component = 'k8s.io/component-base/version';
  const flags = `-s -w -X ${component}.gitVersion=${version} -X ${component}.gitMajor=${major} -X ${component}.gitMinor=${minor}`;
  return buildGo({ name: 'kubernetes', flags }, say);
}

interface GoProgram {
  /** Of the module's folder and of the program. */
  readonly name: string;
  readonly flags: string;
}

async function buildGo({ name, flags }: GoProgram, say: (line: string) => void): Promise<string> {
  const source = join(CLUSTER, name);
  const inputs = ['go.mod', 'go.sum', 'main.go'].map((file) => join(source, file));
  return cached({ name, inputs, salt: flags }, async (target) => {
    say(`building ${name}: once, some minutes`);
    const options = ['-buildvcs=false', '-trimpath', '-ldflags', flags];
    await run(['go', 'build', ...options, '-o', target, '.'], { cwd: source, timeoutMs: 3_600_000 });
  });
}

async function buildStatic(name: string): Promise<string> {
  const source = join(CLUSTER, 'images', `${name}.c`);
  return cached({ name, inputs: [source], salt: 'gcc' }, async (target) => {
    await run(['gcc', '-static', '-Os', '-s', '-Wall', '-Wextra', '-Werror', '-o', target, source]);
  });
}

interface Cached {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly salt: string;
}

/** A half-written program must never be taken for a whole one: it gets its name only when it is finished. */
async function cached(item: Cached, build: (target: string) => Promise<void>): Promise<string> {
  const folder = cacheFolder(item.inputs, `${process.arch} ${item.salt}`);
  const target = join(folder, item.name);
  if (existsSync(target)) return target;
  mkdirSync(folder, { recursive: true });
  const unfinished = `${target}.${process.pid}`;
  await build(unfinished);
  renameSync(unfinished, target);
  return target;
}
