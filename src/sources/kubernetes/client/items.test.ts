import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ItemSplitter } from './items.ts';

function split(json: string, chunkBytes: number): { readonly items: unknown[]; readonly envelope: unknown } {
  const items: unknown[] = [];
  const splitter = new ItemSplitter((text) => items.push(JSON.parse(text)));
  const bytes = Buffer.from(json);
  for (let from = 0; from < bytes.length; from += chunkBytes)
    splitter.push(bytes.subarray(from, from + chunkBytes));
  return { items, envelope: splitter.end() };
}

const LIST = {
  kind: 'PodList',
  apiVersion: 'v1',
  metadata: { resourceVersion: '7', continue: 'abc', remainingItemCount: 3 },
  items: [
    {
      metadata: { name: 'a', managedFields: [{ x: '"]}' }, { y: [1, [2]] }], labels: { k: 'ü\\"{' } },
      spec: { n: [1, 2] },
    },
    { metadata: { managedFields: [], name: 'b' } },
    { metadata: { name: 'managedFields', finalizers: ['x'] }, items: [{ items: [] }] },
    {},
  ],
};

describe('ItemSplitter', () => {
  it('gives the same items whatever the chunks are, without managedFields', () => {
    const text = JSON.stringify(LIST);
    for (let chunkBytes = 1; chunkBytes <= text.length; chunkBytes += chunkBytes < 64 ? 1 : 37) {
      const { items, envelope } = split(text, chunkBytes);
      expect(items).toEqual([
        { metadata: { name: 'a', managedFields: null, labels: { k: 'ü\\"{' } }, spec: { n: [1, 2] } },
        { metadata: { managedFields: null, name: 'b' } },
        { metadata: { name: 'managedFields', finalizers: ['x'] }, items: [{ items: [] }] },
        {},
      ]);
      expect(envelope).toEqual({ ...LIST, items: [] });
    }
  });

  it.each([
    { name: 'pretty printed', text: JSON.stringify(LIST, null, 2), items: 4 },
    {
      name: 'items before metadata',
      text: '{"items":[{"a":1}],"metadata":{"continue":"t"},"kind":"List"}',
      items: 1,
    },
    { name: 'items: null', text: '{"kind":"List","items":null}', items: 0 },
    { name: 'no items', text: '{"kind":"List","items":[]}', items: 0 },
    { name: 'not a list', text: '{"kind":"Status","code":200}', items: 0 },
    {
      name: 'an items key deeper down',
      text: '{"metadata":{"items":[{"a":1}]},"items":[{"b":2}]}',
      items: 1,
    },
  ])('$name', ({ text, items }) => {
    expect(split(text, 5).items).toHaveLength(items);
  });

  it.each([
    { name: 'cut in an item', text: '{"items":[{"a":1' },
    { name: 'cut in a string', text: '{"items":[{"a":"x' },
    { name: 'closes too often', text: '{}}' },
    { name: 'not JSON', text: 'upstream connect error' },
    { name: 'nested too deep', text: `{"a":${'['.repeat(600)}${']'.repeat(600)}}` },
  ])('refuses an answer that is $name', ({ text }) => {
    expect(() => split(text, 7)).toThrow(expect.objectContaining({ code: 'protocol' }));
  });

  it('agrees with JSON.parse on any list of objects', () => {
    const item = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 5 }), fc.integer({ min: 1, max: 40 }), (list, chunkBytes) => {
        const text = JSON.stringify({ kind: 'List', items: list });
        const expected = (JSON.parse(text) as { items: unknown[] }).items;
        expect(split(text, chunkBytes).items).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('never throws anything but a SourceError on noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const splitter = new ItemSplitter(() => undefined);
        try {
          splitter.push(Buffer.from(bytes));
          splitter.end();
        } catch (error) {
          expect((error as Error).name).toBe('SourceError');
        }
      }),
      { numRuns: 200 },
    );
  });
});
