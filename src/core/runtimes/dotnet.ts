/**
 * .NET. In a container with a limit the GC heap may take 75 % of it, at least 20 MiB (GCHeapHardLimit, docs of runtime
 * configuration options for garbage collection). Values in variables are hexadecimal, with or without 0x.
 */
import { formatBytes } from '../text/amounts.ts';
import type { Bytes } from '../units.ts';
import { heapFlags, shareOf } from './sizes.ts';
import type { Runtime, RuntimeAssessment, RuntimeFlag, RuntimeInput } from './types.ts';

const FLAG_ABOVE = 0.8;
const SAFE_RATIO = 0.75;

function knob(
  input: RuntimeInput,
  name: string,
): { readonly name: string; readonly text: string } | undefined {
  for (const prefix of ['DOTNET_', 'COMPlus_']) {
    const text = input.variables.get(prefix + name);
    if (text !== undefined) return { name: prefix + name, text: text.trim() };
  }
  return undefined;
}

function hexadecimal(text: string): number | undefined {
  const value = /^(?:0x)?[0-9a-f]{1,13}$/i.test(text)
    ? Number.parseInt(text.replace(/^0x/i, ''), 16)
    : Number.NaN;
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

interface Heap {
  readonly heapMaxBytes?: Bytes;
  readonly heapSource?: string;
}

function heapOf(input: RuntimeInput): Heap {
  const hard = knob(input, 'GCHeapHardLimit');
  const bytes = hard === undefined ? undefined : hexadecimal(hard.text);
  if (hard !== undefined && bytes !== undefined)
    return { heapMaxBytes: bytes, heapSource: `${hard.name}=${hard.text}` };
  const share = knob(input, 'GCHeapHardLimitPercent');
  const percent = share === undefined ? undefined : hexadecimal(share.text);
  if (share === undefined || percent === undefined || percent > 100 || input.limitBytes === undefined)
    return {};
  const heapMaxBytes = Math.floor((input.limitBytes * percent) / 100);
  return { heapMaxBytes, heapSource: `${share.name}=${share.text} (${percent} %)` };
}

/** A limit of digits only was most likely meant as decimal. */
function misread(input: RuntimeInput): readonly RuntimeFlag[] {
  const hard = knob(input, 'GCHeapHardLimit');
  if (hard === undefined || !/^\d{6,13}$/.test(hard.text)) return [];
  const bytes = hexadecimal(hard.text);
  if (bytes === undefined) return [];
  const text = `${hard.name}=${hard.text} is read as hexadecimal: ${formatBytes(bytes)}, not ${formatBytes(Number(hard.text))}.`;
  return [{ kind: 'misread-knob', text }];
}

function assess(input: RuntimeInput): RuntimeAssessment {
  const heap = heapOf(input);
  const share = input.limitBytes === undefined ? undefined : shareOf(input.limitBytes, SAFE_RATIO);
  return {
    ...heap,
    flags: [
      ...heapFlags({
        what: 'The GC heap',
        heapMaxBytes: heap.heapMaxBytes,
        heapSource: heap.heapSource,
        limitBytes: input.limitBytes,
        flagAbove: FLAG_ABOVE,
        rest: 'native libraries, JIT code and thread stacks',
      }),
      ...misread(input),
    ],
    unsetKnobs:
      heap.heapMaxBytes === undefined
        ? [
            {
              name: 'DOTNET_GCHeapHardLimitPercent',
              why: 'Without it each .NET process may take 75 % of the limit; two in one container exceed it.',
              // 0x3C = 60.
              suggestion: 'DOTNET_GCHeapHardLimitPercent=3C (hexadecimal: 60 %)',
            },
          ]
        : [],
    advice: [
      input.limitBytes === undefined || share === undefined
        ? 'Keep the GC heap at or below 75 % of the memory limit, less with native libraries.'
        : `Keep the GC heap at or below ${share.mib} MiB (75 % of ${formatBytes(input.limitBytes)}): DOTNET_GCHeapHardLimit=0x${share.bytes.toString(16).toUpperCase()}.`,
      'With many cores try DOTNET_gcServer=0 or DOTNET_GCHeapCount: server GC keeps one heap per core.',
    ],
  };
}

export const DOTNET: Runtime = {
  id: 'dotnet',
  title: '.NET',
  comm: /^(?:dotnet|\.NET .*)$/,
  executable: /^dotnet$|\.dll$/,
  variable: /^(?:DOTNET_|ASPNETCORE_|COMPlus_)/,
  image: /^(?:aspnet|dotnet|dotnet-.*|runtime-deps)$/,
  assess,
};
