/** Which evidence of a staged death becomes a case: what was read live, or what the watch kept. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readBundle, writeCase, type StagedBy } from './corpus.ts';
import type { Kept } from './one-death.ts';

export interface Keeping {
  /** Where cases lie, one folder each. */
  readonly folder: string;
  /** Where `liveBundleOf` names the file. */
  readonly results: string;
  /** Files that the watch kept, oldest first. */
  readonly watched: readonly string[];
  readonly by: StagedBy;
}

export function liveBundleOf(results: string, { namespace }: Pick<Kept, 'namespace'>): string {
  return join(results, `${namespace}.bundle.json`);
}

/** The evidence as it was read live, or as the watch kept it where the pod had vanished. */
export function writeRecorded({ folder, results, watched, by }: Keeping, dead: Kept): void {
  const live = liveBundleOf(results, dead);
  const holds = (path: string): boolean =>
    existsSync(path) &&
    readBundle(path).pods.some((pod) => pod.namespace === dead.namespace && pod.name === dead.target);
  const kept = watched.toReversed();
  // What was gone before anybody could ask is in what the watch kept.
  const unseen = dead.staging.scenario.label.unseen?.under.includes('all') === true;
  const path = (unseen ? [...kept, live] : [live, ...kept]).find(holds);
  if (path === undefined) return;
  const { scenario } = dead.staging;
  writeCase(folder, {
    name: scenario.id.replaceAll('/', '-'),
    about: scenario.about,
    label: scenario.label,
    namespace: dead.namespace,
    pod: dead.target,
    ...(dead.container === undefined ? {} : { container: dead.container }),
    bundle: readBundle(path),
    watched: path !== live,
    by,
  });
}
