import { RANK } from './cause.ts';
import type { Cause } from './cause.ts';
import { assessEviction, levelsText, nodeText } from './eviction.ts';

const WORDS: Readonly<Record<string, string>> = {
  'ephemeral-storage': 'disk space',
  inodes: 'inodes',
  pids: 'process IDs',
};

/** L2: node-pressure eviction for disk, inodes or process IDs. */
export const evictionDiskInodesPids: Cause = {
  code: 'L2',
  id: 'eviction-disk-inodes-pids',
  title: 'evicted: node low on disk, inodes or process IDs',
  sender: 'kubelet',
  memory: 'none',
  rank: RANK.decision,
  needs: ['pod', 'pod-events'],
  assess: (facts) =>
    assessEviction(facts, ['ephemeral-storage', 'inodes', 'pids', 'other'], (f, eviction) => {
      const what = WORDS[eviction.resource] ?? 'a resource';
      return `The kubelet evicted the pod: ${nodeText(f)} was low on ${what}${levelsText(eviction)}. This is not about memory.`;
    }),
};
