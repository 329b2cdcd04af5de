/** The programs whose memory is captured, each with the label that its code makes true. */
import type { MemoryShape, SubShape } from '../../src/core/memory/types.ts';

export interface Program {
  readonly name: string;
  readonly label: { readonly shape: MemoryShape; readonly subShape?: SubShape; readonly leak: boolean };
  /** Other shapes that its code makes as true, with the reason. */
  readonly alsoTrue?: { readonly shapes: readonly MemoryShape[]; readonly because: string };
  readonly limitMiB: number;
  /** Command line; `{dir}` is its scratch folder, `{victims}` the folder of the programs. */
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Run once before, outside the memory cgroup. */
  readonly prepare?: readonly string[];
  /** Its clients, outside the memory cgroup, for as long as it lives. */
  readonly load?: readonly string[];
  /** Processes that refuse to be root. */
  readonly user?: string;
  /** What the program itself was told to stay below. */
  readonly heapMaxMiB?: number;
  /** The scratch folder is a tmpfs that is charged to whoever writes. */
  readonly tmpfs?: boolean;
}

const REDIS = [
  'redis-server',
  '--port',
  '0',
  '--unixsocket',
  '{dir}/redis.sock',
  '--save',
  '',
  '--appendonly',
  'no',
];
const POSTGRES_BIN = '/usr/lib/postgresql/15/bin';
const POSTGRES = [
  `${POSTGRES_BIN}/postgres`,
  '-D',
  '{dir}/data',
  '-k',
  '{dir}',
  '-c',
  'listen_addresses=',
  '-c',
  'shared_buffers=96MB',
  '-c',
  'fsync=off',
  '-c',
  'max_connections=20',
];

export const PROGRAMS: readonly Program[] = [
  {
    name: 'node-leak-per-request',
    label: { shape: 'leak', subShape: 'per-request', leak: true },
    limitMiB: 176,
    command: ['node', '{victims}/leak.mjs'],
  },
  {
    name: 'node-healthy',
    label: { shape: 'healthy', leak: false },
    limitMiB: 192,
    command: ['node', '{victims}/healthy.mjs'],
  },
  {
    name: 'node-bounded-cache',
    label: { shape: 'plateau', subShape: 'cache', leak: false },
    limitMiB: 256,
    command: ['node', '{victims}/cache.mjs'],
  },
  {
    name: 'node-spike',
    label: { shape: 'spike', leak: false },
    limitMiB: 160,
    command: ['node', '{victims}/spike.mjs'],
    environment: { SPIKE_AFTER_MS: '230000' },
  },
  {
    name: 'node-load-driven',
    label: { shape: 'load-driven', leak: false },
    limitMiB: 256,
    command: ['node', '--expose-gc', '{victims}/load.mjs'],
  },
  {
    name: 'python-leak',
    label: { shape: 'leak', subShape: 'linear', leak: true },
    limitMiB: 64,
    command: ['python3', '{victims}/leak.py'],
  },
  {
    name: 'python-batch',
    label: { shape: 'periodic', leak: false },
    limitMiB: 128,
    command: ['python3', '{victims}/batch.py'],
  },
  {
    name: 'python-start-up',
    label: { shape: 'start-up', leak: false },
    alsoTrue: {
      shapes: ['limit-too-low'],
      because: 'what it needs at its start it needs for as long as it runs',
    },
    limitMiB: 48,
    command: ['python3', '{victims}/start.py'],
  },
  {
    name: 'python-tmpfs',
    label: { shape: 'tmpfs', leak: false },
    limitMiB: 160,
    command: ['python3', '{victims}/tmpfs.py'],
    tmpfs: true,
  },
  {
    name: 'python-page-cache',
    label: { shape: 'page-cache', leak: false },
    limitMiB: 128,
    command: ['python3', '{victims}/files.py'],
  },
  {
    name: 'jvm-leak',
    label: { shape: 'leak', subShape: 'gc-floor', leak: true },
    limitMiB: 128,
    command: ['java', '-Xmx512m', '-XX:+UseSerialGC', '-cp', '{dir}', 'Leak'],
    prepare: ['javac', '-d', '{dir}', '{victims}/Leak.java'],
  },
  {
    name: 'jvm-heap-to-maximum',
    label: { shape: 'plateau', subShape: 'heap-to-maximum', leak: false },
    alsoTrue: {
      shapes: ['healthy'],
      because: 'the heap is at its maximum soon after the start and stays there',
    },
    limitMiB: 192,
    heapMaxMiB: 72,
    command: ['java', '-Xms16m', '-Xmx72m', '-XX:+UseSerialGC', '-cp', '{dir}', 'Heap'],
    prepare: ['javac', '-d', '{dir}', '{victims}/Heap.java'],
  },
  {
    name: 'go-goroutine-leak',
    label: { shape: 'leak', subShape: 'linear', leak: true },
    limitMiB: 48,
    command: ['{dir}/goroutines'],
    prepare: ['go', 'build', '-o', '{dir}/goroutines', '{victims}/goroutines.go'],
  },
  {
    name: 'redis-without-bound',
    label: { shape: 'leak', subShape: 'linear', leak: true },
    limitMiB: 56,
    command: REDIS,
    load: ['node', '{victims}/redis-load.mjs', '{dir}/redis.sock', '150'],
  },
  {
    name: 'redis-with-maxmemory',
    label: { shape: 'plateau', subShape: 'cache', leak: false },
    limitMiB: 96,
    heapMaxMiB: 32,
    command: [...REDIS, '--maxmemory', '32mb', '--maxmemory-policy', 'allkeys-lru'],
    load: ['node', '{victims}/redis-load.mjs', '{dir}/redis.sock', '150'],
  },
  {
    name: 'postgres-buffers-fill',
    label: { shape: 'plateau', subShape: 'warm-up', leak: false },
    alsoTrue: {
      shapes: ['tmpfs', 'page-cache'],
      because: 'its buffers are shared memory, and the growth ends at shared_buffers whatever it is called',
    },
    limitMiB: 256,
    command: POSTGRES,
    prepare: [
      'sh',
      '-c',
      `chown postgres {dir} && setpriv --reuid postgres --regid postgres --clear-groups ${POSTGRES_BIN}/initdb -D {dir}/data >/dev/null`,
    ],
    load: ['sh', '{victims}/postgres-load.sh', '{dir}'],
    user: 'postgres',
  },
];
