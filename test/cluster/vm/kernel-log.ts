/** Records of /dev/kmsg (Documentation/ABI/testing/dev-kmsg) as `dmesg --time-format iso` prints them. */

interface KmsgRecord {
  readonly micros: number;
  readonly text: string;
}

function parseRecord(line: string): KmsgRecord | undefined {
  const match = /^\d+,\d+,(\d+),[^;]*;(.*)$/u.exec(line);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { micros: Number(match[1]), text: unescape(match[2]) };
}

/** The kernel writes what is not printable ASCII, and the backslash, as `\xHH`. */
function unescape(text: string): string {
  return text.replaceAll(/\\x([0-9a-f]{2})/gu, (_all, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}

function isMark(line: string): boolean {
  return /;exit137 stage /u.test(line);
}

/** The records of one stage as read: from its mark to the mark of the next one. */
export function recordsOf(kmsg: readonly string[], stage: string): readonly string[] {
  const from = kmsg.findIndex((line) => line.endsWith(`;exit137 stage ${stage}`));
  if (from < 0) return [];
  const to = kmsg.findIndex((line, index) => index > from && isMark(line));
  return kmsg.slice(from + 1, to < 0 ? undefined : to);
}

/** One line per line of a record, each with the record's time. */
export function isoLines(records: readonly string[], bootSeconds: number): readonly string[] {
  return records.flatMap((line) => {
    const record = parseRecord(line);
    if (record === undefined) return [];
    const seconds = bootSeconds + Math.floor(record.micros / 1e6);
    const micros = String(record.micros % 1_000_000).padStart(6, '0');
    const prefix = `${new Date(seconds * 1000).toISOString().slice(0, 19)},${micros}+00:00`;
    return record.text
      .replace(/\n$/u, '')
      .split('\n')
      .map((text) => `${prefix} ${text}`);
  });
}
