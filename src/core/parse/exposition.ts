/** Prometheus' text form: `name{label="value",…} number [milliseconds]`. */

/** Fills `labels`; answers where the closing brace is, or undefined where the text is cut. */
export function readLabels(line: string, start: number, labels: Map<string, string>): number | undefined {
  let at = start;
  for (;;) {
    if (line[at] === '}') return at;
    const equals = line.indexOf('="', at);
    if (equals < 0) return undefined;
    const name = line.slice(at, equals);
    const value = readValue(line, equals + 2);
    if (value === undefined) return undefined;
    labels.set(name, value.text);
    at = line[value.next] === ',' ? value.next + 1 : value.next;
  }
}

function readValue(
  line: string,
  start: number,
): { readonly text: string; readonly next: number } | undefined {
  const end = line.indexOf('"', start);
  if (end < 0) return undefined;
  const plain = line.slice(start, end);
  if (!plain.includes('\\')) return { text: plain, next: end + 1 };
  let text = '';
  for (let at = start; at < line.length; at += 1) {
    const character = line[at] ?? '';
    if (character === '"') return { text, next: at + 1 };
    if (character === '\\') {
      at += 1;
      text += line[at] === 'n' ? '\n' : (line[at] ?? '');
    } else text += character;
  }
  return undefined;
}

/** What stands behind the closing brace (or the name): a number, and the instant it is of. */
export function readNumber(
  text: string,
): { readonly value: number; readonly atMs: number | undefined } | undefined {
  const [number = '', stamp] = text.trim().split(' ', 2);
  const value = Number(number);
  if (number === '' || !Number.isFinite(value)) return undefined;
  return { value, atMs: stamp !== undefined && /^\d{12,14}$/.test(stamp) ? Number(stamp) : undefined };
}
