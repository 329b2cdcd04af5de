import { describe, expect, it } from 'vitest';
import { deploymentOf } from './deployment.ts';

// A ReplicaSet is named after its Deployment and the hash of the template (k8s pkg/controller/deployment/sync.go).
describe('deploymentOf', () => {
  it.each([
    ['name and hash fit', 'ReplicaSet/cart-5d8f7b9c4', '5d8f7b9c4', 'cart'],
    ['a name with dashes', 'ReplicaSet/checkout-api-7c9d5b8f6', '7c9d5b8f6', 'checkout-api'],
    ['another hash', 'ReplicaSet/cart-5d8f7b9c4', '7c9d5b8f6', undefined],
    ['an empty hash', 'ReplicaSet/cart-', '', undefined],
    ['nothing before the hash', 'ReplicaSet/-5d8f7b9c4', '5d8f7b9c4', undefined],
    ['another owner', 'StatefulSet/cart-5d8f7b9c4', '5d8f7b9c4', undefined],
  ])('%s', (_name, owner, hash, expected) => {
    const [kind = '', name = ''] = owner.split('/');
    expect(deploymentOf({ owner: { kind, name }, labels: { 'pod-template-hash': hash } })).toBe(expected);
  });

  it('knows nothing without labels or owner', () => {
    expect([
      deploymentOf(undefined),
      deploymentOf({}),
      deploymentOf({ labels: { 'pod-template-hash': 'a' } }),
    ]).toEqual([undefined, undefined, undefined]);
  });
});
