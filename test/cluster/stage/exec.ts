/** `kubectl exec` without its streams: starts a command in a container and waits until it ended. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import type { Cluster } from '../harness/cluster.ts';

export interface ExecRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
}

const TIMEOUT_MS = 30_000;

/** Resolves when the connection ends, which it does with the command; what the command said is not read. */
export async function execInContainer(cluster: Cluster, wanted: ExecRequest): Promise<void> {
  const file = (name: string): Buffer => readFileSync(join(cluster.folder.certificates, name));
  const query = new URLSearchParams({ container: wanted.container, stdout: 'true', stderr: 'true' });
  for (const word of wanted.command) query.append('command', word);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const asked = request({
    host: cluster.address.node,
    port: 6443,
    path: `/api/v1/namespaces/${wanted.namespace}/pods/${wanted.pod}/exec?${query.toString()}`,
    ca: file('ca.crt'),
    cert: file('admin.crt'),
    key: file('admin.key'),
    agent: false,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
      'sec-websocket-protocol': 'v4.channel.k8s.io',
    },
  });
  asked.on('upgrade', (_response, socket) => {
    const timer = setTimeout(() => socket.destroy(), TIMEOUT_MS);
    socket.on('data', () => {});
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  asked.on('response', (response) => {
    response.resume();
    reject(new Error(`exec in ${wanted.namespace}/${wanted.pod}: HTTP ${response.statusCode ?? 0}`));
  });
  asked.on('error', reject);
  asked.end();
  await promise;
}
