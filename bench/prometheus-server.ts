/** Debian's `prometheus` over data that was written for it, on a free port of the loopback. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface PrometheusServer {
  readonly url: string;
  readonly process: ChildProcess;
}

const READY_TRIES = 300;
const TRY_EVERY_MS = 200;

export function isPrometheusInstalled(): boolean {
  return spawnSync('prometheus', ['--version']).status === 0;
}

/** Ready to answer. The caller ends it; where it does not become ready it is ended here. */
export async function startPrometheus(paths: {
  readonly config: string;
  readonly data: string;
}): Promise<PrometheusServer> {
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    'prometheus',
    [
      `--config.file=${paths.config}`,
      `--storage.tsdb.path=${paths.data}`,
      '--storage.tsdb.retention.time=100y',
      `--web.listen-address=${address}`,
    ],
    { stdio: 'ignore' },
  );
  const url = `http://${address}`;
  try {
    await ready(url, child);
  } catch (error) {
    child.kill();
    throw error;
  }
  return { url, process: child };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => {
    probe.listen(0, '127.0.0.1', done);
  });
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  for (let tried = 0; tried < READY_TRIES; tried += 1) {
    const isReady = await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    if (child.exitCode !== null) throw new Error(`prometheus ended with ${child.exitCode}`);
    await delay(TRY_EVERY_MS);
  }
  throw new Error('prometheus did not become ready');
}
