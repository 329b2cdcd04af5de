/** MongoDB: the WiredTiger cache defaults to the larger of 256 MiB and half of (limit − 1 GiB); connections and sorts come on top. */
import { formatBytes } from '../text/amounts.ts';
import { GIB, MIB } from '../units.ts';
import { flagValue, heapFlags } from './sizes.ts';
import type { Runtime, RuntimeAssessment, RuntimeInput } from './types.ts';

const FLAG_ABOVE = 0.6;

function assess(input: RuntimeInput): RuntimeAssessment {
  const text = flagValue(input.words, ['--wiredTigerCacheSizeGB']);
  const gib = /^\d{1,6}(?:\.\d{1,6})?$/.test(text ?? '') ? Number(text) : 0;
  const cache = gib > 0 ? Math.round(gib * GIB) : undefined;
  const source = `--wiredTigerCacheSizeGB ${text}`;
  const standard =
    input.limitBytes === undefined
      ? undefined
      : Math.max(256 * MIB, Math.floor((input.limitBytes - GIB) / 2));
  return {
    ...(cache === undefined ? {} : { heapMaxBytes: cache, heapSource: source }),
    flags: heapFlags({
      what: 'The WiredTiger cache',
      heapMaxBytes: cache,
      heapSource: source,
      limitBytes: input.limitBytes,
      flagAbove: FLAG_ABOVE,
      rest: 'connections (1 MiB each), sorts and index builds',
    }),
    unsetKnobs: [],
    advice: [
      standard === undefined
        ? 'Keep the WiredTiger cache at half of (limit − 1 GiB).'
        : `Keep the WiredTiger cache at ${formatBytes(standard)} or less (half of the limit less 1 GiB, at least 256 MiB).`,
    ],
  };
}

export const MONGODB: Runtime = {
  id: 'mongodb',
  title: 'MongoDB',
  comm: /^(?:mongod|mongos|conn\d+|WTCheck.*|ftdc)$/,
  executable: /^(?:mongod|mongos)$/,
  variable: /^(?:MONGO_INITDB_[A-Z_]+|MONGODB_ROOT_[A-Z_]+)$/,
  image: /^(?:mongo|mongodb|mongodb-.*|percona-server-mongodb.*)$/,
  assess,
};
