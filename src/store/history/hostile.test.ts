import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { HistoryStore } from '../../app/collect-ports.ts';
import { HOUR_MS } from '../../core/units.ts';
import { embeddedHistory } from './history-source.ts';
import { MIGRATIONS } from './schema.ts';
import { openHistoryStore } from './store.ts';
import { container, fill, KEEP_ALL, PAGE, readAll, T0, temporaryPath } from './test-kit.ts';

const open: HistoryStore[] = [];
afterEach(() => {
  for (const store of open.splice(0)) store.close();
});

function opened(path: string): HistoryStore {
  const store = openHistoryStore(path);
  open.push(store);
  return store;
}

let master: string | undefined;

/** A closed file with packed and unpacked ticks. */
async function written(): Promise<string> {
  master ??= await writeMaster(temporaryPath());
  const path = temporaryPath();
  copyFileSync(master, path);
  return path;
}

async function writeMaster(path: string): Promise<string> {
  const store = openHistoryStore(path);
  fill(store, { from: 0, to: 300 }, [
    { identity: container('web-1'), pages: (tick) => 1000 + ((tick * tick) % 97) },
    { identity: container('web-2'), pages: (tick) => 2000 + ((tick * tick) % 89) },
  ]);
  await store.maintain(KEEP_ALL, T0 + 2 * HOUR_MS);
  store.close();
  return path;
}

describe('what is refused, and how', () => {
  it('a file that is no database', () => {
    const path = temporaryPath();
    writeFileSync(
      path,
      'not a database, but long enough to have a head of a hundred bytes or more. '.repeat(4),
    );
    const words = `cannot use ${path}: it is no exit137 history, nor any other SQLite database. Name another file`;
    expect(() => opened(path)).toThrow(words);
    expect(readFileSync(path, 'utf8')).toContain('not a database');
  });

  it('a history whose table was made a query without an end', async () => {
    const path = await written();
    const database = new DatabaseSync(path);
    database.exec(
      `drop table tick;
       create view tick as with recursive n(at) as (select 1 union all select at + 1 from n) select at, x'' v from n`,
    );
    database.close();
    const words = `cannot use ${path}: it is the database of another program`;
    expect(() => opened(path)).toThrow(words);
    await expect(readAll(path)).rejects.toThrow(words);
  });

  it('a database of another program', () => {
    const path = temporaryPath();
    const other = new DatabaseSync(path);
    other.exec('create table mine(x)');
    other.close();
    expect(() => opened(path)).toThrow('it is the database of another program. Name another file');
  });

  it('a file of a newer version, for writing and for reading', async () => {
    const path = await written();
    const database = new DatabaseSync(path);
    database.exec('pragma user_version = 99');
    database.close();
    const words = `a newer exit137 wrote it (version 99; this one knows ${MIGRATIONS.length}). Use that one`;
    expect(() => opened(path)).toThrow(words);
    await expect(readAll(path)).rejects.toMatchObject({ code: 'unreadable' });
  });

  it('a folder in place of the file', () => {
    const path = temporaryPath();
    mkdirSync(path);
    expect(() => opened(path)).toThrow(`cannot use ${path}`);
  });

  it('a folder that cannot be made', () => {
    const path = temporaryPath();
    writeFileSync(path, '');
    expect(() => opened(join(path, 'below', 'history.db'))).toThrow('its folder cannot be made');
  });

  it('a second collector, but no reader', async () => {
    const path = temporaryPath();
    const store = opened(path);
    fill(store, { from: 0, to: 3 }, [{ identity: container('web-1'), pages: () => 1 }]);
    expect(() => opened(path)).toThrow('another collector writes it. Only one can');
    expect((await readAll(path)).histories).toHaveLength(1);
  });

  it('reading where nothing is yet', async () => {
    const path = temporaryPath();
    await expect(readAll(path)).rejects.toMatchObject({
      code: 'not-found',
      message: `there is no history at ${path}; exit137 collect makes one`,
    });
    writeFileSync(path, '');
    await expect(readAll(path)).rejects.toThrow('it holds no history yet');
  });

  it('a full disk: the tick is lost, what was there stays, and the next one is kept', async () => {
    const path = temporaryPath();
    const store = openHistoryStore(path);
    fill(store, { from: 0, to: 3 }, [{ identity: container('web-1'), pages: () => 1 }]);
    store.close();
    const limited = openHistoryStore(path);
    open.push(limited);
    // SQLite's own limit on pages gives the same SQLITE_FULL as a full file system.
    const many = Array.from({ length: 20_000 }, (_, index) => container(`x-${index}`));
    const places = limited.placesOf(many);
    const samples = places.map((place) => ({ place, workingSetBytes: PAGE }));
    const prepare = Reflect.get<DatabaseSync, 'prepare'>(DatabaseSync.prototype, 'prepare');
    let isFull = true;
    DatabaseSync.prototype.prepare = function full(sql: string) {
      if (isFull && sql.startsWith('insert into tick')) this.exec('pragma max_page_count = 1');
      return prepare.call(this, sql);
    };
    try {
      expect(() => limited.write({ atMs: T0 + HOUR_MS, samples })).toThrow(
        `cannot use ${path}: no space left. Free some, or keep less (--max-size)`,
      );
      isFull = false;
    } finally {
      DatabaseSync.prototype.prepare = prepare;
    }
    expect((await readAll(path)).histories[0]?.workingSet?.timesMs).toHaveLength(3);
  });
});

const isRoot = process.getuid?.() === 0;

describe('the files', () => {
  it('are for their owner alone, and keep the mode that somebody gave them', async () => {
    const before = process.umask(0o022);
    try {
      const path = temporaryPath();
      const modes = () =>
        ['', '-wal', '-shm', '-lock'].map((end) => (statSync(path + end).mode & 0o777).toString(8));
      const store = opened(path);
      fill(store, { from: 0, to: 1 }, [{ identity: container('web-1'), pages: () => 1 }]);
      expect(modes()).toEqual(['600', '600', '600', '600']);
      open.splice(open.indexOf(store), 1);
      store.close();
      chmodSync(path, 0o640);
      opened(path);
      expect(modes().slice(0, 2)).toEqual(['640', '640']);
    } finally {
      process.umask(before);
    }
  });
});

describe('where little may be done', () => {
  it.skipIf(isRoot)('reads a finished history in a folder that may not be written', async () => {
    const path = await written();
    chmodSync(dirname(path), 0o500);
    try {
      expect((await readAll(path)).histories).toHaveLength(2);
      expect(() => opened(path)).toThrow(`cannot use ${path}`);
    } finally {
      chmodSync(dirname(path), 0o700);
    }
  });

  it('reads a file that nobody writes without its lock files', async () => {
    const path = await written();
    expect((await readAll(path)).histories).toHaveLength(2);
  });
});

describe('damage', () => {
  it('of blocks costs their figures and is a gap', async () => {
    const path = await written();
    const database = new DatabaseSync(path);
    database.exec("update block set v = x'00112233'");
    database.close();
    const { histories, gaps } = await readAll(path);
    expect(gaps).toMatchObject([{ kind: 'input', what: '2 damaged blocks of the history', file: path }]);
    // 300 ticks, of which two windows of 120 were packed: the log still has 60.
    expect(histories.map(({ workingSet }) => workingSet?.timesMs.length)).toEqual([60, 60]);
    const store = opened(path);
    await store.maintain(KEEP_ALL, T0 + 100 * HOUR_MS);
    expect((await readAll(path)).histories).toHaveLength(2);
  });

  it('of the file itself is told with what helps, or is not met', async () => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const path = await written();
      const bytes = readFileSync(path);
      let random = seed;
      for (let count = 0; count < 300; count += 1) {
        random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
        bytes[random % bytes.length] = random >>> 24;
      }
      writeFileSync(path, bytes);
      await expectReadableOrTold(path);
    }
  });

  it('by a cut is told with what helps, or is not met', async () => {
    for (const share of [0.1, 0.5, 0.9]) {
      const path = await written();
      truncateSync(path, Math.floor(readFileSync(path).length * share));
      await expectReadableOrTold(path);
    }
  });
});

async function expectReadableOrTold(path: string): Promise<void> {
  try {
    await readAll(path);
  } catch (error) {
    expect(error).toMatchObject({ name: 'SourceError' });
    expect(String(error)).toContain(path);
  }
  try {
    const store = openHistoryStore(path);
    try {
      await store.maintain(KEEP_ALL, T0 + 100 * HOUR_MS);
    } finally {
      store.close();
    }
  } catch (error) {
    expect(error).toMatchObject({ name: 'SourceError' });
  }
}

const schemaOf = (path: string): unknown => {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare('select type, name, sql from sqlite_schema order by name').all();
  database.close();
  return rows;
};

describe('older files', () => {
  it('of version 1 are brought up to date with all they hold', async () => {
    const path = await written();
    // Back to what version 1 was: the tables of step 1 alone.
    const database = new DatabaseSync(path);
    database.exec('drop table incident; pragma user_version = 1');
    database.close();
    await expect(readAll(path)).rejects.toThrow('Run exit137 collect on it once');
    const store = opened(path);
    expect(store.status()).toMatchObject({ containers: 2, incidents: 0 });
    const { histories } = await readAll(path);
    expect(histories.map(({ workingSet }) => workingSet?.timesMs.length)).toEqual([300, 300]);
    await store.deaths.write('a', '{}');
    expect(store.status().incidents).toBe(1);
  });

  it('of every version become the same tables as a new one', () => {
    const fresh = temporaryPath();
    openHistoryStore(fresh).close();
    for (let version = 1; version < MIGRATIONS.length; version += 1) {
      const path = temporaryPath();
      const database = new DatabaseSync(path);
      for (const step of MIGRATIONS.slice(0, version)) database.exec(step);
      database.exec(`pragma application_id = 1160852279; pragma user_version = ${version}`);
      database.close();
      openHistoryStore(path).close();
      expect(schemaOf(path)).toEqual(schemaOf(fresh));
    }
  });
});

describe('kill -9', () => {
  it('at any moment loses nothing that was written, and the file opens again', async () => {
    const path = temporaryPath();
    let acknowledged = -1;
    for (const delayMs of [60, 150, 40]) {
      const child = spawn(
        process.execPath,
        [fileURLToPath(new URL('./test-writer.ts', import.meta.url)), path],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      const lines = createInterface({ input: child.stdout });
      let timer: NodeJS.Timeout | undefined;
      lines.on('line', (line) => {
        acknowledged = Number(line);
        timer ??= setTimeout(() => child.kill('SIGKILL'), delayMs);
      });
      await once(child, 'close');
      clearTimeout(timer);
      const { histories, gaps } = await readAll(path);
      expect(gaps).toEqual([]);
      const times = histories[0]?.workingSet?.timesMs ?? [];
      // One more may be on the disk than was told of; none may be missing in between.
      expect(times.length).toBeGreaterThanOrEqual(acknowledged + 1);
      expect(times.length).toBeLessThanOrEqual(acknowledged + 2);
      expect(histories[0]?.workingSet?.values).toEqual(times.map((_, tick) => (tick % 1000) * PAGE));
      acknowledged = times.length - 1;
    }
    const database = new DatabaseSync(path);
    expect(database.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' });
    database.close();
  });

  it('leaves nothing of a chunk that was half built', async () => {
    const path = await written();
    const database = new DatabaseSync(path);
    database.exec(
      `insert into chunk(no, tier, t0, t1, bins, ready) values(99, 0, ${T0}, ${T0 + HOUR_MS}, 1, 0);
       insert into block(id, v, extremes) values(${99 * 16 * 65_536}, x'00', x'00')`,
    );
    database.close();
    const before = await readAll(path);
    opened(path);
    expect(await readAll(path)).toEqual(before);
    const check = new DatabaseSync(path, { readOnly: true });
    expect(check.prepare('select count(*) n from chunk where no = 99').get()).toEqual({ n: 0 });
    expect(check.prepare('select count(*) n from block where id >= ?').get(99 * 16 * 65_536)).toEqual({
      n: 0,
    });
    check.close();
  });
});

const bundle = (name: string): string =>
  JSON.stringify({
    apiVersion: 'exit137/v1',
    kind: 'EvidenceBundle',
    bundleVersion: 1,
    collectedAtMs: T0,
    pods: [],
    cluster: name,
  });
const notice = (pod: string, atMs: number) => ({
  pod: {
    id: pod,
    origin: 'api',
    source: 's',
    namespace: 'shop',
    name: pod,
    conditions: [],
    memoryVolumes: [],
    containers: [],
  } as const,
  container: 'app',
  atMs,
  deleted: false,
});
const within = async (path: string, over: object = {}) => {
  const found = [];
  for await (const death of embeddedHistory(path).deaths({
    fromMs: T0,
    toMs: T0 + HOUR_MS,
    most: 10,
    ...over,
  }))
    found.push(death);
  return found;
};

describe('deaths', () => {
  it('are kept with their bundle, found by time, namespace and pod, newest first', async () => {
    const path = temporaryPath();
    const store = opened(path);
    for (const minute of [1, 2, 3])
      await store.deaths.write(
        `d${minute}`,
        bundle(`c${minute}`),
        notice(`web-${minute}`, T0 + minute * 60_000),
      );
    await store.deaths.write('early', bundle('x'), notice('web-0', T0 - 1));
    expect((await within(path)).map(({ name, bundle: kept }) => [name, kept?.cluster])).toEqual([
      ['d3', 'c3'],
      ['d2', 'c2'],
      ['d1', 'c1'],
    ]);
    expect(await within(path, { most: 1 })).toHaveLength(1);
    expect((await within(path, { pod: 'web-2' })).map(({ container: name }) => name)).toEqual(['app']);
    expect(await within(path, { namespace: 'other' })).toEqual([]);
    expect([store.deaths.has('d1'), store.deaths.has('d9')]).toEqual([true, false]);
  });

  it('written twice are one, known as it was last', async () => {
    const path = temporaryPath();
    const store = opened(path);
    await store.deaths.write('d', bundle('first'), notice('web-1', T0));
    await store.deaths.write('d', bundle('second'), notice('web-1', T0));
    expect((await within(path)).map(({ bundle: kept }) => kept?.cluster)).toEqual(['second']);
  });

  it('that cannot be read any more are still told of', async () => {
    const path = temporaryPath();
    const store = opened(path);
    await store.deaths.write('bad', 'no JSON', notice('web-1', T0));
    expect(await within(path)).toEqual([
      { name: 'bad', atMs: T0, namespace: 'shop', pod: 'web-1', container: 'app' },
    ]);
  });

  it('give way to the figures where space is short, the oldest first', async () => {
    const path = temporaryPath();
    const store = opened(path);
    const noise = Array.from({ length: 4000 }, (_, n) => Math.imul(n + 1, 2_654_435_761) >>> 0).join(',');
    for (let death = 0; death < 100; death += 1)
      await store.deaths.write(`d${death}`, `${death}${noise}`, notice('web-1', T0 + death));
    await store.maintain({ maxAgeMs: 1e12, maxBytes: 1_000_000 }, T0 + HOUR_MS);
    const left = await within(path, { most: 1000 });
    expect(left.length).toBeLessThan(100);
    expect(left[0]?.name).toBe('d99');
  });
});
