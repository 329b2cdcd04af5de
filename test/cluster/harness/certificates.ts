/** One authority for the cluster and one for the aggregation layer, and a certificate for each who speaks. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Folder, NodeAddress } from './folder.ts';
import { run, words } from './run.ts';

export const NODE_NAME = 'node-1';

interface Certificate {
  readonly name: string;
  readonly authority: 'ca' | 'front-proxy-ca';
  /** In openssl's words: `/O=GROUP/CN=USER`. */
  readonly subject: string;
  readonly alternativeNames?: string;
}

export const USERS = {
  admin: '/O=system:masters/CN=admin',
  /** The minimal ClusterRole of docs/guide/permissions.md. */
  reader: '/O=on-call/CN=reader',
  /** The same and `nodes/proxy`. */
  'node-reader': '/O=on-call/O=node-access/CN=node-reader',
  'kube-controller-manager': '/CN=system:kube-controller-manager',
  'kube-scheduler': '/CN=system:kube-scheduler',
  'metrics-server': '/CN=system:metrics-server',
  prometheus: '/CN=system:prometheus',
  kubelet: `/O=system:nodes/CN=system:node:${NODE_NAME}`,
} as const;

export type User = keyof typeof USERS;

const NEW_KEY = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';

export async function makeCertificates(folder: Folder, address: NodeAddress): Promise<void> {
  mkdirSync(folder.certificates, { recursive: true, mode: 0o700 });
  const inFolder = (name: string): string => join(folder.certificates, name);
  const certificates: Certificate[] = [
    {
      name: 'kube-apiserver',
      authority: 'ca',
      subject: '/CN=kube-apiserver',
      alternativeNames: [
        ...['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'].map((name) => `DNS:${name}`),
        ...[address.node, address.firstService, '127.0.0.1'].map((ip) => `IP:${ip}`),
      ].join(','),
    },
    {
      name: 'kubelet-server',
      authority: 'ca',
      subject: `/O=system:nodes/CN=system:node:${NODE_NAME}`,
      alternativeNames: `DNS:${NODE_NAME},IP:${address.node}`,
    },
    {
      name: 'kubelet-client',
      authority: 'ca',
      subject: '/O=system:masters/CN=kube-apiserver-kubelet-client',
    },
    {
      name: 'metrics-server-server',
      authority: 'ca',
      subject: '/CN=metrics-server',
      alternativeNames: 'DNS:metrics-server.kube-system.svc',
    },
    { name: 'front-proxy-client', authority: 'front-proxy-ca', subject: '/CN=front-proxy-client' },
    ...Object.entries(USERS).map(([name, subject]) => ({ name, authority: 'ca' as const, subject })),
  ];
  const selfSigned = words(`openssl req -x509 ${NEW_KEY} -days 30`);
  for (const name of ['ca', 'front-proxy-ca']) {
    const files = ['-keyout', inFolder(`${name}.key`), '-out', inFolder(`${name}.crt`)];
    await run([...selfSigned, '-subj', `/CN=${name}`, ...files]);
  }
  const tokenKey = words('openssl ecparam -genkey -name prime256v1 -noout');
  await run([...tokenKey, '-out', inFolder('service-account.key')]);
  for (const certificate of certificates) await sign(folder, certificate);
}

async function sign(folder: Folder, certificate: Certificate): Promise<void> {
  const path = (name: string, ending: string): string => join(folder.certificates, `${name}.${ending}`);
  const { name, authority } = certificate;
  const [key, request] = [path(name, 'key'), path(name, 'csr')];
  await run([
    ...words(`openssl req ${NEW_KEY}`),
    '-subj',
    certificate.subject,
    '-keyout',
    key,
    '-out',
    request,
  ]);
  const names = certificate.alternativeNames;
  const extensions = `extendedKeyUsage=serverAuth,clientAuth\n${names === undefined ? '' : `subjectAltName=${names}\n`}`;
  writeFileSync(path(name, 'ext'), extensions);
  const signer = ['-CA', path(authority, 'crt'), '-CAkey', path(authority, 'key'), '-CAcreateserial'];
  const files = ['-in', request, '-extfile', path(name, 'ext'), '-out', path(name, 'crt')];
  await run([...words('openssl x509 -req -days 30'), ...signer, ...files]);
}

/** A kubeconfig with everything inside, so that it can be copied away. */
export function writeKubeconfig(folder: Folder, user: User, address: NodeAddress): string {
  mkdirSync(folder.kubeconfigs, { recursive: true });
  const data = (file: string): string => readFileSync(join(folder.certificates, file)).toString('base64');
  const path = join(folder.kubeconfigs, `${user}.yaml`);
  const text = `apiVersion: v1
kind: Config
current-context: exit137
clusters:
  - name: exit137
    cluster:
      server: https://${address.node}:6443
      certificate-authority-data: ${data('ca.crt')}
users:
  - name: ${user}
    user:
      client-certificate-data: ${data(`${user}.crt`)}
      client-key-data: ${data(`${user}.key`)}
contexts:
  - name: exit137
    context: { cluster: exit137, user: ${user} }
`;
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
