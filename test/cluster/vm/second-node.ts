/** A second node of a running cluster: kubelet, containerd and runc on cgroup v2 in an emulated machine. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../harness/cluster.ts';
import type { KubeletConfiguration } from '../harness/components.ts';
import { writeImages } from '../harness/image.ts';
import { until, words } from '../harness/run.ts';
import { kernelOf, unpacked, vmObstacles, type KernelSeries } from './debian.ts';
import { writeInitramfs, type InitramfsEntry } from './initramfs.ts';
import { modulesOf } from './modules.ts';
import { nodeConfig, SECOND_NODE, secondNodeIp } from './node-config.ts';
import { nodeDisk } from './node-image.ts';
import { NODE_UNITS, OOMD_CONF, systemdFiles } from './systemd-node.ts';

const MODULES: readonly string[] = [
  'virtio_pci',
  'virtio_blk',
  'virtio_net',
  'ext4',
  'overlay',
  'bridge',
  'veth',
];

/** Half a minute where nothing else runs. */
const READY_MS = 300_000;

export interface SecondNodeOptions {
  readonly series?: KernelSeries;
  readonly kubelet?: KubeletConfiguration;
  readonly memoryMib?: number;
  /** Debian's earlyoom runs beside the kubelet and kills at 25 % (SIGTERM) and 15 % (SIGKILL) of memory left. */
  readonly earlyoom?: boolean;
  /** Debian's systemd is the first process, with its journal and systemd-oomd. */
  readonly systemd?: boolean;
  readonly say?: (line: string) => void;
}

export interface SecondNode {
  readonly name: string;
  readonly release: string;
  /** From the start of the emulator to Ready. */
  readonly readyMs: number;
  /** What the machine said on its serial lines. */
  console(): string;
  progress(): string;
  stop(): Promise<void>;
}

/** Ends with the calling process. `stop` also removes the Node object. */
export async function startSecondNode(
  cluster: Cluster,
  options: SecondNodeOptions = {},
): Promise<SecondNode> {
  const obstacles = vmObstacles();
  if (obstacles.length > 0) throw new Error(`no second node can run here: ${obstacles.join('; ')}`);
  // Goes away with the cluster's folder, also after a crash.
  const work = mkdtempSync(join(cluster.folder.root, `${SECOND_NODE}-`));
  const kernel = await kernelOf(options.series ?? 'linux-image-6.12-cloud-amd64');
  const systemd = options.systemd === true;
  const disk = await nodeDisk(
    cluster.setting.programs,
    writeImages(cluster.folder, cluster.setting.programs),
    systemd ? await systemdFiles() : [],
  );
  const wish = { kubelet: options.kubelet ?? {}, systemd };
  const config = await nodeConfig(cluster, join(work, 'certificates'), wish);
  const watcher =
    options.earlyoom === true ? join(await unpacked('earlyoom'), 'usr', 'bin', 'earlyoom') : undefined;
  const programs = [
    ...(watcher === undefined ? [] : [program('config/earlyoom', watcher)]),
    ...(systemd ? systemdEntries() : [script('config/start', 'node-start.sh')]),
  ];
  writeFileSync(join(work, 'initramfs'), initramfs(modulesOf(kernel, MODULES), config, programs));
  const begin = performance.now();
  const machine = emulate(cluster, {
    work,
    kernelImage: kernel.image,
    disk,
    memoryMib: options.memoryMib ?? 1024,
  });
  const read = (name: string): string => readFileSync(join(work, name), 'utf8').replaceAll('\r', '');
  const node: SecondNode = {
    name: SECOND_NODE,
    release: kernel.release,
    get readyMs() {
      return Math.round(readyAt - begin);
    },
    console: () => read('console.log'),
    progress: () => read('progress.log'),
    stop: async () => {
      machine.kill('SIGKILL');
      await cluster.api.remove(`/api/v1/nodes/${SECOND_NODE}`).catch(() => {});
      rmSync(work, { recursive: true, force: true });
    },
  };
  let readyAt = Number.NaN;
  try {
    await ready(cluster, machine);
    readyAt = performance.now();
  } catch (error) {
    options.say?.(`${node.console().slice(-3000)}\n${node.progress().slice(-3000)}`);
    await node.stop();
    throw error;
  }
  options.say?.(
    `${SECOND_NODE} (Linux ${kernel.release}) ready after ${((readyAt - begin) / 1000).toFixed(1)} s`,
  );
  return node;
}

interface Emulated {
  readonly work: string;
  readonly kernelImage: string;
  readonly disk: string;
  readonly memoryMib: number;
}

/** The emulator's own network speaks through sockets of this machine: nothing of the host's network is changed. */
function emulate(cluster: Cluster, { work, kernelImage, disk, memoryMib }: Emulated): ChildProcess {
  for (const name of ['console.log', 'progress.log']) writeFileSync(join(work, name), '');
  const kubelet = `hostfwd=tcp:${secondNodeIp(cluster)}:10250-10.0.2.15:10250`;
  const machine = spawn(
    'setpriv',
    [
      // One processor: with two, the kernel patching its own code now and then panics the other (qemu 7.2, TCG).
      ...words('--pdeathsig KILL nice -n 10 qemu-system-x86_64 -accel tcg -cpu max -smp 1'),
      ...words(`-nodefaults -no-user-config -display none -no-reboot -m ${memoryMib}`),
      '-kernel',
      kernelImage,
      '-initrd',
      join(work, 'initramfs'),
      '-append',
      'console=ttyS0 panic=-1 loglevel=3 log_buf_len=1M psi=1',
      // Every boot begins with the disk as it was built.
      '-drive',
      `file=${disk},format=raw,if=virtio,snapshot=on`,
      ...words(
        `-netdev user,id=net,${kubelet} -device virtio-net-pci,netdev=net,romfile= -device virtio-rng-pci`,
      ),
      '-serial',
      `file:${join(work, 'console.log')}`,
      '-serial',
      `file:${join(work, 'progress.log')}`,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, TMPDIR: work } },
  );
  machine.on('error', () => {});
  return machine;
}

async function ready(cluster: Cluster, machine: ChildProcess): Promise<void> {
  const outcome = await until(`${SECOND_NODE} Ready`, READY_MS, async () => {
    if (machine.exitCode !== null || machine.signalCode !== null) return 'ended';
    const node = (await cluster.api.get(`/api/v1/nodes/${SECOND_NODE}`)) as {
      readonly spec?: { readonly taints?: readonly unknown[] };
      readonly status?: {
        readonly conditions?: readonly { readonly type: string; readonly status: string }[];
      };
    };
    const isReady = node.status?.conditions?.some(
      ({ type, status }) => type === 'Ready' && status === 'True',
    );
    return isReady === true && (node.spec?.taints ?? []).length === 0 ? 'ready' : undefined;
  });
  if (outcome === 'ended') throw new Error(`the emulator ended with ${machine.exitCode}`);
}

function program(path: string, from: string): InitramfsEntry {
  return { kind: 'file', path, data: readFileSync(from), mode: 0o755 };
}

function script(path: string, file: string): InitramfsEntry {
  return program(path, join(import.meta.dirname, file));
}

function text(path: string, content: string): InitramfsEntry {
  return { kind: 'file', path, data: Buffer.from(content), mode: 0o600 };
}

function systemdEntries(): readonly InitramfsEntry[] {
  return [
    script('config/start', 'node-start-systemd.sh'),
    script('config/import-images', 'import-images.sh'),
    { kind: 'folder', path: 'config/systemd' },
    { kind: 'folder', path: 'config/systemd/kubepods.slice.d' },
    ...Object.entries(NODE_UNITS).map(([name, content]) => text(`config/systemd/${name}`, content)),
    text('config/oomd.conf', OOMD_CONF),
  ];
}

function initramfs(
  modules: readonly { readonly name: string; readonly data: Buffer }[],
  config: Readonly<Record<string, string>>,
  programs: readonly InitramfsEntry[],
): Buffer {
  return writeInitramfs([
    ...['bin', 'dev', 'modules', 'config', 'config/cni'].map(
      (path): InitramfsEntry => ({ kind: 'folder', path }),
    ),
    { kind: 'device', path: 'dev/console', major: 5, minor: 1 },
    { kind: 'file', path: 'bin/busybox', data: readFileSync('/bin/busybox'), mode: 0o755 },
    { kind: 'link', path: 'bin/sh', target: 'busybox' },
    script('init', 'node-init.sh'),
    text('modules/order', `${modules.map(({ name }) => name).join('\n')}\n`),
    ...modules.map(
      ({ name, data }): InitramfsEntry => ({ kind: 'file', path: `modules/${name}.ko`, data, mode: 0o600 }),
    ),
    ...programs,
    ...Object.entries(config).map(([name, content]) => text(`config/${name}`, content)),
  ]);
}
