/**
 * PostgreSQL: shared_buffers is shared memory (charged once, to whoever touches it first), work_mem counts per sort or hash,
 * per worker, per connection. A killed backend makes the whole instance recover; with memory.oom.group the postmaster dies too.
 */
import { formatBytes } from '../text/amounts.ts';
import type { Bytes } from '../units.ts';
import { heapFlags, parseSize, shareOf } from './sizes.ts';
import type { Runtime, RuntimeAssessment, RuntimeInput } from './types.ts';

/** The manual recommends 25 % and warns above 40 %. */
const SAFE_RATIO = 0.25;
const FLAG_ABOVE = 0.4;

/** Numbers without a unit count 8 KiB blocks. */
const BLOCK_BYTES = 8192;

function sharedBuffers(words: readonly string[]): Bytes | undefined {
  const word = words.findLast((one) => /^(?:-c|--)?shared[_-]buffers=/.test(one));
  const text = word?.slice(word.indexOf('=') + 1);
  if (text !== undefined && /^\d{1,12}$/.test(text)) return Number(text) * BLOCK_BYTES;
  return parseSize(text);
}

function assess(input: RuntimeInput): RuntimeAssessment {
  const buffers = sharedBuffers(input.words);
  const source = buffers === undefined ? undefined : `shared_buffers=${formatBytes(buffers)}`;
  const share = input.limitBytes === undefined ? undefined : shareOf(input.limitBytes, SAFE_RATIO);
  return {
    ...(buffers === undefined || source === undefined ? {} : { heapMaxBytes: buffers, heapSource: source }),
    flags: heapFlags({
      what: 'The buffer cache',
      heapMaxBytes: buffers,
      heapSource: source,
      limitBytes: input.limitBytes,
      flagAbove: FLAG_ABOVE,
      rest: 'connections, work_mem and the page cache',
    }),
    unsetKnobs: [],
    advice: [
      input.limitBytes === undefined || share === undefined
        ? 'Keep shared_buffers at 25 % of the memory limit.'
        : `Keep shared_buffers at about ${share.mib} MB (25 % of ${formatBytes(input.limitBytes)}).`,
      'Lower work_mem or max_connections (or use a pooler): work_mem × operations × connections must fit beside shared_buffers.',
    ],
  };
}

export const POSTGRES: Runtime = {
  id: 'postgres',
  title: 'PostgreSQL',
  comm: /^(?:postgres|postmaster)$/,
  executable: /^(?:postgres|postmaster|patroni)$/,
  variable: /^(?:PGDATA|POSTGRES_[A-Z_]+|POSTGRESQL_[A-Z_]+)$/,
  image: /^(?:postgres|postgresql|postgres-.*|postgresql-.*|spilo.*|timescaledb.*|postgis)$/,
  assess,
};
