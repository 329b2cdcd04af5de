/**
 * Go. The collector lets the heap grow to twice the live data (GOGC=100) and knows nothing of the cgroup limit; GOMEMLIMIT
 * (1.19, soft) is not set from it (golang/go#75164). The GC guide asks for 5 to 10 % headroom.
 */
import { formatBytes } from '../text/amounts.ts';
import type { Bytes } from '../units.ts';
import { GIB, KIB, MIB } from '../units.ts';
import { heapFlags, parseSize, shareOf } from './sizes.ts';
import type { Runtime, RuntimeAssessment, RuntimeFlag, RuntimeInput } from './types.ts';

/** The guide's headroom is 5 to 10 %. */
const FLAG_ABOVE = 0.95;
const SAFE_RATIO = 0.9;

/** runtime.parseByteCount accepts no other suffix. */
const GO_UNITS: Readonly<Record<string, Bytes>> = {
  '': 1,
  b: 1,
  kib: KIB,
  mib: MIB,
  gib: GIB,
  tib: 1024 * GIB,
};

function assess(input: RuntimeInput): RuntimeAssessment {
  const text = input.variables.get('GOMEMLIMIT');
  const limit = text === 'off' ? undefined : parseSize(text, GO_UNITS);
  const isAutomatic = input.variables.has('AUTOMEMLIMIT');
  const share = input.limitBytes === undefined ? undefined : shareOf(input.limitBytes, SAFE_RATIO);
  const noCollector: readonly RuntimeFlag[] =
    input.variables.get('GOGC') === 'off' && limit === undefined
      ? [{ kind: 'misread-knob', text: 'GOGC=off without GOMEMLIMIT: nothing is ever collected.' }]
      : [];
  return {
    ...(limit === undefined ? {} : { heapMaxBytes: limit, heapSource: `GOMEMLIMIT=${text}` }),
    flags: [
      ...heapFlags({
        what: "Go's memory",
        heapMaxBytes: limit,
        heapSource: `GOMEMLIMIT=${text}`,
        limitBytes: input.limitBytes,
        flagAbove: FLAG_ABOVE,
        rest: 'cgo, mapped files and the binary itself',
      }),
      ...noCollector,
    ],
    unsetKnobs:
      limit === undefined && !isAutomatic
        ? [
            {
              name: 'GOMEMLIMIT',
              why: 'Without it the heap may reach twice the live data, and the collector does not know the limit.',
              ...(share === undefined ? {} : { suggestion: `GOMEMLIMIT=${share.mib}MiB` }),
            },
          ]
        : [],
    advice: [
      input.limitBytes === undefined || share === undefined
        ? 'Set GOMEMLIMIT to 90 % of the memory limit.'
        : `Set GOMEMLIMIT=${share.mib}MiB (90 % of ${formatBytes(input.limitBytes)}); it is soft and leaves out cgo and mapped files.`,
      'If live data alone exceeds it, the collector runs without pause: take a heap profile (/debug/pprof/heap) before raising the limit.',
    ],
  };
}

export const GO: Runtime = {
  id: 'go',
  title: 'Go',
  variable: /^(?:GOMEMLIMIT|GOGC|GOMAXPROCS|GODEBUG|GOTRACEBACK|AUTOMEMLIMIT)$/,
  executable: /^go$/,
  image: /^(?:golang|golang-.*)$/,
  assess,
};
