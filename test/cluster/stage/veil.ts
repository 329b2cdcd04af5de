/**
 * Hides one kind of evidence from the judge: a relay in front of the API server that answers as a cluster without that
 * evidence does. Everything else passes unchanged, with the rights of the named user.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Cluster } from '../harness/cluster.ts';
import type { Condition } from '../scenarios/scenario.ts';

interface Veil {
  readonly user: 'reader' | 'node-reader';
  readonly hides: (path: string) => 'nothing' | 'missing' | 'empty';
}

const KERNEL_LOG = /\/proxy\/logs\/(?:\?query=kern&|kern\.log|messages|syslog)/u;
const METRICS = /\/apis\/metrics\.k8s\.io\/|\/proxy\/(?:stats\/summary|metrics\/)/u;
/** Events of the namespace are really deleted; those of the node belong to everybody, so they are hidden. */
const NODE_EVENTS = /^\/api\/v1\/namespaces\/default\/events/u;

const VEILS: Readonly<Partial<Record<Condition, Veil>>> = {
  'no-kernel-log': {
    user: 'node-reader',
    hides: (path) => (KERNEL_LOG.test(path) ? 'missing' : 'nothing'),
  },
  'no-metrics': { user: 'node-reader', hides: (path) => (METRICS.test(path) ? 'missing' : 'nothing') },
  'no-events': { user: 'node-reader', hides: (path) => (NODE_EVENTS.test(path) ? 'empty' : 'nothing') },
  'no-events-no-node': { user: 'reader', hides: (path) => (NODE_EVENTS.test(path) ? 'empty' : 'nothing') },
};

export interface Veils {
  /** To be used as `--kubeconfig`. */
  readonly kubeconfigs: Readonly<Partial<Record<Condition, string>>>;
  readonly close: () => void;
}

export async function hangVeils(cluster: Cluster, folder: string): Promise<Veils> {
  const agents = { reader: agentOf(cluster, 'reader'), 'node-reader': agentOf(cluster, 'node-reader') };
  const server = createServer((asked, answer) => {
    const [, condition = '', path = '/'] = /^\/([\w-]+)(\/.*)$/u.exec(asked.url ?? '') ?? [];
    const veil = VEILS[condition as Condition];
    const hidden = veil?.hides(path) ?? 'missing';
    if (hidden === 'missing') answer.writeHead(404).end('404 page not found\n');
    else if (hidden === 'empty') answerEmptyList(answer);
    else if (veil !== undefined) relay(cluster, agents[veil.user], { asked, answer, path });
  });
  await listening(server);
  const { port } = server.address() as AddressInfo;
  const paths = Object.keys(VEILS).map((condition) => {
    const path = join(folder, `kubeconfig-${condition}.yaml`);
    writeFileSync(path, kubeconfig(`http://127.0.0.1:${port}/${condition}`));
    return [condition, path] as const;
  });
  return {
    kubeconfigs: Object.fromEntries(paths),
    close: () => {
      server.close();
      server.closeAllConnections();
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

function agentOf(cluster: Cluster, user: string): Agent {
  const file = (name: string): Buffer => readFileSync(join(cluster.folder.certificates, name));
  return new Agent({
    ca: file('ca.crt'),
    cert: file(`${user}.crt`),
    key: file(`${user}.key`),
    keepAlive: true,
  });
}

async function listening(server: Server): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', resolve);
  await promise;
}

function answerEmptyList(answer: ServerResponse): void {
  answer.writeHead(200, { 'content-type': 'application/json' });
  answer.end(
    JSON.stringify({ kind: 'EventList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [] }),
  );
}

interface Relayed {
  readonly asked: IncomingMessage;
  readonly answer: ServerResponse;
  readonly path: string;
}

function relay(cluster: Cluster, agent: Agent, { asked, answer, path }: Relayed): void {
  const { host: _host, connection: _connection, ...headers } = asked.headers;
  const upstream = request(
    { host: cluster.address.node, port: 6443, method: asked.method, path, headers, agent },
    (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    },
  );
  upstream.on('error', () => {
    if (answer.headersSent) answer.destroy();
    else answer.writeHead(502).end();
  });
  answer.on('close', () => upstream.destroy());
  asked.pipe(upstream);
}

function kubeconfig(server: string): string {
  return `apiVersion: v1
kind: Config
current-context: exit137
clusters:
  - name: exit137
    cluster: { server: "${server}" }
users:
  - name: judge
    user: {}
contexts:
  - name: exit137
    context: { cluster: exit137, user: judge }
`;
}
