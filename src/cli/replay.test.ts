import { describe, expect, it } from 'vitest';
import { replayable } from './replay.ts';

async function all(input: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('replayable', () => {
  it('gives every reader all of it, also where one stopped half way', async () => {
    let reads = 0;
    const stdin = {
      isTerminal: false,
      async *[Symbol.asyncIterator]() {
        reads += 1;
        yield Buffer.from('one ');
        yield Buffer.from('two ');
        yield Buffer.from('three');
      },
    };
    const input = replayable(stdin, () => new Error('too much'));
    await input[Symbol.asyncIterator]().next();
    expect(await all(input)).toBe('one two three');
    expect(await all(input)).toBe('one two three');
    expect(reads).toBe(1);
  });
});
