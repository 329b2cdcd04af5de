/** What all mergers share. */

/** The records in groups of one key each, in order of first appearance. */
export function groupBy<T>(
  records: readonly T[],
  key: (record: T) => string,
): readonly (readonly [T, ...T[]])[] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const record of records) {
    const group = groups.get(key(record));
    if (group === undefined) groups.set(key(record), [record]);
    else group.push(record);
  }
  return [...groups.values()];
}

/** `preferred`, with what it lacks (absent, or an empty list or map) from `other`. */
export function fillIn<T extends object>(preferred: T, other: T): T {
  let filled: Record<string, unknown> | undefined;
  for (const [key, value] of Object.entries(other)) {
    const own: unknown = (preferred as Readonly<Record<string, unknown>>)[key];
    if (value === undefined || isEmpty(value) || (own !== undefined && !isEmpty(own))) continue;
    filled ??= {};
    filled[key] = value;
  }
  return filled === undefined ? preferred : { ...preferred, ...filled };
}

function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}

/** The same records; the second of one id gets `~2`, and so on. */
export function withUniqueIds<T extends { readonly id: string }>(records: readonly T[]): readonly T[] {
  const seen = new Set<string>();
  return records.map((record) => {
    let { id } = record;
    for (let n = 2; seen.has(id); n += 1) id = `${record.id}~${n}`;
    seen.add(id);
    return id === record.id ? record : { ...record, id };
  });
}

/** Where the record belongs among `kept`. Only the last 64 are looked at, so that hostile input costs no square. */
export function findTwin<T>(kept: readonly T[], isTwin: (other: T) => boolean): number {
  for (let at = kept.length - 1; at >= Math.max(0, kept.length - 64); at -= 1) {
    const other = kept[at];
    if (other !== undefined && isTwin(other)) return at;
  }
  return -1;
}
