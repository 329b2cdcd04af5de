/** For hand use: `prepare` (Debian packages and programs), `up`, `down`, `status`, `exec COMMAND…` on the node, `restart COMPONENT`. A name in EXIT137_CLUSTER lets several live side by side; EXIT137_PROMETHEUS=1 starts one with Prometheus. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import {
  connectCluster,
  isRunning,
  pidsOf,
  startComponent,
  stopCluster,
  stopComponent,
  type Cluster,
} from './cluster.ts';
import type { ComponentName } from './components.ts';
import { DEFAULT_NAME, folderOf, readState } from './folder.ts';
import { processesOf, tryRunInside } from './machine.ts';
import { buildPrograms, installPackages, obstacles } from './programs.ts';
import type { Message } from './supervisor.ts';

const name = process.env['EXIT137_CLUSTER'] ?? DEFAULT_NAME;
const COMPONENTS: readonly ComponentName[] = [
  ...(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const),
  ...(['containerd', 'kubelet', 'metrics-server', 'prometheus', 'kernel-log'] as const),
];

function componentsOf({ prometheusUrl }: Cluster): readonly ComponentName[] {
  return COMPONENTS.filter((component) => component !== 'prometheus' || prometheusUrl !== undefined);
}

async function up(): Promise<number> {
  if (!isRunning(readState(folderOf(name)))) {
    const failure = await supervise();
    if (failure !== undefined) {
      console.error(failure);
      return 1;
    }
  }
  const { kubeconfigs, prometheusUrl } = connectCluster(name);
  console.log(`admin:       ${kubeconfigs.admin}`);
  console.log(`reader:      ${kubeconfigs.reader}`);
  console.log(`node-reader: ${kubeconfigs['node-reader']}`);
  if (prometheusUrl !== undefined) console.log(`prometheus:  ${prometheusUrl}`);
  return 0;
}

/** The reason when it could not be started. */
async function supervise(): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const child = spawn(process.execPath, [join(import.meta.dirname, 'supervisor.ts'), name], {
    detached: true,
    // Not the terminal's: whoever reads our output would wait for the supervisor's end.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.on('message', (message: Message) => {
    if (message.kind === 'say') console.log(message.line);
    if (message.kind === 'failed') resolve(message.reason);
    if (message.kind === 'ready') child.send('stay', () => resolve(undefined));
  });
  child.on('error', (error) => resolve(String(error)));
  child.on('exit', (code) => resolve(`the supervisor ended with exit code ${code}`));
  const failure = await promise;
  if (child.connected) child.disconnect();
  child.unref();
  return failure;
}

function status(): number {
  if (!isRunning(readState(folderOf(name)))) {
    console.log(`cluster ${name} is not running`);
    for (const obstacle of obstacles()) console.log(`obstacle: ${obstacle}`);
    return 1;
  }
  const cluster = connectCluster(name);
  console.log(`cluster ${name} is running in ${cluster.folder.root}`);
  for (const component of componentsOf(cluster)) {
    console.log(`${component.padEnd(24)} ${pidsOf(cluster, component).join(' ') || 'not running'}`);
  }
  console.log(`${processesOf(cluster.machine).length} processes`);
  return 0;
}

async function exec(command: readonly string[]): Promise<number> {
  const { code, stdout, stderr } = await tryRunInside(connectCluster(name).machine, command);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  return code;
}

async function restart(component: string | undefined): Promise<number> {
  const cluster = connectCluster(name);
  const components = componentsOf(cluster);
  const known = components.find((name) => name === component);
  if (known === undefined) {
    console.error(`components: ${components.join(', ')}`);
    return 2;
  }
  await stopComponent(cluster, known);
  startComponent(cluster, known);
  return 0;
}

async function main([verb, ...rest]: readonly string[]): Promise<number> {
  switch (verb) {
    case 'up':
      return up();
    case 'prepare':
      await installPackages();
      await buildPrograms(console.log);
      return 0;
    case 'down':
      await stopCluster(name);
      return 0;
    case 'status':
      return status();
    case 'exec':
      return exec(rest);
    case 'restart':
      return restart(rest[0]);
    default:
      console.error('usage: main.ts prepare | up | down | status | exec COMMAND... | restart COMPONENT');
      return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
