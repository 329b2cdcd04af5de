import { describe, expect, it } from 'vitest';
import { JsonSplitter, type JsonDocument } from './json-split.ts';

interface Split {
  readonly documents: readonly JsonDocument[];
  readonly faults: readonly string[];
  readonly lists: readonly string[];
  readonly text: readonly string[];
}

const LIMITS = { maxDocumentBytes: 1000, maxDocumentNodes: 50, maxDocumentDepth: 10 };

function split(text: string, chunkBytes = text.length || 1, limits = LIMITS): Split {
  const out = {
    documents: [] as JsonDocument[],
    faults: [] as string[],
    lists: [] as string[],
    text: [] as string[],
  };
  const splitter = new JsonSplitter(
    {
      wants: (kind) => !kind.startsWith('Secret'),
      onDocument: (document) => out.documents.push(document),
      onList: (list) => out.lists.push(`${list.kind ?? '-'}:${list.items}`),
      onText: (line) => {
        out.text.push(line);
        return line.startsWith('START') ? 'text' : 'json';
      },
      onFault: (message, atByte) => out.faults.push(`${atByte} ${message}`),
    },
    limits,
  );
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunkBytes) splitter.push(bytes.subarray(at, at + chunkBytes));
  splitter.end();
  return out;
}

const texts = (result: Split): string[] => result.documents.map((document) => document.text);

describe('JsonSplitter', () => {
  const rows: { name: string; input: string; documents: string[]; lists?: string[]; faults?: number }[] = [
    { name: 'one object', input: '{"kind":"Pod","a":1}', documents: ['{"kind":"Pod","a":1}'] },
    { name: 'concatenated', input: '{"a":1}{"b":2}\n{"c":3}', documents: ['{"a":1}', '{"b":2}', '{"c":3}'] },
    { name: 'JSON lines with CRLF', input: '{"a":1}\r\n{"b":2}\r\n', documents: ['{"a":1}', '{"b":2}'] },
    { name: 'an array', input: '[ {"a":[1]}, {"b":"]"} ]', documents: ['{"a":[1]}', '{"b":"]"}'] },
    {
      name: 'a list, kind last as kubectl sorts it',
      input:
        '{"apiVersion":"v1","items":[{"kind":"Pod","n":1},{"kind":"Node","n":2}],"kind":"List","metadata":{}}',
      documents: ['{"kind":"Pod","n":1}', '{"kind":"Node","n":2}'],
      lists: ['List:2'],
    },
    {
      name: 'a list, kind first as the API sends it',
      input: '{"kind":"PodList","items":[{"n":1}]}',
      documents: ['{"n":1}'],
      lists: ['PodList:1'],
    },
    {
      name: 'an empty list',
      input: '{"kind":"EventList","items":[]}',
      documents: [],
      lists: ['EventList:0'],
    },
    {
      name: 'a list of Secrets',
      input: '{"kind":"SecretList","items":[{"a":1}]}',
      documents: [],
      lists: ['SecretList:1'],
    },
    {
      name: 'a Secret among others',
      input: '[{"data":{"p":"x"},"kind":"Secret"},{"kind":"Pod"}]',
      documents: ['{"kind":"Pod"}'],
    },
    { name: 'a Secret that lost its kind', input: '{"data":{"p":"x"},"metadata":{}}', documents: [] },
    {
      name: 'braces, quotes and backslashes in strings',
      input: '{"a":"}{][\\"\\\\","kind":"Pod"}{"b":1}',
      documents: ['{"a":"}{][\\"\\\\","kind":"Pod"}', '{"b":1}'],
    },
    {
      name: '"items" deeper down is no list',
      input: '{"a":{"items":[{"b":1}]}}',
      documents: ['{"a":{"items":[{"b":1}]}}'],
    },
    {
      name: 'a value called kind',
      input: '{"x":"kind","y":"Secret"}',
      documents: ['{"x":"kind","y":"Secret"}'],
    },
    {
      name: 'truncated list',
      input: '{"kind":"List","items":[{"n":1},{"n":',
      documents: ['{"n":1}'],
      lists: ['List:1'],
      faults: 1,
    },
    { name: 'truncated in a string', input: '{"n":"ab', documents: [], faults: 1 },
    {
      name: 'two-byte and four-byte characters',
      input: '{"ä":"😀"}{"b":1}',
      documents: ['{"ä":"😀"}', '{"b":1}'],
    },
    {
      name: 'deeper than allowed',
      input: `{"a":${'['.repeat(12)}${']'.repeat(12)}}{"b":1}`,
      documents: ['{"b":1}'],
      faults: 1,
    },
    {
      name: 'more values than allowed',
      input: `[{"a":[${'0,'.repeat(60)}0]},{"b":1}]`,
      documents: ['{"b":1}'],
      faults: 1,
    },
    {
      name: 'larger than allowed',
      input: `[{"a":"${'x'.repeat(1200)}"},{"b":1}]`,
      documents: ['{"b":1}'],
      faults: 1,
    },
    { name: 'nothing', input: '', documents: [] },
  ];
  it.each(rows)('$name', ({ input, documents, lists = [], faults = 0 }) => {
    // Every cut of the bytes into chunks gives the same.
    for (const chunkBytes of [1, 2, 3, 7, 64, 10_000]) {
      const result = split(input, chunkBytes);
      expect(texts(result), `chunks of ${chunkBytes}`).toEqual(documents);
      expect(result.lists).toEqual(lists);
      expect(result.faults).toHaveLength(faults);
    }
  });

  it('tells kind, list kind and place', () => {
    const [pod] = split(' {"kind":"PodList","items":[ {"kind":"Pod"} ]}').documents;
    // 1 blank, then 27 characters up to and including `[`, then a blank.
    expect(pod).toEqual({ text: '{"kind":"Pod"}', kind: 'Pod', listKind: 'PodList', atByte: 29 });
  });

  it('hands over text between documents, and text that looks like JSON inside a section', () => {
    const input = '{"a":1}\nSTART of a log\n{"b":2}\nEND\n{"c":3}\n';
    for (const chunkBytes of [1, 5, 1000]) {
      const out: string[] = [];
      let inside = false;
      const splitter = new JsonSplitter(
        {
          wants: () => true,
          onDocument: ({ text }) => out.push(`json ${text}`),
          onList: () => {},
          onFault: () => {},
          onText: (line) => {
            out.push(`text ${line}`);
            if (line.startsWith('START')) inside = true;
            if (line === 'END') inside = false;
            return inside ? 'text' : 'json';
          },
        },
        LIMITS,
      );
      const bytes = Buffer.from(input);
      for (let at = 0; at < bytes.length; at += chunkBytes)
        splitter.push(bytes.subarray(at, at + chunkBytes));
      splitter.end();
      expect(out).toEqual([
        'json {"a":1}',
        'text START of a log',
        'text {"b":2}',
        'text END',
        'json {"c":3}',
      ]);
    }
  });
});
