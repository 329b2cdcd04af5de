/** Text from a cluster made safe to print: what it could do to a terminal is removed, what it says stays. */

// ESC sequences: CSI, OSC up to its end, and the two-character ones. Every part stops at the next ESC: linear.
const ANSI = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]?/g;

// C0 and C1 controls, soft hyphen, bidi marks, embeddings, overrides and isolates, zero-width characters,
// interlinear and tag characters, lone surrogates.
const UNSAFE =
  /[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const UNSAFE_ALL = new RegExp(UNSAFE.source, 'g');

/** Nearly every text is printable ASCII, which needs no closer look. */
const NOT_PLAIN = /[^\x20-\x7e]/;

/**
 * One clean line of at most `maxChars` UTF-16 units; what is cut ends in `…`. With `lines: 'many'` line breaks stay
 * (as `\n`), else they and tabs become one space each.
 */
export function cleanText(text: string, maxChars: number, lines: 'one' | 'many' = 'one'): string {
  if (text.length <= maxChars && (!NOT_PLAIN.test(text) || !UNSAFE.test(text))) return text;
  // Enough raw text for the answer even if a good part of it is stripped; the rest is never looked at.
  const raw = text.length > 4 * maxChars + 1024 ? text.slice(0, 4 * maxChars + 1024) : text;
  const clean = UNSAFE.test(raw)
    ? raw
        .replace(ANSI, '')
        .replace(/\r\n?/g, '\n')
        .replace(UNSAFE_ALL, (character) => replacement(character, lines))
    : raw;
  const wasCut = raw.length < text.length;
  if (clean.length <= maxChars && !wasCut) return clean;
  return cut(clean, maxChars);
}

function replacement(character: string, lines: 'one' | 'many'): string {
  if (character === '\n') return lines === 'many' ? '\n' : ' ';
  if (character === '\t' || character === '\u2028' || character === '\u2029') return ' ';
  return '';
}

function cut(text: string, maxChars: number): string {
  if (maxChars <= 0) return '';
  let end = Math.min(text.length, maxChars - 1);
  const last = text.charCodeAt(end - 1);
  // Never half a surrogate pair.
  if (last >= 0xd800 && last <= 0xdbff) end -= 1;
  return `${text.slice(0, end)}…`;
}
