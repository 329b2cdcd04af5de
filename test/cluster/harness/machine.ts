/**
 * The node as a machine of its own: namespaces for processes, mounts, network, host name and IPC around one first
 * process. When that process dies the kernel ends all others, drops every mount and removes the network; nothing has
 * to be found and cleaned up one by one.
 */
import { spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Folder, NodeAddress } from './folder.ts';
import type { Programs } from './programs.ts';
import { childrenOf, run, startTicksOf, tryRun, until, words, type Output, type RunOptions } from './run.ts';

export interface Machine {
  readonly folder: Folder;
  /** As the host counts. */
  readonly initPid: number;
  readonly initStartTicks: number;
}

/** What the kubelet wants to read there; it would otherwise set them, and they are the whole host's. */
const KERNEL_SETTINGS: Readonly<Record<string, string>> = {
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
};

/** Ends with the calling process: `unshare` gets SIGKILL when its parent dies, and the first process with it. */
export async function startMachine(folder: Folder, programs: Programs): Promise<Machine> {
  const unshare = words('unshare --fork --kill-child=KILL --pid --mount --net --uts --ipc --mount-proc');
  const outer = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', ...unshare, '--propagation', 'private', programs.pause],
    { stdio: 'ignore' },
  );
  const outerPid = outer.pid;
  if (outerPid === undefined) throw new Error('setpriv cannot be started');
  const initPid = await until('first process of the node', 10_000, () => {
    const [child] = childrenOf(outerPid);
    // Before its own exec it is still `unshare`, without the mounts.
    return child !== undefined && readFileSync(`/proc/${child}/comm`, 'utf8') === 'pause\n'
      ? child
      : undefined;
  });
  const initStartTicks = startTicksOf(initPid);
  if (initStartTicks === undefined) throw new Error('first process of the node died at once');
  return { folder, initPid, initStartTicks };
}

/** Gives the node its own /run, /var/log, /var/lib, kernel settings, name and address. */
export async function furnish(machine: Machine, nodeName: string, address: NodeAddress): Promise<void> {
  const { folder } = machine;
  const settings = join(folder.config, 'kernel');
  for (const path of [folder.log, folder.lib, settings]) mkdirSync(path, { recursive: true });
  const binds = Object.entries(KERNEL_SETTINGS).map(([name, value]) => {
    const path = join(settings, name.replaceAll('/', '-'));
    writeFileSync(path, `${value}\n`);
    return `mount --bind '${path}' '/proc/sys/${name}'`;
  });
  const inside = `set -e
mount --make-rshared /
mount --bind '${folder.lib}' /var/lib
mount --bind '${folder.log}' /var/log
mount -t tmpfs -o mode=755 tmpfs /run
${binds.join('\n')}
hostname '${nodeName}'
ip link set lo up`;
  await runInside(machine, ['sh', '-c', inside]);
  const { hostInterface, host, node, prefixLength } = address;
  await run([
    'ip',
    'link',
    'add',
    hostInterface,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    String(machine.initPid),
  ]);
  await run(['ip', 'addr', 'add', `${host}/${prefixLength}`, 'dev', hostInterface]);
  await run(['ip', 'link', 'set', hostInterface, 'up']);
  await runInside(machine, [
    'sh',
    '-c',
    `ip addr add ${node}/${prefixLength} dev eth0 && ip link set eth0 up && echo 1 > /proc/sys/net/ipv4/ip_forward`,
  ]);
}

function enter(machine: Machine, command: readonly string[]): readonly string[] {
  const namespaces = ['--mount', '--net', '--pid', '--uts', '--ipc'];
  return ['nsenter', '--target', String(machine.initPid), ...namespaces, '--wd=/', '--', ...command];
}

/** Runs a command on the node to its end. */
export async function runInside(
  machine: Machine,
  command: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  return run(enter(machine, command), options);
}

export async function tryRunInside(
  machine: Machine,
  command: readonly string[],
  options: RunOptions = {},
): Promise<Output> {
  return tryRun(enter(machine, command), options);
}

/** Starts a program of the node that stays; its output goes to /var/log/NAME.log there. */
export function startDaemon(machine: Machine, name: string, command: readonly string[]): void {
  const log = openSync(join(machine.folder.log, `${name}.log`), 'a');
  const [file = '', ...args] = enter(machine, command);
  // A session of its own: Ctrl-C in the terminal is for the harness, which then ends the node in order.
  const child = spawn(file, args, { stdio: ['ignore', log, log], detached: true });
  child.on('error', () => {});
  child.unref();
  closeSync(log);
}

export interface NodeProcess {
  /** As the host counts. */
  readonly pid: number;
  readonly command: readonly string[];
}

/** All processes of the node, in containers or not, found by their PID namespace: never one of anybody else. */
export function processesOf(machine: Machine): readonly NodeProcess[] {
  if (startTicksOf(machine.initPid) !== machine.initStartTicks) return [];
  const own = namespaceOf(machine.initPid);
  const found: NodeProcess[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/u.test(entry)) continue;
    const pid = Number(entry);
    const namespace = namespaceOf(pid);
    if (namespace === undefined || own === undefined) continue;
    if (namespace !== own && !isBelow(pid, machine.initPid)) continue;
    const command = readCommand(pid);
    if (command.length > 0) found.push({ pid, command });
  }
  return found;
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** A container has a PID namespace of its own, but its parents lead to a process of the node. */
function isBelow(pid: number, ancestor: number): boolean {
  for (let at = pid, depth = 0; at > 1 && depth < 64; depth += 1) {
    if (at === ancestor) return true;
    at = Number(/^PPid:\s+(\d+)$/mu.exec(readText(`/proc/${at}/status`))?.[1] ?? 0);
  }
  return false;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readCommand(pid: number): readonly string[] {
  return readText(`/proc/${pid}/cmdline`).split('\0').slice(0, -1);
}
