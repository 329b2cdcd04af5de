/** Reads and merges kubeconfig files as client-go's loading rules do (tools/clientcmd/loader.go). */
import { readFile, stat } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { SourceError } from '../../../app/ports.ts';
import type { ConnectionOptions } from './connection.ts';
import { readSmallFile } from './small-file.ts';

const FILE_LIMIT_BYTES = 8 * 1024 * 1024;

export type Fields = Readonly<Record<string, unknown>>;

/** A named entry with the folder its relative paths start from. */
export interface Entry {
  readonly fields: Fields;
  readonly dir: string;
}

export interface Kubeconfig {
  readonly files: readonly string[];
  readonly currentContext?: string;
  readonly contexts: ReadonlyMap<string, Entry>;
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly users: ReadonlyMap<string, Entry>;
}

/** Undefined where no kubeconfig exists at all. Throws `SourceError` (`bad-config`) on one that cannot be read. */
export async function readKubeconfig(options: ConnectionOptions): Promise<Kubeconfig | undefined> {
  const explicit = options.kubeconfig;
  const files = explicit === undefined || explicit === '' ? defaultFiles(options) : [resolve(explicit)];
  const merged = {
    contexts: new Map<string, Entry>(),
    clusters: new Map<string, Entry>(),
    users: new Map<string, Entry>(),
  };
  const read: string[] = [];
  let currentContext: string | undefined;
  for (const file of files) {
    const config = await readOne(file, explicit !== undefined && explicit !== '');
    if (config === undefined) continue;
    read.push(file);
    currentContext ??= text(config, 'current-context');
    const dir = dirname(file);
    addEntries(merged.contexts, { list: config['contexts'], inner: 'context', dir });
    addEntries(merged.clusters, { list: config['clusters'], inner: 'cluster', dir });
    addEntries(merged.users, { list: config['users'], inner: 'user', dir });
  }
  if (read.length === 0) return undefined;
  return { files: read, ...merged, ...(currentContext === undefined ? {} : { currentContext }) };
}

function defaultFiles(options: ConnectionOptions): readonly string[] {
  const listed = options.env['KUBECONFIG'];
  if (listed === undefined || listed === '') return [join(options.homeDir, '.kube', 'config')];
  const files = listed.split(delimiter).filter((file) => file !== '');
  return [...new Set(files.map((file) => resolve(file)))];
}

async function readOne(file: string, required: boolean): Promise<Fields | undefined> {
  let content: string;
  try {
    const { size } = await stat(file);
    if (size > FILE_LIMIT_BYTES) throw new Error('larger than 8 MiB');
    content = await readFile(file, 'utf8');
  } catch (cause) {
    if (!required && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const why = isMissing ? 'there is no such file' : (cause as Error).message;
    throw new SourceError('bad-config', `cannot read the kubeconfig ${file}: ${why}`, { cause });
  }
  const { load, CORE_SCHEMA } = await import('js-yaml');
  let value: unknown;
  try {
    value = content.trim() === '' ? {} : load(content, { schema: CORE_SCHEMA });
  } catch (cause) {
    const first = (cause as Error).message.split('\n', 1)[0] ?? '';
    throw new SourceError('bad-config', `the kubeconfig ${file} is not YAML: ${first}`, { cause });
  }
  if (value === null || value === undefined) return {};
  if (!isFields(value)) throw new SourceError('bad-config', `${file} is not a kubeconfig`);
  return value;
}

/** The first file that names an entry gives all of it: nothing is mixed in from later ones. */
function addEntries(into: Map<string, Entry>, from: { list: unknown; inner: string; dir: string }): void {
  if (!Array.isArray(from.list)) return;
  for (const element of from.list as readonly unknown[]) {
    if (!isFields(element)) continue;
    const name = text(element, 'name');
    const fields = element[from.inner];
    if (name === undefined || into.has(name)) continue;
    into.set(name, { fields: isFields(fields) ? fields : {}, dir: from.dir });
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A non-empty scalar as text; a bare number or truth value counts as what was written. */
export function text(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

export function flag(fields: Fields, key: string): boolean {
  return fields[key] === true || fields[key] === 'true';
}

export function texts(fields: Fields, key: string): readonly string[] {
  const value = fields[key];
  return Array.isArray(value) ? value.filter((v) => v !== null && typeof v !== 'object').map(String) : [];
}

export function pathIn(dir: string, path: string): string {
  return isAbsolute(path) ? path : join(dir, path);
}

/** A `…-data` field (base64) before the file of the same meaning. */
export async function pemOf(entry: Entry, key: string): Promise<string | undefined> {
  const data = text(entry.fields, `${key}-data`);
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  const file = text(entry.fields, key);
  if (file === undefined) return undefined;
  const path = pathIn(entry.dir, file);
  try {
    return await readSmallFile(path);
  } catch (cause) {
    throw new SourceError('bad-config', `cannot read ${key} ${path}: ${(cause as Error).message}`, { cause });
  }
}
