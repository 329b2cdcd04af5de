import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEvictionMessage } from './eviction.ts';

const MIB = 1024 * 1024;

describe('parseEvictionMessage', () => {
  it('reads node pressure with everything in it', () => {
    const text =
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 82340Ki. Container app was using 912Mi, request is 256Mi, has larger consumption of memory. Container log.agent was using 1.5Gi, request is 0, has larger consumption of memory. ';
    expect(parseEvictionMessage(text)).toEqual({
      resource: 'memory',
      thresholdText: '100Mi',
      thresholdBytes: 100 * MIB,
      availableText: '82340Ki',
      availableBytes: 82_340 * 1024,
      consumers: [
        {
          kind: 'container',
          name: 'app',
          usageBytes: 912 * MIB,
          requestBytes: 256 * MIB,
          exceedsRequest: true,
        },
        {
          kind: 'container',
          name: 'log.agent',
          usageBytes: 1536 * MIB,
          requestBytes: 0,
          exceedsRequest: true,
        },
      ],
    });
  });

  it.each([
    ['nothing more', 'The node was low on resource: memory. ', { resource: 'memory', consumers: [] }],
    [
      'a decimal threshold',
      'The node was low on resource: memory. Threshold quantity: 750M, available: 179968Ki. ',
      {
        resource: 'memory',
        thresholdText: '750M',
        thresholdBytes: 750_000_000,
        availableText: '179968Ki',
        availableBytes: 179_968 * 1024,
        consumers: [],
      },
    ],
    [
      'the form up to 1.23',
      'The node was low on resource: ephemeral-storage. Container c was using 26Gi, which exceeds its request of 0. ',
      {
        resource: 'ephemeral-storage',
        consumers: [
          {
            kind: 'container',
            name: 'c',
            usageBytes: 26 * 1024 * MIB,
            requestBytes: 0,
            exceedsRequest: true,
          },
        ],
      },
    ],
    [
      'pod-level resources',
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi. Pod web-0 was using 3Gi, request is 1Gi, has larger consumption of memory. ',
      {
        resource: 'memory',
        thresholdText: '100Mi',
        thresholdBytes: 100 * MIB,
        availableText: '80Mi',
        availableBytes: 80 * MIB,
        consumers: [
          {
            kind: 'pod',
            name: 'web-0',
            usageBytes: 3072 * MIB,
            requestBytes: 1024 * MIB,
            exceedsRequest: true,
          },
        ],
      },
    ],
    [
      'a use below the request',
      'The node was low on resource: memory. Container c was using 1Mi, request is 2Mi. ',
      {
        resource: 'memory',
        consumers: [
          { kind: 'container', name: 'c', usageBytes: MIB, requestBytes: 2 * MIB, exceedsRequest: false },
        ],
      },
    ],
    [
      'inodes, which are no bytes',
      'The node was low on resource: inodes. Threshold quantity: 5000, available: 12. ',
      { resource: 'inodes', thresholdText: '5000', availableText: '12', consumers: [] },
    ],
    ['process ids', 'The node was low on resource: pids. ', { resource: 'pids', consumers: [] }],
    [
      'a condition, 1.8',
      'The node was low on resource: [DiskPressure].',
      { resource: 'ephemeral-storage', consumers: [] },
    ],
    [
      'a file system, 1.9',
      'The node was low on resource: imagefs.',
      { resource: 'ephemeral-storage', consumers: [] },
    ],
    [
      'an emptyDir',
      'Usage of EmptyDir volume "cache" exceeds the limit "1Gi". ',
      {
        resource: 'own-storage',
        consumers: [],
        ownLimit: { scope: 'emptyDir', name: 'cache', limitText: '1Gi' },
      },
    ],
    [
      'all containers together',
      'Pod ephemeral local storage usage exceeds the total limit of containers 2Gi. ',
      { resource: 'own-storage', consumers: [], ownLimit: { scope: 'pod', limitText: '2Gi' } },
    ],
    [
      'one container',
      'Container c exceeded its local ephemeral storage limit "1Gi". ',
      {
        resource: 'own-storage',
        consumers: [],
        ownLimit: { scope: 'container', name: 'c', limitText: '1Gi' },
      },
    ],
  ])('reads %s', (_name, text, expected) => {
    expect(parseEvictionMessage(text)).toEqual(expected);
  });

  it.each([
    ['a refusal', 'Pod was rejected: The node had condition: [MemoryPressure]. '],
    ['a drain', 'Evicted pod: Drifted'],
    ['the API', 'Eviction API: evicting'],
    ['nothing', ''],
  ])('does not take %s for one', (_name, text) => {
    expect(parseEvictionMessage(text)).toBeUndefined();
  });

  it('is total and quick', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'The node was low on resource: ',
        'Container a was using ',
        ', request is ',
        ', ',
        '. ',
        '1Gi',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const parsed = parseEvictionMessage(pieces.join(''));
        return parsed === undefined || Array.isArray(parsed.consumers);
      }),
    );
    const started = performance.now();
    parseEvictionMessage(`The node was low on resource: memory. ${'Container a was using '.repeat(100_000)}`);
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('keeps no control characters of a hostile message', () => {
    const text =
      'The node was low on resource: memory. Threshold quantity: 100Mi\x1b[2J, available: 80\u202eMi. ';
    expect(parseEvictionMessage(text)).toMatchObject({ thresholdText: '100Mi', availableText: '80Mi' });
  });
});
