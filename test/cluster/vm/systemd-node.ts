/** The second node with Debian's systemd as its first process: real units, a real journal, and systemd-oomd. */
import { join } from 'node:path';
import { run } from '../harness/run.ts';
import { unpacked } from './debian.ts';

/** Debian's packages that are unpacked into the disk. */
const PACKAGES = ['systemd', 'systemd-oomd', 'libsystemd-shared'] as const;

const PROGRAMS: readonly string[] = [
  'lib/systemd/systemd',
  'lib/systemd/systemd-journald',
  'lib/systemd/systemd-oomd',
  'bin/journalctl',
  'bin/systemctl',
];

/** As they come: their sandboxes are part of what is tried. */
const UNITS: readonly string[] = [
  'systemd-journald.service',
  'systemd-journald.socket',
  'systemd-journald-dev-log.socket',
  'systemd-oomd.service',
  'systemd-oomd.socket',
].map((name) => `lib/systemd/system/${name}`);

const SHARED = 'usr/lib/x86_64-linux-gnu/systemd';

export interface Copied {
  readonly from: string;
  /** Absolute on the node. */
  readonly to: string;
}

/** Programs, units and every library they are linked with; what those packages do not hold is this machine's. */
export async function systemdFiles(): Promise<readonly Copied[]> {
  const roots = await Promise.all(PACKAGES.map(unpacked));
  const [systemd = '', oomd = '', shared = ''] = roots;
  const of = (path: string): string => join(path.includes('oomd') ? oomd : systemd, path);
  const own = [`${SHARED}/libsystemd-core-252.so`, `${SHARED}/libsystemd-shared-252.so`];
  const linked = await Promise.all(
    PROGRAMS.map((path) => run(['ldd', of(path)], { env: { LD_LIBRARY_PATH: join(shared, SHARED) } })),
  );
  const libraries = new Set(
    linked
      .flatMap((text) => [...text.matchAll(/=> (\/\S+)/gu)].map(([, path]) => path ?? ''))
      .filter((path) => !path.includes('/libsystemd-')),
  );
  return [
    ...[...PROGRAMS, ...UNITS].map((path) => ({ from: of(path), to: `/${path}` })),
    ...own.map((path) => ({ from: join(shared, path), to: `/${path}` })),
    ...[...libraries].map((path) => ({ from: path, to: path })),
  ];
}

const daemon = (text: string): string => `[Unit]
DefaultDependencies=no
After=systemd-journald.socket
[Service]
EnvironmentFile=/config/settings
Environment=PATH=/bin:/usr/bin:/usr/sbin
Delegate=yes
KillMode=process
OOMScoreAdjust=-999
${text}`;

/** How soon it kills: a tenth of the time in which nothing of the pods gets on, for some seconds. */
const OOMD = { pressurePercent: 10, seconds: 5 } as const;

/** Files of /config/systemd, which becomes /etc/systemd/system. */
export const NODE_UNITS: Readonly<Record<string, string>> = {
  'node.target': `[Unit]
Wants=systemd-journald.service systemd-oomd.service kern-log.service containerd.service kubelet.service
`,
  'kern-log.service': daemon(`ExecStart=/usr/bin/kernel-log \${NODE_NAME}
StandardOutput=append:/var/log/kern.log
`),
  'containerd.service': daemon(`ExecStart=/usr/bin/containerd --config /config/containerd.toml
`),
  'kubelet.service': daemon(`TimeoutStartSec=infinity
ExecStartPre=/bin/sh /config/import-images
ExecStart=/usr/bin/kubernetes kubelet --config=/config/kubelet.json --kubeconfig=/config/kubelet.yaml --hostname-override=\${NODE_NAME} --node-ip=\${NODE_IP} --v=2
`),
  // Made by the kubelet; what stands here is what an administrator of Fedora or Debian would add.
  'kubepods.slice.d/oomd.conf': `[Slice]
ManagedOOMMemoryPressure=kill
ManagedOOMMemoryPressureLimit=${OOMD.pressurePercent}%
`,
};

export const OOMD_CONF = `[OOM]
DefaultMemoryPressureDurationSec=${OOMD.seconds}s
`;
