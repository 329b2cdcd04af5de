/** Who the second node is and how its programs are configured: certificates, kubeconfig, kubelet, containerd, CNI. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../harness/cluster.ts';
import type { KubeletConfiguration } from '../harness/components.ts';
import { CNI_FOLDER } from '../harness/programs.ts';
import { PAUSE_IMAGE } from '../harness/image.ts';
import { run, words } from '../harness/run.ts';

export const SECOND_NODE = 'node-2';

/** The host's side of the cluster's network: the emulator listens there for the node. */
export function secondNodeIp(cluster: Cluster): string {
  return cluster.address.host;
}

export interface NodeWish {
  readonly kubelet: KubeletConfiguration;
  /** Whether systemd runs there and makes the control groups. */
  readonly systemd: boolean;
}

/** Files of /config by name. */
export async function nodeConfig(
  cluster: Cluster,
  folder: string,
  { kubelet, systemd }: NodeWish,
): Promise<Readonly<Record<string, string>>> {
  const ip = secondNodeIp(cluster);
  const ca = readFileSync(join(cluster.folder.certificates, 'ca.crt'), 'utf8');
  mkdirSync(folder, { recursive: true });
  const pair = await signed(cluster, folder, ip);
  return {
    settings: `NODE_NAME=${SECOND_NODE}\nNODE_IP=${ip}\n`,
    'ca.crt': ca,
    'kubelet.crt': pair.certificate,
    'kubelet.key': pair.key,
    'kubelet.yaml': kubeconfig(`https://${cluster.address.node}:6443`),
    'kubelet.json': JSON.stringify({
      ...kubeletConfig(cluster),
      ...kubelet,
      ...(systemd ? { cgroupDriver: 'systemd' } : {}),
    }),
    'resolv.conf': 'nameserver 127.0.0.1\n',
    'containerd.toml': CONTAINERD.replace('SystemdCgroup = false', `SystemdCgroup = ${systemd}`),
    'cni/10-bridge.conflist': JSON.stringify(CNI),
  };
}

/** One certificate as client of the API server and as server for it. */
async function signed(
  cluster: Cluster,
  folder: string,
  ip: string,
): Promise<{ readonly certificate: string; readonly key: string }> {
  const file = (name: string): string => join(folder, name);
  const ca = (ending: string): string => join(cluster.folder.certificates, `ca.${ending}`);
  writeFileSync(
    file('ext'),
    `extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=DNS:${SECOND_NODE},IP:${ip}\n`,
  );
  const subject = `/O=system:nodes/CN=system:node:${SECOND_NODE}`;
  await run([
    ...words('openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj'),
    subject,
    ...words(`-keyout ${file('key')} -out ${file('csr')}`),
  ]);
  await run([
    ...words(`openssl x509 -req -days 30 -CA ${ca('crt')} -CAkey ${ca('key')} -CAcreateserial`),
    ...words(`-in ${file('csr')} -extfile ${file('ext')} -out ${file('crt')}`),
  ]);
  return { certificate: readFileSync(file('crt'), 'utf8'), key: readFileSync(file('key'), 'utf8') };
}

function kubeconfig(server: string): string {
  return `apiVersion: v1
kind: Config
current-context: exit137
clusters:
  - name: exit137
    cluster: { server: "${server}", certificate-authority: /config/ca.crt }
users:
  - name: kubelet
    user: { client-certificate: /config/kubelet.crt, client-key: /config/kubelet.key }
contexts:
  - name: exit137
    context: { cluster: exit137, user: kubelet }
`;
}

function kubeletConfig({ address }: Cluster): KubeletConfiguration {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: '/config/ca.crt' },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: '/config/kubelet.crt',
    tlsPrivateKeyFile: '/config/kubelet.key',
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    cgroupDriver: 'cgroupfs',
    cgroupRoot: '/',
    featureGates: { NodeLogQuery: true },
    enableSystemLogHandler: true,
    enableSystemLogQuery: true,
    volumePluginDir: '/var/lib/kubelet/volume-plugins',
    clusterDNS: [address.firstService],
    resolvConf: '/config/resolv.conf',
    imageGCHighThresholdPercent: 100,
    // Emulated, everything takes its time; pods must not be reported as gone for it.
    runtimeRequestTimeout: '5m',
    evictionHard: { 'memory.available': '40Mi', 'nodefs.available': '2%', 'imagefs.available': '2%' },
    // One emulated core: what a real node asks to be set aside would leave nothing for pods.
    kubeReserved: { memory: '64Mi' },
  };
}

const CONTAINERD = `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${CNI_FOLDER}"
    conf_dir = "/config/cni"
`;

const CNI = {
  cniVersion: '0.4.0',
  name: 'pods',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      isDefaultGateway: true,
      ipMasq: false,
      // Of a range nobody routes; pods here speak with their own node alone.
      ipam: { type: 'host-local', ranges: [[{ subnet: '192.0.2.0/24' }]] },
    },
    { type: 'loopback' },
  ],
};
