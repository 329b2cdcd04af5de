/** `exit137 record --watch` beside the deaths, as somebody would run it who knows that pods vanish. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../harness/cluster.ts';
import { until } from '../harness/run.ts';
import { PROGRAM } from './judge.ts';

export interface Recorder {
  /** Files about a namespace's deaths, in the order of their names. */
  readonly filesOf: (namespace: string) => readonly string[];
  readonly stop: () => Promise<void>;
}

/** Returns when it watches: what dies before that is no news to it. */
export async function startRecorder(cluster: Cluster, folder: string): Promise<Recorder> {
  mkdirSync(folder, { recursive: true });
  const words = ['record', '--all-namespaces', '--watch', '--out', folder, '--node-access'];
  const child = spawn(
    process.execPath,
    [PROGRAM, ...words, '--kubeconfig', cluster.kubeconfigs['node-reader']],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + String(chunk)).slice(-10_000);
  });
  await until('recorder', 30_000, () => (said.includes('Watching ') ? true : undefined));
  return { filesOf: (namespace) => filesOf(folder, namespace), stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGINT');
  await until('end of the recorder', 20_000, () =>
    child.exitCode === null && child.signalCode === null ? undefined : true,
  );
}

function filesOf(folder: string, namespace: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.includes(namespace) && name.endsWith('.json'))
    .toSorted()
    .map((name) => join(folder, name))
    .filter((path) => readFileSync(path, 'utf8').includes(`"${namespace}"`));
}
