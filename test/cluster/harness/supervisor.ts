/**
 * Holds a cluster for hand use: started by `main.ts up`, detached from its terminal once the cluster is ready.
 * Until then it ends, and cleans up, when the process that started it goes away.
 */
import { isRunning, startCluster, stopCluster } from './cluster.ts';
import { DEFAULT_NAME, folderOf, readState } from './folder.ts';

export type Message =
  | { readonly kind: 'say'; readonly line: string }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly reason: string };

const name = process.argv[2] ?? DEFAULT_NAME;
const prometheus = process.env['EXIT137_PROMETHEUS'] === '1';
let stays = false;

function tell(message: Message): void {
  if (process.connected) process.send?.(message);
}

async function end(code: number): Promise<never> {
  await stopCluster(name);
  process.exit(code);
}

process.on('SIGTERM', () => void end(0));
process.on('SIGINT', () => void end(0));
process.on('disconnect', () => {
  if (!stays) void end(1);
});
process.on('message', (message) => {
  stays = message === 'stay';
});

try {
  await startCluster({ name, prometheus, say: (line) => tell({ kind: 'say', line }) });
} catch (error) {
  tell({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
  await end(1);
}
tell({ kind: 'ready' });
// The node's first process may be ended by someone else: then there is nothing left to hold.
setInterval(() => {
  if (!isRunning(readState(folderOf(name)))) void end(0);
}, 1000);
