/** Where everything of one cluster lies: one folder that can be deleted as a whole once nothing of it runs. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir, networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Programs } from './programs.ts';

export const DEFAULT_NAME = 'exit137';

export interface Folder {
  readonly root: string;
  /** What must be undone, written before it is done. */
  readonly state: string;
  readonly certificates: string;
  readonly kubeconfigs: string;
  readonly config: string;
  /** Becomes the node's /var/log. */
  readonly log: string;
  /** Becomes the node's /var/lib. */
  readonly lib: string;
  readonly images: string;
}

export function folderOf(name: string): Folder {
  const root = join(tmpdir(), 'exit137-cluster', name);
  return {
    root,
    state: join(root, 'state.json'),
    certificates: join(root, 'certificates'),
    kubeconfigs: join(root, 'kubeconfig'),
    config: join(root, 'config'),
    log: join(root, 'log'),
    lib: join(root, 'lib'),
    images: join(root, 'images'),
  };
}

/** Built programs outlive every cluster: `${XDG_CACHE_HOME:-~/.cache}/exit137-cluster/HASH`. */
export function cacheFolder(inputs: readonly string[], salt: string): string {
  const hash = createHash('sha256').update(salt);
  for (const input of inputs) hash.update(readFileSync(input));
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(base, 'exit137-cluster', hash.digest('hex').slice(0, 16));
}

/** The only things that outlive a killed harness; processes, mounts and network end with the node's first process. */
export interface State {
  readonly name: string;
  /** Host PID of the node's first process, and its start time in clock ticks: a PID alone may be someone else's by now. */
  readonly initPid?: number;
  readonly initStartTicks?: number;
  readonly supervisorPid?: number;
  readonly supervisorStartTicks?: number;
  /** Below each mounted hierarchy, as `/kubepods`; ours to remove. */
  readonly cgroups: readonly string[];
  readonly cgroupRoot: string;
  /** Whether Prometheus was asked for. */
  readonly prometheus?: boolean;
  readonly address: NodeAddress;
  readonly programs: Programs;
}

export interface NodeAddress {
  readonly host: string;
  readonly node: string;
  readonly prefixLength: number;
  /** Network interface on the host's side. */
  readonly hostInterface: string;
  readonly podSubnet: string;
  readonly podGateway: string;
  readonly serviceSubnet: string;
  readonly firstService: string;
}

/**
 * Addresses of the range kept for testing between networks (RFC 2544): nobody's, and never routed. The name gives the
 * subnet, or the next one that no other cluster of this machine has.
 */
export function addressOf(name: string): NodeAddress {
  const hash = createHash('sha256').update(name).digest();
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const used = new Set(addresses.map(({ address }) => address));
  let number = hash.readUInt8(0);
  for (let tries = 0; tries < 256 && used.has(`198.18.${number}.1`); tries += 1) number = (number + 1) % 256;
  return {
    host: `198.18.${number}.1`,
    node: `198.18.${number}.2`,
    prefixLength: 24,
    hostInterface: `e137-${hash.toString('hex').slice(0, 8)}`,
    podSubnet: `198.19.${number}.0/25`,
    podGateway: `198.19.${number}.1`,
    serviceSubnet: `198.19.${number}.128/25`,
    firstService: `198.19.${number}.129`,
  };
}

export function readState(folder: Folder): State | undefined {
  if (!existsSync(folder.state)) return undefined;
  try {
    return JSON.parse(readFileSync(folder.state, 'utf8')) as State;
  } catch {
    // Not written by us: nothing in it can be trusted to be ours.
    return undefined;
  }
}

export function writeState(folder: Folder, state: State): void {
  mkdirSync(folder.root, { recursive: true });
  // Whole or not at all: a half-written state would hide what has to be removed.
  const unfinished = `${folder.state}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(unfinished, folder.state);
}
