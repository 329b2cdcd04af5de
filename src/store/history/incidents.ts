/** Bundles of deaths, kept beside the figures: the pods and events of a death are gone within the hour. */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { KeptDeath, KeptDeathRequest } from '../../app/collect-ports.ts';
import type { HistoryStore } from '../../app/collect-ports.ts';
import type { EvidenceBundle } from '../../core/model/bundle.ts';
import { readBundle } from '../../core/model/upgrade.ts';
import type { Database, Row } from './driver.ts';

/** A bundle larger than this is not a death of one pod. */
const MOST_BYTES = 64 * 1024 * 1024;

/** A name that is there already is written over: the same death, known better. */
export function incidentSink(database: Database): HistoryStore['deaths'] {
  return {
    has: (name) => database.get('select 1 found from incident where name = ?', name) !== undefined,
    write: (name, text, notice) => {
      const bundle = zstdCompressSync(text);
      database.run(
        `insert into incident(name, at, namespace, pod, container, bytes, bundle) values(?, ?, ?, ?, ?, ?, ?)
         on conflict(name) do update set bytes = excluded.bytes, bundle = excluded.bundle`,
        name,
        notice?.atMs ?? instantIn(text),
        notice?.pod.namespace ?? '',
        notice?.pod.name ?? '',
        notice?.container ?? null,
        text.length,
        bundle,
      );
      return Promise.resolve({ path: `${database.path}#${name}`, bytes: bundle.length });
    },
  };
}

function instantIn(text: string): number {
  const at = /"collectedAtMs":(\d{1,16})/.exec(text)?.[1];
  return at === undefined ? 0 : Number(at);
}

/** Newest first, one at a time, at most `most`. A bundle that cannot be read is told as such and passed over. */
export function* readIncidents(database: Database, request: KeptDeathRequest): Generator<KeptDeath> {
  const rows = database.iterate(
    `select name, at, namespace, pod, container, bundle from incident where at >= ?1 and at <= ?2
       and (?3 is null or namespace = ?3) and (?4 is null or pod = ?4) order by at desc, id desc limit ?5`,
    request.fromMs,
    request.toMs,
    request.namespace ?? null,
    request.pod ?? null,
    request.most,
  );
  for (const row of rows) {
    const bundle = unpack(row);
    yield {
      name: String(row['name']),
      atMs: Number(row['at']),
      namespace: String(row['namespace']),
      pod: String(row['pod']),
      ...(typeof row['container'] === 'string' ? { container: row['container'] } : {}),
      ...(bundle === undefined ? {} : { bundle }),
    };
  }
}

function unpack(row: Row): EvidenceBundle | undefined {
  const { bundle } = row;
  if (!(bundle instanceof Uint8Array)) return undefined;
  try {
    const text = zstdDecompressSync(bundle, { maxOutputLength: MOST_BYTES }).toString('utf8');
    const read = readBundle(JSON.parse(text));
    return read.ok ? read.value : undefined;
  } catch {
    return undefined;
  }
}
