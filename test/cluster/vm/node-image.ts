/** The second node's disk: programs that never change between boots, built once. What changes comes with the initramfs. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { cacheFolder } from '../harness/folder.ts';
import { CNI_FOLDER, type Programs } from '../harness/programs.ts';
import { run, words } from '../harness/run.ts';
import type { Copied } from './systemd-node.ts';

const LIBRARIES = '/lib/x86_64-linux-gnu';
const FROM_HOST: readonly string[] = [
  '/usr/bin/containerd',
  '/usr/bin/containerd-shim-runc-v2',
  '/usr/bin/ctr',
  '/usr/sbin/runc',
  ...['bridge', 'host-local', 'loopback'].map((name) => `${CNI_FOLDER}/${name}`),
  ...['libc.so.6', 'libseccomp.so.2', 'libpthread.so.0', 'libdl.so.2', 'libresolv.so.2'].map(
    (name) => `${LIBRARIES}/${name}`,
  ),
  '/lib64/ld-linux-x86-64.so.2',
  '/bin/busybox',
];
/** Room for containers' layers and logs; the file is sparse. */
const DISK_MIB = 1024;

/** `more`: files beside what every node has. */
export async function nodeDisk(
  programs: Programs,
  images: readonly string[],
  more: readonly Copied[] = [],
): Promise<string> {
  const inputs = [
    programs.kubernetes,
    programs.kernelLog,
    ...FROM_HOST,
    ...images,
    ...more.map(({ from }) => from),
  ];
  const cache = cacheFolder(inputs, `disk ${DISK_MIB}`);
  const disk = join(cache, 'node.ext4');
  if (existsSync(disk)) return disk;
  const root = mkdtempSync(join(tmpdir(), 'exit137-disk-'));
  try {
    const copied = [
      ...FROM_HOST.map((path) => ({ from: path, to: path })),
      { from: programs.kubernetes, to: '/usr/bin/kubernetes' },
      { from: programs.kernelLog, to: '/usr/bin/kernel-log' },
      ...images.map((path) => ({ from: path, to: `/images/${basename(path)}` })),
      ...more,
    ];
    fill(root, copied);
    mkdirSync(cache, { recursive: true });
    const unfinished = `${disk}.${process.pid}`;
    await run(['mke2fs', '-q', '-t', 'ext4', '-d', root, unfinished, `${DISK_MIB}M`], { timeoutMs: 120_000 });
    renameSync(unfinished, disk);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return disk;
}

function fill(root: string, copied: readonly Copied[]): void {
  const folders = [
    'proc',
    'sys',
    'dev',
    'run',
    'tmp',
    'config',
    'images',
    'etc',
    'bin',
    'var/log',
    'var/lib',
    'opt',
  ];
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
  for (const { from, to } of copied) {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(from, join(root, to));
  }
  for (const name of BUSYBOX) symlinkSync('busybox', join(root, 'bin', name));
}

const BUSYBOX: readonly string[] = words(
  'sh mount umount mkdir hostname ip echo cut usleep sleep tail cat mkfifo poweroff ls ps grep dmesg date head kill rm cp find mv ln',
);
