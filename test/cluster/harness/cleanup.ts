/** Undoes what a cluster left, from its recorded state alone, so that it also works after the harness was killed. */
import { existsSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Folder, State } from './folder.ts';
import { isSameProcess, isOnPath, tryRun } from './run.ts';

const CGROUPS = '/sys/fs/cgroup';

/** Ends the node's first process, and with it all others; then removes what a process cannot take along. */
export async function cleanUp(folder: Folder, state: State | undefined): Promise<void> {
  if (state !== undefined) {
    if (isSameProcess(state.initPid, state.initStartTicks)) process.kill(state.initPid ?? 0, 'SIGKILL');
    await gone(state);
    for (const path of state.cgroups) await removeCgroup(path);
    // Normally it went with the node's network; the kernel takes that apart a moment after the last process.
    if (isOnPath('ip')) await tryRun(['ip', 'link', 'delete', state.address.hostInterface]);
  }
  await removeFolder(folder);
}

async function gone(state: State): Promise<void> {
  for (let tries = 0; tries < 200 && isSameProcess(state.initPid, state.initStartTicks); tries += 1) {
    await sleep(50);
  }
}

/** The folder, which is busy as long as the last process of the node is still being ended. */
async function removeFolder(folder: Folder): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      rmSync(folder.root, { recursive: true, force: true });
      return;
    } catch (error) {
      if (tries === 50) throw error;
      await sleep(100);
    }
  }
}

export function hierarchies(): readonly string[] {
  if (existsSync(join(CGROUPS, 'cgroup.controllers'))) return [CGROUPS];
  return readdirSync(CGROUPS).map((name) => join(CGROUPS, name));
}

/** Below every hierarchy; a cgroup can be removed only when it is empty, and its dead take a moment to leave. */
async function removeCgroup(path: string): Promise<void> {
  if (!/^\/[\w.-]+$/u.test(path)) throw new Error(`no cgroup of ours: ${path}`);
  for (const hierarchy of hierarchies()) {
    for (let tries = 0; tries < 100 && !removeTree(join(hierarchy, path)); tries += 1) await sleep(50);
  }
}

function removeTree(path: string): boolean {
  if (!existsSync(path)) return true;
  let whole = true;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) whole = removeTree(join(path, entry.name)) && whole;
  }
  try {
    rmdirSync(path);
    return whole;
  } catch {
    return false;
  }
}
