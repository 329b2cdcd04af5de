/** Text from a cluster, a log or a file is hostile until it has passed here. */

/**
 * ESC sequences (CSI, OSC up to its terminator, two-character forms) and their 8-bit twins. Each alternative
 * starts with a distinct character and repeats a single class, so matching is linear.
 */
const ESCAPE_SEQUENCE =
  /\u001b\[[0-?]*[ -/]*[@-~]?|\u001b[\]P^_X][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?|\u009b[0-?]*[ -/]*[@-~]?|[\u0090\u0098\u009d-\u009f][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?/gu;

/** C0 (but tab and newline), DEL, C1, and the format characters that reorder or hide text (bidi, zero width, tags, BOM). */
const INVISIBLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Removes what could move a cursor, colour, reorder or hide text. Keeps tabs and newlines. */
export function cleanText(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(ESCAPE_SEQUENCE, '').replace(INVISIBLE, '').toWellFormed();
}

/** As `cleanText`, on one line: every run of white space becomes a single blank, ends trimmed. */
export function cleanLine(text: string): string {
  return cleanText(text).replace(/\s+/g, ' ').trim();
}

/** As `cleanText` for a line whose indentation matters (logs): tabs become four blanks, newlines a blank. */
export function cleanLogLine(text: string): string {
  return cleanText(text).replaceAll('\t', '    ').replaceAll('\n', ' ').trimEnd();
}
