import { RANK } from './cause.ts';
import type { Cause } from './cause.ts';
import { assessEviction, consumerText, levelsText, nodeText } from './eviction.ts';

/** L1: node-pressure eviction for memory (k8s pkg/kubelet/eviction/helpers.go, texts of 1.32 to 1.36). */
export const evictionMemory: Cause = {
  code: 'L1',
  id: 'eviction-memory',
  title: 'evicted: node low on memory',
  sender: 'kubelet',
  memory: 'node',
  rank: RANK.decision,
  needs: ['pod', 'pod-events'],
  assess: (facts) =>
    assessEviction(
      facts,
      ['memory'],
      (f, eviction) =>
        `The kubelet evicted the pod: ${nodeText(f)} was low on memory${levelsText(eviction)}${consumerText(eviction)}.`,
    ),
};
