/**
 * Redis and Valkey: maxmemory 0 (the default) is no limit; BGSAVE and AOF rewrites fork, and pages written meanwhile exist
 * twice. ElastiCache reserves 25 %.
 */
import { formatBytes } from '../text/amounts.ts';
import type { Bytes } from '../units.ts';
import { GIB, KIB, MIB } from '../units.ts';
import { flagValue, heapFlags, parseSize, shareOf } from './sizes.ts';
import type { Runtime, RuntimeAssessment, RuntimeInput } from './types.ts';

const SAFE_RATIO = 0.75;

/** redis.conf: k, m and g are powers of 1000; kb, mb and gb of 1024. */
const REDIS_UNITS: Readonly<Record<string, Bytes>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: KIB,
  m: 1e6,
  mb: MIB,
  g: 1e9,
  gb: GIB,
};

function assess(input: RuntimeInput): RuntimeAssessment {
  const text = flagValue(input.words, ['--maxmemory']) ?? input.variables.get('REDIS_MAXMEMORY');
  const maximum = parseSize(text, REDIS_UNITS);
  const stated = maximum === undefined || maximum === 0 ? undefined : maximum;
  const share = input.limitBytes === undefined ? undefined : shareOf(input.limitBytes, SAFE_RATIO);
  return {
    ...(stated === undefined ? {} : { heapMaxBytes: stated, heapSource: `maxmemory ${text}` }),
    flags: heapFlags({
      what: 'The data',
      heapMaxBytes: stated,
      heapSource: `maxmemory ${text}`,
      limitBytes: input.limitBytes,
      flagAbove: SAFE_RATIO,
      rest: 'client buffers, fragmentation and the copy during BGSAVE',
    }),
    unsetKnobs:
      stated === undefined
        ? [
            {
              name: 'maxmemory',
              why: 'Unless the configuration file sets it, data grows without bound and the kernel ends it.',
              ...(share === undefined ? {} : { suggestion: `maxmemory ${share.mib}mb` }),
            },
          ]
        : [],
    advice: [
      input.limitBytes === undefined || share === undefined
        ? 'Set maxmemory to at most 75 % of the memory limit, 50 to 60 % with snapshots under heavy writes.'
        : `Set maxmemory to at most ${share.mib}mb (75 % of ${formatBytes(input.limitBytes)}), 50 to 60 % with snapshots under heavy writes.`,
      'Choose a maxmemory-policy on purpose: noeviction refuses writes, allkeys-lru forgets keys.',
    ],
  };
}

export const REDIS: Runtime = {
  id: 'redis',
  title: 'Redis or Valkey',
  comm: /^(?:redis-.*|valkey-.*|keydb-.*)$/,
  executable: /^(?:redis-server|redis-sentinel|valkey-server|keydb-server)$/,
  variable: /^(?:REDIS_MAXMEMORY|VALKEY_[A-Z_]+)$/,
  image: /^(?:redis|valkey|keydb|redis-(?:stack|cluster|sentinel).*)$/,
  assess,
};
