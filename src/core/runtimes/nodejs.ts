/**
 * Node.js. V8 sizes its old space from the cgroup limit (about half of it, capped at 2 to 4 GiB); `--max-old-space-size`
 * is in MiB; `--max-old-space-size-percentage` exists since 24.6.0 and 22.21.0 and wins (doc/api/cli.md). Buffers, wasm and
 * native modules live outside the heap. At the heap limit the process aborts (exit 134) and is not killed by the kernel.
 */
import { formatBytes } from '../text/amounts.ts';
import { MIB } from '../units.ts';
import { flagValue, heapFlags, shareOf } from './sizes.ts';
import type { Runtime, RuntimeAssessment, RuntimeInput } from './types.ts';

const FLAG_ABOVE = 0.8;
const SAFE_RATIO = 0.75;

interface Heap {
  readonly heapMaxBytes?: number;
  readonly heapSource?: string;
}

function heapOf(input: RuntimeInput): Heap {
  const places: readonly (readonly [string, readonly string[]])[] = [
    ['the command', input.words],
    ['NODE_OPTIONS', (input.variables.get('NODE_OPTIONS') ?? '').split(/\s+/)],
  ];
  for (const [place, words] of places) {
    const text = flagValue(words, ['--max-old-space-size-percentage']);
    const percent = /^\d{1,3}(?:\.\d{1,4})?%?$/.test(text ?? '') ? Number.parseFloat(text ?? '') : Number.NaN;
    if (percent > 0 && percent <= 100 && input.limitBytes !== undefined) {
      const heapMaxBytes = Math.floor((input.limitBytes * percent) / 100);
      return { heapMaxBytes, heapSource: `--max-old-space-size-percentage=${percent} in ${place}` };
    }
  }
  for (const [place, words] of places) {
    const text = flagValue(words, ['--max-old-space-size']);
    const mib = /^\d{1,9}$/.test(text ?? '') ? Number(text) : 0;
    if (mib > 0) return { heapMaxBytes: mib * MIB, heapSource: `--max-old-space-size=${mib} in ${place}` };
  }
  return {};
}

function assess(input: RuntimeInput): RuntimeAssessment {
  const heap = heapOf(input);
  const share = input.limitBytes === undefined ? undefined : shareOf(input.limitBytes, SAFE_RATIO);
  return {
    ...heap,
    flags: heapFlags({
      what: "V8's old space",
      heapMaxBytes: heap.heapMaxBytes,
      heapSource: heap.heapSource,
      limitBytes: input.limitBytes,
      flagAbove: FLAG_ABOVE,
      rest: 'Buffers, new space, wasm and native modules',
    }),
    unsetKnobs:
      heap.heapMaxBytes === undefined
        ? [
            {
              name: '--max-old-space-size',
              why: 'Without it V8 takes about half of the limit, at most 2 to 4 GiB by version.',
              ...(share === undefined
                ? {}
                : { suggestion: `NODE_OPTIONS=--max-old-space-size=${share.mib}` }),
            },
          ]
        : [],
    advice: [
      input.limitBytes === undefined || share === undefined
        ? 'Set --max-old-space-size to at most 75 % of the memory limit.'
        : `Keep --max-old-space-size at or below ${share.mib} (75 % of ${formatBytes(input.limitBytes)}), less with large Buffers or images, and divide it by the number of cluster workers.`,
      'To tell heap from native memory: compare heapUsed and rss of process.memoryUsage().',
    ],
  };
}

export const NODEJS: Runtime = {
  id: 'nodejs',
  title: 'Node.js',
  comm: /^(?:node(?:js)?|node-MainThread|npm.*|next-server.*|pm2.*|PM2.*)$/,
  executable: /^(?:node|nodejs|npm|npx|yarn|pnpm|next|pm2|pm2-runtime|ts-node)$/,
  variable: /^(?:NODE_OPTIONS|NODE_ENV|NPM_CONFIG_[A-Z_]+)$/,
  image: /^(?:node|nodejs|node-.*|nodejs-.*)$/,
  assess,
};
