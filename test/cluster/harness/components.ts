/** How each component is started: flags, and the configuration files of those that have one. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_NAME } from './certificates.ts';
import type { Folder, NodeAddress } from './folder.ts';
import { PAUSE_IMAGE } from './image.ts';
import { CNI_FOLDER, type Programs } from './programs.ts';
import { prometheusCommand } from './prometheus.ts';

export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock';

export type ComponentName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'containerd'
  | 'kubelet'
  | 'metrics-server'
  | 'prometheus'
  | 'kernel-log';

export interface Setting {
  readonly folder: Folder;
  readonly programs: Programs;
  readonly address: NodeAddress;
  /** `/`, or a folder below each hierarchy when this machine runs another kubelet. */
  readonly cgroupRoot: string;
}

export function commandOf(name: ComponentName, setting: Setting): readonly string[] {
  const { programs } = setting;
  switch (name) {
    case 'etcd':
      return etcd();
    case 'kube-apiserver':
      return [programs.kubernetes, name, ...apiServerFlags(setting)];
    case 'kube-controller-manager':
      return [programs.kubernetes, name, ...controllerManagerFlags(setting)];
    case 'kube-scheduler':
      return [programs.kubernetes, name, ...schedulerFlags(setting)];
    case 'kubelet':
      return [programs.kubernetes, name, ...kubeletFlags(setting)];
    case 'containerd':
      return ['containerd', '--config', join(setting.folder.config, 'containerd.toml')];
    case 'metrics-server':
      return [programs.metricsServer, ...metricsServerFlags(setting)];
    case 'prometheus':
      return prometheusCommand(setting);
    case 'kernel-log':
      return [programs.kernelLog, NODE_NAME];
  }
}

/** Inside the node's own network nobody else can reach it, so it needs no certificates. */
function etcd(): readonly string[] {
  const client = 'http://127.0.0.1:2379';
  const peer = 'http://127.0.0.1:2380';
  return [
    'etcd',
    '--name=default',
    '--data-dir=/var/lib/etcd',
    '--logger=zap',
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ];
}

function apiServerFlags({ folder, address }: Setting): readonly string[] {
  const file = (name: string): string => join(folder.certificates, name);
  return [
    '--etcd-servers=http://127.0.0.1:2379',
    '--secure-port=6443',
    `--advertise-address=${address.node}`,
    `--tls-cert-file=${file('kube-apiserver.crt')}`,
    `--tls-private-key-file=${file('kube-apiserver.key')}`,
    `--client-ca-file=${file('ca.crt')}`,
    '--anonymous-auth=false',
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged=true',
    '--event-ttl=1h',
    `--service-cluster-ip-range=${address.serviceSubnet}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${file('service-account.key')}`,
    `--service-account-signing-key-file=${file('service-account.key')}`,
    `--kubelet-client-certificate=${file('kubelet-client.crt')}`,
    `--kubelet-client-key=${file('kubelet-client.key')}`,
    `--kubelet-certificate-authority=${file('ca.crt')}`,
    '--kubelet-preferred-address-types=InternalIP',
    `--requestheader-client-ca-file=${file('front-proxy-ca.crt')}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-username-headers=X-Remote-User',
    `--proxy-client-cert-file=${file('front-proxy-client.crt')}`,
    `--proxy-client-key-file=${file('front-proxy-client.key')}`,
    // No kube-proxy here: aggregated APIs are reached at their endpoints.
    '--enable-aggregator-routing=true',
    // Needs progress notifications that etcd 3.4.23 does not send; it would only complain, every second.
    '--feature-gates=SizeBasedListCostEstimate=false',
  ];
}

function controllerManagerFlags({ folder }: Setting): readonly string[] {
  const kubeconfig = join(folder.kubeconfigs, 'kube-controller-manager.yaml');
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--use-service-account-credentials=true',
    // The default lies below /usr, and would be made there.
    '--flex-volume-plugin-dir=/var/lib/kubelet/volume-plugins',
    `--root-ca-file=${join(folder.certificates, 'ca.crt')}`,
    `--service-account-private-key-file=${join(folder.certificates, 'service-account.key')}`,
  ];
}

function schedulerFlags({ folder }: Setting): readonly string[] {
  const kubeconfig = join(folder.kubeconfigs, 'kube-scheduler.yaml');
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
  ];
}

function kubeletFlags({ folder, address }: Setting): readonly string[] {
  return [
    `--config=${join(folder.config, 'kubelet.json')}`,
    `--kubeconfig=${join(folder.kubeconfigs, 'kubelet.yaml')}`,
    `--hostname-override=${NODE_NAME}`,
    `--node-ip=${address.node}`,
    '--v=2',
  ];
}

export const METRICS_PORT = 4443;

/** Beside the node's own components instead of in a pod: there is no network that would lead a pod to the API. */
function metricsServerFlags({ folder }: Setting): readonly string[] {
  const file = (name: string): string => join(folder.certificates, name);
  const kubeconfig = join(folder.kubeconfigs, 'metrics-server.yaml');
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    `--secure-port=${METRICS_PORT}`,
    `--tls-cert-file=${file('metrics-server-server.crt')}`,
    `--tls-private-key-file=${file('metrics-server-server.key')}`,
    `--kubelet-certificate-authority=${file('ca.crt')}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--metric-resolution=15s',
  ];
}

export type KubeletConfiguration = Readonly<Record<string, unknown>>;

/** Near to what kubeadm writes, with the node's logs readable and no image ever thrown away. */
export function writeKubeletConfig(setting: Setting, changes: KubeletConfiguration = {}): void {
  const { folder, address, cgroupRoot } = setting;
  const file = (name: string): string => join(folder.certificates, name);
  const config: KubeletConfiguration = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: file('ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: file('kubelet-server.crt'),
    tlsPrivateKeyFile: file('kubelet-server.key'),
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot,
    failCgroupV1: false,
    failSwapOn: false,
    featureGates: { NodeLogQuery: true },
    enableSystemLogHandler: true,
    enableSystemLogQuery: true,
    // The defaults would write below /usr and /etc of the host.
    volumePluginDir: '/var/lib/kubelet/volume-plugins',
    // Nobody answers there; without an address each pod would get a warning event.
    clusterDNS: [address.firstService],
    resolvConf: join(folder.config, 'resolv.conf'),
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '2%',
      'nodefs.inodesFree': '2%',
      'imagefs.available': '2%',
    },
    ...changes,
  };
  writeFileSync(join(folder.config, 'kubelet.json'), `${JSON.stringify(config, null, 2)}\n`);
}

export function writeConfigs(setting: Setting): void {
  const { folder, address } = setting;
  const cni = join(folder.config, 'cni');
  mkdirSync(cni, { recursive: true });
  writeFileSync(join(folder.config, 'resolv.conf'), 'nameserver 127.0.0.1\n');
  writeFileSync(join(folder.config, 'containerd.toml'), containerdConfig(cni));
  writeFileSync(join(cni, '10-bridge.conflist'), `${JSON.stringify(cniConfig(address), null, 2)}\n`);
  writeKubeletConfig(setting);
}

/**
 * CAP_SYS_RESOURCE (bit 24). Where root lacks it, no score can go below the harness's own: sandboxes and Guaranteed
 * pods then show that instead of -998 and -997.
 */
function mayLowerOomScores(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/mu.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> 24n) & 1n) === 1n;
}

function containerdConfig(cni: string): string {
  return `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "${CONTAINERD_SOCKET}"
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd-opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = ${!mayLowerOomScores()}
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${CNI_FOLDER}"
    conf_dir = "${cni}"
`;
}

function cniConfig(address: NodeAddress): unknown {
  return {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        isDefaultGateway: true,
        ipMasq: false,
        ipam: { type: 'host-local', ranges: [[{ subnet: address.podSubnet, gateway: address.podGateway }]] },
      },
      { type: 'loopback' },
    ],
  };
}
