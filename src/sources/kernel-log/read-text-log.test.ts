import { describe, expect, it } from 'vitest';
import type { BundlePart } from '../../core/model/bundle.ts';
import { readTextLog } from './index.ts';

const LINE =
  '[ 8523.347168] Out of memory: Killed process 5 (é€😀) total-vm:4kB, anon-rss:4kB, file-rss:0kB\n';

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function read(bytes: Uint8Array, size = bytes.length): Promise<BundlePart> {
  return readTextLog(inPieces(bytes, size), { source: 'log' });
}

describe('readTextLog', () => {
  const kills = [{ victim: { pid: 5, comm: 'é€😀' }, source: 'log' }];
  const text = `noise\n${LINE}noise\n`;

  it.each([1, 2, 3, 5, 64, 10_000])('decodes UTF-8 in pieces of %i bytes', async (size) => {
    expect((await read(Buffer.from(text), size)).kernelKills).toMatchObject(kills);
  });

  it('decodes UTF-16 as PowerShell writes it', async () => {
    expect((await read(Buffer.from(`\uFEFF${text}`, 'utf16le'))).kernelKills).toMatchObject(kills);
  });

  it('reads around bytes that are no text', async () => {
    const junk = Buffer.from([0xff, 0x00, 0xc3, 0x28, 0x0a]);
    expect((await read(Buffer.concat([junk, Buffer.from(text), junk]))).kernelKills).toMatchObject(kills);
  });

  it('gives nothing for nothing', async () => {
    expect(await read(new Uint8Array())).toEqual({});
  });

  it('stops when told', async () => {
    const given = { source: 'log', signal: AbortSignal.abort() };
    await expect(readTextLog(inPieces(Buffer.from(text), 8), given)).rejects.toThrow('aborted');
  });
});
