import type { ParsedEviction } from '../facts/types.ts';
import { RANK } from './cause.ts';
import type { Cause } from './cause.ts';
import { assessEviction } from './eviction.ts';

function what(eviction: ParsedEviction): string {
  const own = eviction.ownLimit;
  if (own === undefined) return 'it exceeded its own storage limit';
  switch (own.scope) {
    case 'emptyDir':
      return `its emptyDir volume ${own.name ?? ''} exceeded ${own.limitText}`.replace('  ', ' ');
    case 'container':
      return `container ${own.name ?? ''} exceeded its ephemeral-storage limit of ${own.limitText}`.replace(
        '  ',
        ' ',
      );
    case 'pod':
      return `its local storage exceeded the containers' total limit of ${own.limitText}`;
  }
}

/** L3: the pod's own storage limit (k8s pkg/kubelet/eviction/eviction_manager.go, localStorageEviction). */
export const ownStorageLimit: Cause = {
  code: 'L3',
  id: 'own-storage-limit',
  title: 'evicted: own storage limit exceeded',
  sender: 'kubelet',
  memory: 'none',
  rank: RANK.decision,
  needs: ['pod', 'pod-events'],
  assess: (facts) =>
    assessEviction(
      facts,
      ['own-storage'],
      (_, eviction) => `The kubelet evicted the pod: ${what(eviction)}. This is not about memory.`,
    ),
};
