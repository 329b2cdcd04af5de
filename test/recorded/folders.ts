/** Names of the recorded deaths, as `loadCase` of the golden ones takes them. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;

export function recordedFolders(): readonly string[] {
  return readdirSync(here)
    .filter((name) => existsSync(join(here, name, 'bundle.json')))
    .toSorted()
    .map((name) => `../recorded/${name}`);
}
