/** Samples of every kind, broken at random: whatever comes in, an answer comes out that names the file. */
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { pack } from 'tar-stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { SourceError } from '../../app/ports.ts';
import { createFilesSource } from './index.ts';
import { bytesOf, NOW_MS, request } from './test-kit.ts';
import { zipOf } from './test-zip.ts';

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'shop', uid: 'u1', labels: { app: 'a' } },
  spec: { containers: [{ name: 'app', resources: { limits: { memory: '64Mi' } } }] },
  status: {
    containerStatuses: [
      {
        name: 'app',
        restartCount: 1,
        lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-03-01T10:00:00Z' } },
      },
    ],
  },
};
const LIST = JSON.stringify({
  apiVersion: 'v1',
  items: [POD, POD, { kind: 'Secret', data: { p: 'eA==' } }],
  kind: 'List',
});
const YAML = `---
apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: &name a
    namespace: shop
    managedFields:
    - manager: kubelet
      fieldsV1: {f:status: {}}
  spec:
    containers:
    - name: app
      args: ["--x", 'y']
  status: {phase: Failed, message: "a \\"b\\" c"}
- kind: Event
  involvedObject: {kind: Pod, name: *name}
  reason: Killing
  message: |
    - text
    kind: Secret
kind: List
---
kind: Node
metadata: {name: n1}
`;
const DUMP = `{"kind":"PodList","items":[${JSON.stringify(POD)}]}
==== START logs for container app of pod shop/a ====
{"level":"info"}
==== END logs for container app of pod shop/a ====
`;
const DESCRIBE = `Name:         a
Namespace:    shop
Node:         n1/192.0.2.1
Containers:
  app:
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
    Restart Count:  3
`;
const KERNEL = `[  100.000001] python invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=999
[  100.000002] memory: usage 65536kB, limit 65536kB, failcnt 10
[  100.000003] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/kubepods/pod1,task_memcg=/kubepods/pod1/c,task=python,pid=77,uid=0
[  100.000004] Memory cgroup out of memory: Killed process 77 (python) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB
`;
const CGROUP = 'low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\n';
const BUNDLE = JSON.stringify({
  apiVersion: 'exit137/v1',
  kind: 'EvidenceBundle',
  bundleVersion: 1,
  collectedAtMs: 1,
  sources: [],
  gaps: [],
  pods: [],
  nodes: [],
  workloads: [],
  events: [],
  eventCoverage: [],
  kernelKills: [],
  nodeLog: [],
  logCoverage: [],
  cgroups: [],
  samples: [],
  nodeSamples: [],
  logTails: [],
});

const samples = new Map<string, Buffer>(
  Object.entries({ LIST, YAML, DUMP, DESCRIBE, KERNEL, CGROUP, BUNDLE }).map(([name, text]) => [
    name,
    Buffer.from(text),
  ]),
);

beforeAll(async () => {
  samples.set('gzip', gzipSync(LIST));
  samples.set(
    'zip',
    zipOf([
      { name: 'pods.json', content: LIST },
      { name: 'k.log', content: KERNEL, deflate: true },
    ]),
  );
  const archive = pack();
  archive.entry({ name: 'namespaces/shop/pods/a/app/app/logs/previous.log' }, 'last words\n');
  archive.entry({ name: 'namespaces/shop/core/pods.yaml' }, YAML);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(Buffer.from(chunk as Uint8Array));
  samples.set('tar', Buffer.concat(chunks));
  samples.set('tgz', gzipSync(Buffer.concat(chunks)));
});

interface Edit {
  readonly at: number;
  readonly kind: 'flip' | 'cut' | 'insert' | 'repeat' | 'truncate';
  readonly bytes: Uint8Array;
}

const TOKENS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  '\n',
  '- ',
  ': ',
  '&a ',
  '*a',
  '---\n',
  'items:\n',
  '"items":[',
  'kind: ',
  '\0',
  '\u001b[2J',
  '==== START logs for container x of pod a/b ====\n',
  '\ufeff',
];

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom<Edit['kind'][]>('flip', 'cut', 'insert', 'repeat', 'truncate'),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc.constantFrom(...TOKENS).map((token) => new Uint8Array(Buffer.from(token))),
  ),
});

function apply(sample: Buffer, edits: readonly Edit[]): Buffer {
  let bytes = sample;
  for (const { at, kind, bytes: extra } of edits) {
    const place = Math.floor(at * bytes.length);
    const before = bytes.subarray(0, place);
    const after = bytes.subarray(place);
    if (kind === 'truncate') bytes = before;
    else if (kind === 'cut') bytes = Buffer.concat([before, after.subarray(extra.length)]);
    else if (kind === 'flip') bytes = Buffer.concat([before, extra, after.subarray(extra.length)]);
    else if (kind === 'insert') bytes = Buffer.concat([before, extra, after]);
    else bytes = Buffer.concat([before, after.subarray(0, 50), after]);
  }
  return bytes;
}

async function check(bytes: Uint8Array, chunkBytes: number): Promise<void> {
  const source = createFilesSource({ paths: ['-'], stdin: bytesOf(bytes, chunkBytes), nowMs: NOW_MS });
  try {
    const part = await source.collect(request());
    expect(part.collectedAtMs).toBeLessThanOrEqual(NOW_MS);
    for (const gap of part.gaps ?? []) expect(gap.what).toContain('standard input');
    // Within a log section a Secret is a line like any other.
    const isLog = Buffer.from(bytes).includes('==== START logs');
    if (!isLog) expect(JSON.stringify(part)).not.toContain('eA==');
  } catch (error) {
    expect(error).toBeInstanceOf(SourceError);
    expect((error as SourceError).code).toBe('unreadable');
    expect((error as SourceError).message).toContain('standard input');
  }
}

const chunkBytes = fc.constantFrom(1, 7, 100, 65_536);

describe('broken samples', () => {
  it.each(['LIST', 'YAML', 'DUMP', 'DESCRIBE', 'KERNEL', 'CGROUP', 'BUNDLE', 'gzip', 'zip', 'tar', 'tgz'])(
    '%s',
    async (name) => {
      const sample = samples.get(name) as Buffer;
      await fc.assert(
        fc.asyncProperty(fc.array(edit, { minLength: 0, maxLength: 4 }), chunkBytes, (edits, size) =>
          check(apply(sample, edits), size),
        ),
        { numRuns: Number(process.env['FUZZ_RUNS'] ?? 25) },
      );
    },
  );

  it('anything at all', async () => {
    const token = fc.constantFrom(...TOKENS, 'apiVersion: v1\n', 'Name: x\n', '{"kind":"Pod"}');
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(token, { maxLength: 30 }).map((parts) => new Uint8Array(Buffer.from(parts.join('')))),
    );
    await fc.assert(fc.asyncProperty(bytes, chunkBytes, check), {
      numRuns: Number(process.env['FUZZ_RUNS'] ?? 150),
    });
  });
});
