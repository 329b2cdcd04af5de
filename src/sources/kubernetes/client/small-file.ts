/** Files that hold one secret, certificate or name: nobody waits for one without an end. */
import { open } from 'node:fs/promises';
import { MIB, type Bytes } from '../../../core/units.ts';

/** A bundle of all public authorities has a quarter of it. */
const MOST_BYTES: Bytes = MIB;

/** The whole text. Throws what the file system throws, and an error for a file that is too large (a device, perhaps). */
export async function readSmallFile(path: string): Promise<string> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(MOST_BYTES + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length);
      if (bytesRead === 0) return buffer.toString('utf8', 0, length);
      length += bytesRead;
    }
    throw new Error('it is larger than 1 MiB');
  } finally {
    await file.close();
  }
}
