/** The last lines of container logs that dumps hold. */
import type { ContainerLogTail } from '../../core/model/node-log.ts';
import { cleanText } from '../../core/model/clean-text.ts';
import { redactText } from '../../core/parse/redact.ts';
import type { Gathering } from './gather.ts';
import type { ContainerLogPlace } from './paths.ts';

const MAX_LINE = 1000;
/** CRI: `INSTANT stdout F text`; the flag tells full lines from parts. */
const CRI_PREFIX = /^(\d{4}-\d\d-\d\dT\S{1,40}) (?:stdout|stderr) [FP] /;

/** The tail of a log whose last bytes are at hand. `whole` = they are the whole log. */
export function tailOfBytes(
  end: { readonly bytes: Buffer; readonly whole: boolean },
  place: ContainerLogPlace,
  options: { readonly run: Gathering; readonly source: string },
): ContainerLogTail | undefined {
  let text = end.bytes.toString('utf8');
  // The first line is cut unless the log starts there.
  if (!end.whole) text = text.slice(text.indexOf('\n') + 1);
  const lines = text.split('\n');
  if (lines.at(-1)?.trim() === '') lines.pop();
  return tailOfLines({ lines, whole: end.whole }, place, options);
}

/** Undefined where there is nothing to keep. */
export function tailOfLines(
  log: { readonly lines: readonly string[]; readonly whole: boolean },
  place: ContainerLogPlace,
  options: { readonly run: Gathering; readonly source: string },
): ContainerLogTail | undefined {
  const { run, source } = options;
  const wanted = run.request.logLines;
  const kept = log.lines.slice(-wanted).map(tidyLine);
  if (wanted <= 0 || kept.length === 0) return undefined;
  const size = kept.reduce((sum, line) => sum + line.length, 0);
  if (run.tailBytes + size > run.limits.maxTailsBytes) return undefined;
  run.tailBytes += size;
  const which = place.previous ? 'previous' : 'current';
  return {
    id: `log:${place.namespace}/${place.pod}/${place.container}:${which}`,
    source,
    namespace: place.namespace,
    pod: place.pod,
    ...(place.podUid === undefined ? {} : { podUid: place.podUid }),
    container: place.container,
    previous: place.previous,
    lines: kept,
    truncated: !log.whole || kept.length < log.lines.length,
  };
}

function tidyLine(line: string): string {
  const bare = unwrap(line.length > 4 * MAX_LINE ? line.slice(0, 4 * MAX_LINE) : line);
  return cleanText(redactText(cleanText(bare, 2 * MAX_LINE)), MAX_LINE);
}

/** Takes off what the runtime wrote around the container's own line. */
function unwrap(line: string): string {
  if (line.startsWith('{"log":"')) {
    try {
      const { log } = JSON.parse(line) as { log?: unknown };
      if (typeof log === 'string') return log.replace(/\n$/, '');
    } catch {
      return line;
    }
  }
  return line.replace(CRI_PREFIX, '$1 ');
}
