/** Pages of the kubelet as streams that end. */
import { SourceError } from '../../app/ports.ts';

const LIMIT_BYTES = 256 * 1024 * 1024;

export async function* bounded(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    // Kubelets without NodeLogQuery pass over `query` and list the files of /var/log as a page.
    if (bytes === 0 && /^\s*<(?:!doctype|html|pre)/i.test(chunk.toString('latin1', 0, 32))) {
      throw new SourceError('not-found', 'the kubelet has no log queries');
    }
    bytes += chunk.length;
    if (bytes > LIMIT_BYTES) return;
    yield chunk;
  }
}
