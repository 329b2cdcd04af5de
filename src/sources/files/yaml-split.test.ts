import { describe, expect, it } from 'vitest';
import { YamlSplitter, type YamlPiece } from './yaml-split.ts';

function split(text: string, chunkChars: number, maxDocumentBytes = 10_000) {
  const out = {
    pieces: [] as YamlPiece[],
    lists: [] as string[],
    faults: [] as string[],
    unwanted: [] as string[],
  };
  const splitter = new YamlSplitter(
    {
      wants: (kind) => kind !== 'Secret' && kind !== 'ConfigMap',
      onPiece: (piece) => out.pieces.push(piece),
      onList: (list) => out.lists.push(`${list.kind ?? '-'}:${list.items}`),
      onUnwanted: (kind) => out.unwanted.push(kind),
      onFault: (message, line) => out.faults.push(`${line} ${message}`),
    },
    { maxDocumentBytes },
  );
  for (let at = 0; at < text.length; at += chunkChars) splitter.push(text.slice(at, at + chunkChars));
  splitter.end();
  return out;
}

const POD_LIST = `---
apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: a
    note: |
      - not an item
      kind: Secret
- kind: Secret
  data: {p: eA==}
# between
- apiVersion: v1
  kind: Pod
  metadata:
    name: b
kind: PodList
metadata:
  resourceVersion: "1"
`;

describe('YamlSplitter', () => {
  const rows: {
    name: string;
    input: string;
    pieces: [number, string | undefined, string][];
    lists?: string[];
    unwanted?: string[];
  }[] = [
    {
      name: 'one document',
      input: 'kind: Pod\nmetadata: {name: a}\n',
      pieces: [[1, 'Pod', 'metadata: {name: a}']],
    },
    {
      name: 'documents, the first with a marker and a comment',
      input: '# dump\n---\nkind: Pod\na: 1\n---\nkind: Node\nb: 2\n...\n',
      pieces: [
        [2, 'Pod', 'a: 1'],
        [5, 'Node', 'b: 2'],
      ],
    },
    { name: 'no newline at the end', input: 'kind: Pod\na: 1', pieces: [[1, 'Pod', 'a: 1']] },
    {
      name: 'CRLF',
      input: 'kind: Pod\r\na: 1\r\n---\r\nkind: Node\r\nb: 2\r\n',
      pieces: [
        [1, 'Pod', 'a: 1'],
        [3, 'Node', 'b: 2'],
      ],
    },
    {
      name: 'a list at column 0 with a literal that looks like items',
      input: POD_LIST,
      pieces: [
        [4, 'Pod', 'name: a'],
        [14, 'Pod', 'name: b'],
      ],
      lists: ['PodList:3'],
      unwanted: ['Secret'],
    },
    {
      name: 'an indented list',
      input: 'kind: PodList\nitems:\n  - kind: Pod\n    x: 1\n  - kind: Pod\n    x: 2\nafter: 1\n',
      pieces: [
        [3, 'Pod', 'x: 1'],
        [5, 'Pod', 'x: 2'],
      ],
      lists: ['PodList:2'],
    },
    {
      name: 'items that take their kind from the list',
      input: 'kind: PodList\nitems:\n- metadata: {name: a}\n',
      pieces: [[3, 'Pod', 'name: a']],
      lists: ['PodList:1'],
    },
    {
      name: 'a list without items',
      input: 'kind: PodList\nitems:\nmetadata: {}\n',
      pieces: [],
      lists: ['PodList:0'],
    },
    {
      name: 'two lists',
      input: 'items:\n- kind: Pod\n  x: 1\n---\nitems:\n- kind: Pod\n  x: 2\n',
      pieces: [
        [2, 'Pod', 'x: 1'],
        [6, 'Pod', 'x: 2'],
      ],
      lists: ['-:1', '-:1'],
    },
    {
      name: 'a Secret',
      input: 'apiVersion: v1\ndata:\n  p: eA==\nkind: Secret\n',
      pieces: [],
      unwanted: ['Secret'],
    },
    { name: 'a Secret that lost its kind', input: 'apiVersion: v1\ndata:\n  p: eA==\n', pieces: [] },
    { name: 'quoted kind', input: '"kind": "Secret"\na: 1\n', pieces: [], unwanted: ['Secret'] },
    { name: 'only comments', input: '# nothing\n---\n# here\n', pieces: [] },
  ];
  it.each(rows)('$name', ({ input, pieces, lists = [], unwanted = [] }) => {
    for (const chunkChars of [1, 2, 3, 10, 100_000]) {
      const result = split(input, chunkChars);
      expect(result.pieces.map((piece) => [piece.line, piece.kind])).toEqual(
        pieces.map(([line, kind]) => [line, kind]),
      );
      for (const [index, [, , part]] of pieces.entries()) expect(result.pieces[index]?.text).toContain(part);
      expect(result.lists).toEqual(lists);
      expect(result.unwanted).toEqual(unwanted);
      expect(result.faults).toEqual([]);
    }
  });

  it('gives up what is too large, says where, and goes on', () => {
    const long = Array.from({ length: 200 }, (_, n) => `    - entry ${n}\n`).join('');
    const input = `items:\n- kind: Pod\n  x:\n${long}- kind: Pod\n  ok: 1\n---\nkind: ConfigMap\ny: ${'z'.repeat(3000)}\n---\nkind: Node\nok: 2\n`;
    for (const chunkChars of [10, 100, 100_000]) {
      const result = split(input, chunkChars, 1000);
      expect(result.pieces.map((piece) => piece.kind)).toEqual(['Pod', 'Node']);
      expect(result.faults).toEqual(['2 a document larger than 1000 bytes was passed over']);
    }
  });
});
