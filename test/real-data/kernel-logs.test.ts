/** Real kernel logs, read and judged end to end. Every expected value stands in the README of the captures or in the line itself. */
import { describe, expect, it } from 'vitest';
import type { KernelAccount } from '../../src/core/model/diagnosis.ts';
import { dataFile, HAS_DATA, KIB, killsOf, said, SKIPPED, whyOf } from './kit.ts';

interface Row {
  readonly file: string;
  /** Codes that are right, the best first. */
  readonly codes: readonly string[];
  readonly memory: readonly string[];
  readonly kernel: Partial<KernelAccount>;
  readonly containerId?: string;
  readonly podUid?: string;
  readonly limitBytes?: number;
  readonly says?: RegExp;
  readonly mustNotSay?: RegExp;
}

const PAASTA_UID = 'f91e9681-4741-4ef4-8f5a-182c5683df8b';
const PAASTA_ID = '0e4a814eda03622476ff47871e6c397e5b8747af209b44f3b3e1c5289b0f9772';
const DOCKER_ID = 'a687af92e281725daf5b4cda0b487f20d2055d2bb6814b76d0e39c18a52a4e79';
/** The pod's cgroup was full; a log without the pod cannot tell its containers apart. */
const POD_LIMIT = { codes: ['K1', 'ambiguous'], memory: ['container', 'pod'] } as const;
const OWN_LIMIT = { codes: ['K1'], memory: ['container'] } as const;
const WHOLE_NODE = { codes: ['K6'], memory: ['node'] } as const;

const rows: readonly Row[] = [
  {
    file: 'ubuntu-3.13-memcg-v1-memorymonster.log',
    ...OWN_LIMIT,
    kernel: {
      scope: 'memcg',
      oomCgroup: '/mem2',
      taskCgroup: '/mem2',
      victimPid: 13536,
      victimComm: 'memorymonster',
    },
    limitBytes: 980 * KIB,
  },
  {
    file: 'gce-3.13-global-badsysprogram.log',
    ...WHOLE_NODE,
    kernel: {
      scope: 'global',
      victimPid: 1532,
      victimComm: 'badsysprogram',
      victimAnonRssBytes: 1595164 * KIB,
    },
    mustNotSay: /the container/i,
  },
  {
    file: 'rhel7-3.10-global-mysqld.log',
    ...WHOLE_NODE,
    kernel: {
      scope: 'global',
      invoker: 'sed',
      victimPid: 6576,
      victimComm: 'mysqld',
      victimAnonRssBytes: 20629004 * KIB,
    },
  },
  {
    // A limit above the container, and outside Kubernetes: its parent's.
    file: 'proxmox-5.15-memcg-v2-docker-in-lxc-php-fpm.log',
    codes: ['K5'],
    memory: ['node'],
    kernel: {
      scope: 'memcg',
      oomCgroup: '/lxc/39004',
      victimPid: 3902942,
      victimComm: 'php-fpm',
      victimAnonRssBytes: 12625252 * KIB,
      limitBytes: 31211520 * KIB,
    },
    containerId: 'a59e4e7d3090c04c6ce5a4b7a8bc85228eb9b96ac00b1284643a8c7c11dda661',
    limitBytes: 31211520 * KIB,
    says: /\/lxc\/39004/,
    mustNotSay: /\bpods? of the node|allocatable/,
  },
  {
    file: 'aks-5.15-memcg-v1-stress-ng-pod.syslog',
    ...POD_LIMIT,
    kernel: {
      scope: 'memcg',
      victimPid: 183960,
      victimComm: 'stress-ng-vm',
      victimAnonRssBytes: 93176 * KIB,
    },
    podUid: '5931aa75-4603-4e65-b552-7c71cf55cfb5',
    containerId: '25a38b5b8d556d7983d975577f5ac75ebbcfb4b269e6deaa0a0440c1ffc969ca',
    limitBytes: 102400 * KIB,
  },
  {
    file: 'fedora33-5.11-memcg-v2-kind-uwsgi.dmesg',
    ...POD_LIMIT,
    kernel: { scope: 'memcg', victimComm: 'uwsgi' },
    podUid: '1788d98a-0700-426a-8701-2312e4cc2163',
    containerId: 'a07d3c191742700df28b349710c93b2014b255b22364decb09b53ca123fa8272',
    says: /kernel killed uwsgi/,
    mustNotSay: /\bleaks\b|it is a leak/,
  },
  {
    file: 'suse-5.14-memcg-kubevirt-overhead-virt-launcher.log',
    ...POD_LIMIT,
    kernel: { scope: 'memcg', victimComm: 'qemu-system-x86', limitBytes: 17024340 * KIB },
    podUid: '968a06fb-9ab9-4819-8caf-0392ddff3d9b',
    containerId: '0f32894de86edf3d3832702af794874ef8d400b4969acdea4976b12040756e0d',
    limitBytes: 17024340 * KIB,
  },
  {
    // `constraint=CONSTRAINT_NONE`, and yet `oom_memcg=/foo`.
    file: 'mm-5.2-memcg-v2-memory.stat-dump.log',
    ...OWN_LIMIT,
    kernel: {
      scope: 'memcg',
      constraint: 'CONSTRAINT_NONE',
      oomCgroup: '/foo',
      victimPid: 210,
      victimComm: 'stress',
    },
    limitBytes: 1024 * KIB,
  },
  {
    file: 'arch-6.7.4-memcg-v2-rsync-dirty-pagecache.log',
    ...OWN_LIMIT,
    kernel: { scope: 'memcg', victimComm: 'rsync' },
    limitBytes: 32768 * KIB,
    says: /Page cache, not the program's own memory.*waiting to be written/,
    mustNotSay: /Count the workers/,
  },
  {
    file: 'arm-6.8.1-global-nfsd-kernel-leak.log',
    ...WHOLE_NODE,
    kernel: { scope: 'global', invoker: 'nfsd', killedPids: [] },
    says: /found no process it could kill/,
    mustNotSay: /pods of the node|memory request|the kernel killed/,
  },
  {
    file: 'rc-5.15-false-global-oom-from-memcg.log',
    codes: ['K6', 'ambiguous', 'insufficient'],
    memory: ['node', 'unknown'],
    kernel: { scope: 'global', invoker: 'syz-executor', killedPids: [] },
    says: /much was free/,
    mustNotSay: /pods of the node|had run out/,
  },
  {
    file: 'paasta-lines.log',
    ...OWN_LIMIT,
    kernel: { invoker: 'apache2', oomCgroup: `/docker/${DOCKER_ID}` },
    containerId: DOCKER_ID,
  },
  {
    file: 'paasta-lines-process-name-with-slashes.log',
    ...OWN_LIMIT,
    kernel: { invoker: '/nail/live/yelp' },
    containerId: DOCKER_ID,
  },
  {
    file: 'paasta-lines-kubernetes-burstable-qos.log',
    ...OWN_LIMIT,
    kernel: { invoker: 'apache2' },
    containerId: PAASTA_ID,
    podUid: PAASTA_UID,
  },
  {
    file: 'paasta-lines-kubernetes-besteffort-qos.log',
    ...OWN_LIMIT,
    kernel: { invoker: 'apache2' },
    containerId: PAASTA_ID,
    podUid: PAASTA_UID,
  },
  {
    file: 'paasta-lines-kubernetes-structured-burstable-systemd-cgroup.log',
    codes: ['K1'],
    memory: ['container'],
    kernel: { victimComm: 'apache2', victimPid: 1757658 },
    containerId: 'e7ba37bd37089f8b1fda33c6f1fe753421ca6216518594bc73bca2ead7c13ba0',
    podUid: '8a0a7a03-d305-4ebc-83ad-91180c9d5ef9',
  },
  {
    file: 'paasta-lines-kubernetes-containerd-systemd-cgroup-structured.log',
    ...POD_LIMIT,
    kernel: { victimComm: 'python3', victimPid: 485850 },
    containerId: 'e216d2f1e6c625d363c71edb6b3cbab5a9e1b447641b61028d0b94b077adf27c',
    podUid: '08768c36-163c-40e5-8e49-09cf42ff5046',
  },
];

describe.skipIf(!HAS_DATA)(`real kernel logs, one event each${SKIPPED}`, () => {
  it.each(rows.map((row) => [row.file, row] as const))('%s', async (file, row) => {
    const [first, ...others] = await whyOf(dataFile('kernel-oom', file));
    expect(others).toEqual([]);
    if (first === undefined) throw new Error('no answer');
    expect(row.codes).toContain(first.verdict.code);
    expect(row.memory).toContain(first.verdict.memory);
    expect(first.kernel).toMatchObject(row.kernel);
    expect(first.containerId).toBe(row.containerId);
    expect(first.target.podUid).toBe(row.podUid);
    if (row.limitBytes !== undefined) expect(first.limitBytes).toBe(row.limitBytes);
    if (row.says !== undefined) expect(said(first)).toMatch(row.says);
    if (row.mustNotSay !== undefined) expect(said(first)).not.toMatch(row.mustNotSay);
    expect(await killsOf(dataFile('kernel-oom', file))).toHaveLength(1);
  });
});

describe.skipIf(!HAS_DATA)(`real kernel logs of several events${SKIPPED}`, () => {
  it('rc-4.18: three kills of leaker, although two name one pid', async () => {
    const items = await killsOf(dataFile('kernel-oom/rc-4.18-memcg-v1-no-fs-reclaim.log'));
    expect(items.map(({ kernel }) => kernel?.victimPid ?? 0).toSorted((a, b) => a - b)).toEqual([
      2746, 2746, 3206,
    ]);
    for (const item of items) {
      expect(item.verdict.code).toBe('K1');
      expect(item.limitBytes).toBe(524288 * KIB);
    }
  });

  it('gpud: complete and cut lines, and none invents a cgroup, a pid or a cause', async () => {
    const items = await killsOf(dataFile('kernel-oom/gpud-dmesg-decoded-iso.log'));
    const whole = items.find(({ kernel }) => kernel?.victimPid === 863987);
    expect(whole).toMatchObject({
      target: { podUid: 'a8697f49-441d-4d4f-90d2-6d8e1fa3bbe7' },
      containerId: '3fc28fa1c647ceede9f6b340d0b16c9f1f663698972d22a52e296f291638e014',
      kernel: { scope: 'memcg', victimComm: 'node' },
    });
    // The other lines name these processes and nothing else.
    const named = items.filter((item) => item !== whole);
    expect(new Set(named.flatMap(({ kernel }) => kernel?.victimPid ?? []))).toEqual(
      new Set([123, 456, 345646]),
    );
    for (const item of named) {
      expect(item.containerId).toBeUndefined();
      expect(item.target.podUid).toBeUndefined();
      expect(item.limitBytes).toBeUndefined();
      expect(item.kernel?.oomCgroup).toBeUndefined();
    }
  });
});
