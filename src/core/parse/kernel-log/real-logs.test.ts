/** Real logs of many kernels, where they lie beside the project; the facts are those of their README. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readReports } from './samples.ts';

const FOLDER = join(import.meta.dirname, '../../../../../shared/data/kernel-oom');
const KIB = 1024;

function pod(uid: string, id?: string): object {
  return { podUid: uid, ...(id === undefined ? { level: 'pod' } : { level: 'container', containerId: id }) };
}

const AKS = {
  uid: '5931aa75-4603-4e65-b552-7c71cf55cfb5',
  id: '25a38b5b8d556d7983d975577f5ac75ebbcfb4b269e6deaa0a0440c1ffc969ca',
};
const SUSE = {
  uid: '968a06fb-9ab9-4819-8caf-0392ddff3d9b',
  id: '0f32894de86edf3d3832702af794874ef8d400b4969acdea4976b12040756e0d',
};
const GPUD = {
  uid: 'a8697f49-441d-4d4f-90d2-6d8e1fa3bbe7',
  id: '3fc28fa1c647ceede9f6b340d0b16c9f1f663698972d22a52e296f291638e014',
};
const PAASTA_UID = 'f91e9681-4741-4ef4-8f5a-182c5683df8b';
const PAASTA_ID = '0e4a814eda03622476ff47871e6c397e5b8747af209b44f3b3e1c5289b0f9772';
const DOCKER = {
  level: 'other',
  containerId: 'a687af92e281725daf5b4cda0b487f20d2055d2bb6814b76d0e39c18a52a4e79',
};

const rows: readonly (readonly [string, readonly object[]])[] = [
  [
    'ubuntu-3.13-memcg-v1-memorymonster.log',
    [
      {
        scope: 'memcg',
        complete: true,
        invoker: { comm: 'memorymonster' },
        oomCgroup: { path: '/mem2' },
        taskCgroup: { path: '/mem2' },
        victim: { pid: 13536, comm: 'memorymonster', anonRssBytes: 920 * KIB, fileRssBytes: 452 * KIB },
        usageBytes: 980 * KIB,
        limitBytes: 980 * KIB,
        failCount: 4152239,
        swapLimitBytes: 'unlimited',
        stat: { anonBytes: 980 * KIB, fileWritebackBytes: 20 * KIB },
        kernelVersion: '3.13.0-43-generic',
      },
    ],
  ],
  [
    'gce-3.13-global-badsysprogram.log',
    [
      {
        scope: 'global',
        complete: true,
        victim: { pid: 1532, comm: 'badsysprogram', anonRssBytes: 1595164 * KIB },
        processCount: 28,
        nodeMemory: { totalBytes: 445340 * 4096, freeBytes: 12929 * 4096, swapTotalBytes: 0 },
      },
    ],
  ],
  [
    'rhel7-3.10-global-mysqld.log',
    [
      {
        scope: 'global',
        complete: true,
        invoker: { comm: 'sed' },
        victim: { pid: 6576, comm: 'mysqld', anonRssBytes: 20629004 * KIB },
        nodeMemory: { totalBytes: 8379834 * 4096, swapTotalBytes: 8388604 * KIB, swapFreeBytes: 0 },
      },
    ],
  ],
  [
    'proxmox-5.15-memcg-v2-docker-in-lxc-php-fpm.log',
    [
      {
        scope: 'memcg',
        complete: true,
        atMs: Date.UTC(2025, 7, 12, 3, 54, 3),
        oomCgroup: { path: '/lxc/39004', level: 'other' },
        taskCgroup: { containerId: 'a59e4e7d3090c04c6ce5a4b7a8bc85228eb9b96ac00b1284643a8c7c11dda661' },
        limitBytes: 31211520 * KIB,
        victim: { pid: 3902942, comm: 'php-fpm', anonRssBytes: 12625252 * KIB },
        stat: { anonBytes: 31154200576, fileBytes: 688283648, shmemBytes: 687980544 },
      },
    ],
  ],
  [
    'aks-5.15-memcg-v1-stress-ng-pod.syslog',
    [
      {
        scope: 'memcg',
        complete: true,
        nodeName: 'aks-nodepool1-00000000-vmss000001',
        limitBytes: 102400 * KIB,
        oomCgroup: pod(AKS.uid),
        taskCgroup: pod(AKS.uid, AKS.id),
        victim: { pid: 183960, comm: 'stress-ng-vm', anonRssBytes: 93176 * KIB },
        stat: { anonBytes: 98742272 },
        firstLine: 1,
      },
      // The first line of the next event, and nothing more.
      { outcome: 'unknown', complete: false, killed: [], invoker: { comm: 'stress-ng-vm' }, firstLine: 90 },
    ],
  ],
  [
    'fedora33-5.11-memcg-v2-kind-uwsgi.dmesg',
    [
      {
        scope: 'memcg',
        complete: false,
        atMs: Date.UTC(2021, 3, 1, 16, 45, 10),
        oomCgroup: pod('1788d98a-0700-426a-8701-2312e4cc2163'),
        taskCgroup: pod(
          '1788d98a-0700-426a-8701-2312e4cc2163',
          'a07d3c191742700df28b349710c93b2014b255b22364decb09b53ca123fa8272',
        ),
        victim: { pid: 11638, comm: 'uwsgi' },
        stat: { anonBytes: 314535936, pageTablesBytes: 8785920 },
        processCount: 6,
      },
    ],
  ],
  [
    'suse-5.14-memcg-kubevirt-overhead-virt-launcher.log',
    [
      {
        scope: 'memcg',
        complete: false,
        invoker: { comm: 'virt-launcher' },
        limitBytes: 17024340 * KIB,
        kmemUsageBytes: 143556 * KIB,
        oomCgroup: pod(SUSE.uid),
        taskCgroup: pod(SUSE.uid, SUSE.id),
        victim: { pid: 39079, comm: 'qemu-system-x86' },
        processes: expect.arrayContaining([expect.objectContaining({ pid: 39079, rssPages: 4201766 })]),
      },
    ],
  ],
  [
    'rc-4.18-memcg-v1-no-fs-reclaim.log',
    [
      ['0x6200ca(GFP_HIGHUSER_MOVABLE)', 2746],
      ['0x600040(GFP_NOFS)', 2746],
      ['0x50', 3206],
    ].map(([gfpMask, pid]) => ({
      scope: 'memcg',
      complete: true,
      invoker: { comm: 'leaker', gfpMask },
      oomCgroup: { path: '/leaker' },
      limitBytes: 524288 * KIB,
      victim: { pid, comm: 'leaker' },
    })),
  ],
  [
    'mm-5.2-memcg-v2-memory.stat-dump.log',
    [
      {
        scope: 'memcg',
        constraint: 'CONSTRAINT_NONE',
        complete: true,
        oomCgroup: { path: '/foo' },
        limitBytes: 1024 * KIB,
        victim: { pid: 210, comm: 'stress', fileRssBytes: 224 * KIB },
        stat: { anonBytes: 0, slabBytes: 274432 },
      },
    ],
  ],
  [
    'rc-5.15-false-global-oom-from-memcg.log',
    [
      {
        scope: 'global',
        outcome: 'panic',
        killed: [],
        invoker: { comm: 'syz-executor', gfpMask: '0x0()' },
        // 13296 + 2586964 + 6904828 kB of 4095866 pages: memory enough, so no true lack of it.
        nodeMemory: { totalBytes: 4095866 * 4096, freeBytes: 9505088 * KIB },
      },
    ],
  ],
  [
    'arch-6.7.4-memcg-v2-rsync-dirty-pagecache.log',
    [
      {
        scope: 'memcg',
        complete: true,
        uptimeSeconds: 41369.848207,
        limitBytes: 32768 * KIB,
        swapUsageBytes: 2112 * KIB,
        victim: { pid: 128825, comm: 'rsync' },
        stat: { anonBytes: 0, fileBytes: 26927104, fileDirtyBytes: 26923008, fileWritebackBytes: 0 },
      },
    ],
  ],
  [
    'arm-6.8.1-global-nfsd-kernel-leak.log',
    [
      {
        scope: 'global',
        outcome: 'no-killable',
        killed: [],
        invoker: { comm: 'nfsd' },
        nodeMemory: { activeAnonBytes: 404 * KIB, totalBytes: 262144 * 4096, swapTotalBytes: 102396 * KIB },
      },
    ],
  ],
  [
    'gpud-dmesg-decoded-iso.log',
    [
      { victim: { pid: 345646, comm: 'vector' }, complete: false },
      { scope: 'memcg', outcome: 'unknown', killed: [] },
      { scope: 'global', victim: { pid: 123, comm: 'httpd', uid: 48 } },
      { outcome: 'unknown', killed: [], victim: { pid: 456, comm: 'python' } },
      { scope: 'global', victim: { pid: 123, comm: 'httpd' } },
      {
        scope: 'memcg',
        oomCgroup: pod(GPUD.uid),
        taskCgroup: pod(GPUD.uid, GPUD.id),
        victim: { pid: 863987, comm: 'node' },
      },
      { scope: 'unknown', outcome: 'unknown', killed: [] },
    ],
  ],
  [
    'paasta-lines.log',
    [{ scope: 'memcg', invoker: { comm: 'apache2' }, taskCgroup: DOCKER, nodeName: 'host-a' }],
  ],
  [
    'paasta-lines-process-name-with-slashes.log',
    [{ scope: 'memcg', invoker: { comm: '/nail/live/yelp' }, taskCgroup: DOCKER }],
  ],
  ['paasta-lines-kubernetes-burstable-qos.log', [{ scope: 'memcg', taskCgroup: pod(PAASTA_UID, PAASTA_ID) }]],
  [
    'paasta-lines-kubernetes-besteffort-qos.log',
    [{ scope: 'memcg', taskCgroup: pod(PAASTA_UID, PAASTA_ID) }],
  ],
  [
    'paasta-lines-kubernetes-structured-burstable-systemd-cgroup.log',
    [
      // The fixture's two lines carry uptimes 347 days apart.
      { outcome: 'unknown', killed: [] },
      {
        scope: 'memcg',
        taskCgroup: pod(
          '8a0a7a03-d305-4ebc-83ad-91180c9d5ef9',
          'e7ba37bd37089f8b1fda33c6f1fe753421ca6216518594bc73bca2ead7c13ba0',
        ),
        victim: { pid: 1757658, comm: 'apache2' },
      },
    ],
  ],
  [
    'paasta-lines-kubernetes-containerd-systemd-cgroup-structured.log',
    [
      {
        scope: 'memcg',
        invoker: { comm: 'python3' },
        oomCgroup: pod('08768c36-163c-40e5-8e49-09cf42ff5046'),
        taskCgroup: pod(
          '08768c36-163c-40e5-8e49-09cf42ff5046',
          'e216d2f1e6c625d363c71edb6b3cbab5a9e1b447641b61028d0b94b077adf27c',
        ),
        victim: { pid: 485850, comm: 'python3', uid: 33 },
      },
    ],
  ],
];

describe.skipIf(!existsSync(FOLDER))('real kernel logs', () => {
  it.each(rows)('%s', (file, expected) => {
    const reports = readReports(readFileSync(join(FOLDER, file), 'utf8'));
    expect(reports).toMatchObject(expected);
    expect(reports).toHaveLength(expected.length);
  });
});
