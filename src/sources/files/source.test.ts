import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SourceError } from '../../app/ports.ts';
import type { BundlePart } from '../../core/model/bundle.ts';
import { zipOf } from './test-zip.ts';
import { bytesOf, collectFiles, NOW_MS, outcome, progressLog } from './test-kit.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'exit137-files-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Writes the files below a fresh folder and names it. */
function tree(name: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = join(folder, name);
  for (const [path, content] of Object.entries(files)) {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content);
  }
  return root;
}

function pod(name: string, namespace = 'shop'): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid: `uid-${name}`, creationTimestamp: '2026-03-01T10:00:00Z' },
    spec: { containers: [{ name: 'app' }] },
    status: { phase: 'Running' },
  });
}

function podYaml(name: string): string {
  return `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\n  namespace: shop\nspec:\n  containers:\n  - name: app\nstatus:\n  phase: Running\n`;
}

function versionedYaml(version: number): string {
  const metadata = `  name: a\n  resourceVersion: "${version}"\n  uid: 5b0425dc-5311-4b4e-997e-ccb85e92a1e8\n`;
  return podYaml('a').replace('  name: a\n', metadata);
}

function event(name: string, lastTimestamp: string, namespace = 'shop'): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.1`, namespace },
    involvedObject: { kind: 'Pod', name, namespace },
    reason: 'Killing',
    message: 'Stopping container app',
    lastTimestamp,
  });
}

const names = (part: BundlePart): string[] => (part.pods ?? []).map((found) => found.name).toSorted();

async function tarOf(
  files: readonly { name: string; content: string | Buffer; type?: 'symlink' }[],
): Promise<Buffer> {
  const archive = pack();
  for (const { name, content, type } of files) {
    if (type === 'symlink') archive.entry({ name, type, linkname: String(content) });
    else archive.entry({ name }, content as string);
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

describe('what one stream may hold', () => {
  const list = `{"apiVersion":"v1","items":[${pod('a')},${pod('b')}],"kind":"List"}`;
  const yamlList = `apiVersion: v1\nitems:\n- ${podYaml('a').trimEnd().replaceAll('\n', '\n  ')}\n- ${podYaml('b').trimEnd().replaceAll('\n', '\n  ')}\nkind: List\n`;
  const bundle = JSON.stringify({
    apiVersion: 'exit137/v1',
    kind: 'EvidenceBundle',
    bundleVersion: 1,
    collectedAtMs: 1000,
    pods: [{ name: 'a' }, { name: 'b' }],
  });
  const rows: { name: string; bytes: string | Uint8Array }[] = [
    { name: 'a JSON list', bytes: list },
    { name: 'a JSON list, indented', bytes: JSON.stringify(JSON.parse(list), undefined, 4) },
    { name: 'concatenated JSON', bytes: `${pod('a')}\n${pod('b')}` },
    { name: 'a JSON array', bytes: `[${pod('a')},${pod('b')}]` },
    { name: 'an array of lists (jq -s)', bytes: `[${list}]` },
    { name: 'a YAML list', bytes: yamlList },
    { name: 'YAML documents', bytes: `---\n${podYaml('a')}---\n${podYaml('b')}` },
    { name: 'YAML with CRLF', bytes: `${podYaml('a')}---\n${podYaml('b')}`.replaceAll('\n', '\r\n') },
    { name: 'a byte order mark', bytes: `\ufeff${list}` },
    { name: 'UTF-16 little endian', bytes: Buffer.from(`\ufeff${list}`, 'utf16le') },
    { name: 'UTF-16 big endian', bytes: Buffer.from(`\ufeff${list}`, 'utf16le').swap16() },
    { name: 'UTF-16 YAML', bytes: Buffer.from(`\ufeff${yamlList}`, 'utf16le') },
    { name: 'gzip', bytes: gzipSync(list) },
    { name: 'gzip in gzip', bytes: gzipSync(gzipSync(list)) },
    { name: 'zstd', bytes: zstdCompressSync(Buffer.from(list)) },
    { name: 'zip', bytes: zipOf([{ name: 'x/pods.json', content: list }]) },
    { name: 'zip in gzip', bytes: gzipSync(zipOf([{ name: 'pods.yaml', content: yamlList }])) },
    {
      name: 'pods without a kind',
      bytes: list.replaceAll('"kind":"Pod",', '').replaceAll('"apiVersion":"v1",', ''),
    },
    { name: 'a bundle', bytes: bundle },
    { name: 'a bundle in an array', bytes: `[${bundle}]` },
    { name: 'a bundle as a JSON line after a blank', bytes: `\n${bundle}\n` },
  ];
  it.each(rows)('$name', async ({ bytes }) => {
    const part = await collectFiles({ stdin: bytesOf(bytes, 1000) });
    expect(names(part)).toEqual(['a', 'b']);
    expect(part.gaps).toEqual([]);
    expect(part.sources).toEqual([{ name: 'standard input', state: 'read' }]);
  });

  it('JSON behind a warning of kubectl, which is told as a gap', async () => {
    const part = await collectFiles({ stdin: bytesOf(`Warning: x is deprecated\n${list}`) });
    expect(names(part)).toEqual(['a', 'b']);
    expect(part.gaps?.[0]?.what).toContain('byte 0: 1 lines between the JSON documents');
  });

  it('tar, tar.gz, and an archive within an archive', async () => {
    const inner = await tarOf([{ name: 'deep/pods.json', content: list }]);
    const outer = await tarOf([
      { name: 'README', content: 'a file that nobody needs' },
      { name: 'inner.tar.gz', content: gzipSync(inner) },
    ]);
    for (const bytes of [inner, gzipSync(inner), outer, gzipSync(outer)]) {
      const part = await collectFiles({ stdin: bytesOf(bytes) });
      expect(names(part)).toEqual(['a', 'b']);
      expect(part.gaps).toEqual([]);
    }
    const third = await tarOf([{ name: 'outer.tar', content: outer }]);
    const { said } = await outcome(third);
    expect(said.join()).toContain('archive within an archive');
  });

  it('describe text, logs and cgroup files reach their parsers', async () => {
    const described = await collectFiles({
      stdin: bytesOf('Name:         a\nNamespace:    shop\nNode:         n1\nStatus:       Running\n'),
    });
    expect(described.pods?.[0]?.origin).toBe('describe');
    const log = await collectFiles({ stdin: bytesOf('[ 12.5] python invoked oom-killer: gfp_mask=0xcc0\n') });
    expect(log.logCoverage).toEqual([{ source: 'standard input', log: 'kernel' }]);
    const counters = await collectFiles({ stdin: bytesOf('low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\n') });
    expect(counters.cgroups?.[0]?.events).toEqual({ low: 0, high: 0, max: 12, oom: 3, oomKill: 2 });
  });

  it('a kubelet summary and docker inspect', async () => {
    const summary = { node: { nodeName: 'n1', memory: { workingSetBytes: 5 } }, pods: [] };
    const part = await collectFiles({ stdin: bytesOf(JSON.stringify(summary)) });
    expect(part.nodeSamples?.[0]).toMatchObject({ nodeName: 'n1', workingSetBytes: 5 });
    const inspect = [
      {
        Id: 'f'.repeat(64),
        Name: '/web',
        State: { Status: 'exited', ExitCode: 137, OOMKilled: true },
        Config: { Image: 'x' },
        HostConfig: { Memory: 1 },
      },
    ];
    const docker = await collectFiles({ stdin: bytesOf(JSON.stringify(inspect, undefined, 4)) });
    expect(docker.pods?.[0]?.origin).toBe('docker');
  });
});

describe('what is wrong with an input', () => {
  const rows: { name: string; bytes: string | Uint8Array; says: string; pods?: string[] }[] = [
    { name: 'nothing', bytes: '', says: 'the file is empty' },
    { name: 'blanks', bytes: ' \n\n', says: 'the file is empty' },
    { name: 'prose', bytes: 'Dear reader, this is no evidence.\n', says: 'not recognised' },
    {
      name: 'random bytes',
      bytes: Buffer.from(Array.from({ length: 3000 }, (_, n) => (n * 7919) % 256)),
      says: 'binary data',
    },
    { name: 'xz', bytes: Buffer.from('fd377a585a0000000000', 'hex'), says: 'xz-compressed' },
    { name: 'a binary journal', bytes: Buffer.from('LPKSHHRH\0\0\0\0'), says: 'a binary journal' },
    {
      name: 'a Secret',
      bytes: '{"kind":"Secret","data":{"p":"eA=="}}',
      says: 'say nothing of a death (Secret)',
    },
    {
      name: 'truncated list',
      bytes: `{"kind":"List","items":[${pod('a')},{"kind":"Po`,
      says: 'the JSON is cut off after 1 complete items',
      pods: ['a'],
    },
    {
      name: 'broken item',
      bytes: `{"items":[{"kind":"Pod",,},${pod('b')}]}`,
      says: 'byte 10: not valid JSON',
      pods: ['b'],
    },
    {
      name: 'broken YAML document',
      bytes: `kind: Pod\n  bad: [\n---\n${podYaml('b')}`,
      says: 'line 2: not valid YAML',
      pods: ['b'],
    },
    {
      name: 'broken YAML item',
      bytes: `items:\n- kind: Pod\n  x: "open\n- kind: Pod\n  metadata: {name: b}\n`,
      says: 'not valid YAML',
      pods: ['b'],
    },
    {
      name: 'truncated gzip',
      bytes: gzipSync(
        `${pod('a')}\n${Array.from({ length: 500 }, (_, n) => pod(`x${n}`)).join('\n')}`,
      ).subarray(0, -200),
      says: 'the compressed data is cut off',
    },
    {
      name: 'damaged gzip',
      bytes: Buffer.from('1f8b0800000000000003ffffffffffff', 'hex'),
      says: 'the compressed data is damaged',
    },
    {
      name: 'truncated zip',
      bytes: zipOf([{ name: 'a', content: 'x' }]).subarray(0, -8),
      says: 'the zip archive cannot be read',
    },
    {
      name: 'encrypted zip',
      bytes: zipOf([{ name: 'a.json', content: pod('a'), encrypted: true }]),
      says: '1 encrypted entries',
    },
  ];
  it.each(rows)('$name', async ({ bytes, says, pods = [] }) => {
    const { part, said } = await outcome(bytes);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(says);
    expect(said[0]).toContain('standard input');
    for (const name of pods) expect(names(part)).toContain(name);
  });

  it('refuses alias bombs, in size and in depth, and takes harmless aliases', async () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
      .split('')
      .map((name, n) => `${name}: &${name} [${`*${'abcdefgh'[n]},`.repeat(9)}]`)
      .join('\n')}\nkind: Pod\n`;
    const { said } = await outcome(bomb);
    expect(said[0]).toContain('aliases expand to too many values');
    const harmless = `kind: Pod\nmetadata: &m\n  name: a\nx: *m\n`;
    expect(names((await outcome(harmless)).part)).toEqual(['a']);
    expect((await outcome(`kind: Pod\nmetadata: &m\n  name: a\n  self: *m\n`)).said).toHaveLength(1);
  });

  it('stops decompression bombs and keeps what came before', async () => {
    const bomb = gzipSync(`${pod('a')}\n${' \n'.repeat(4_000_000)}`);
    // 8 MB of blanks in about 8 KB: 1000 to 1.
    const limits = { ratioFreeBytes: 1_000_000, maxRatio: 100 };
    const part = await collectFiles({ stdin: bytesOf(bomb), limits });
    expect(names(part)).toEqual(['a']);
    expect(part.gaps?.[0]?.what).toContain('unpacks to more than 100 times its size');
    const zip = zipOf(
      Array.from({ length: 20 }, (_, n) => ({
        name: `${n}.json`,
        content: ' \n'.repeat(200_000),
        deflate: true,
      })),
    );
    await expect(collectFiles({ stdin: bytesOf(zip), limits })).rejects.toThrow('unpacks to');
  });

  it('bounds the total', async () => {
    const part = await collectFiles({
      stdin: bytesOf(`${pod('a')}\n${pod('b').repeat(5000)}`),
      limits: { maxTotalBytes: 300_000 },
    });
    expect(names(part)).toContain('a');
    expect(part.gaps?.[0]?.what).toContain('more than 300000 bytes in all');
  });

  it('throws unreadable where nothing at all was understood, naming each file', async () => {
    const missing = join(folder, 'no-such-file');
    const promise = collectFiles({ paths: [missing, '-'], stdin: bytesOf('prose\n') });
    await expect(promise).rejects.toBeInstanceOf(SourceError);
    await expect(collectFiles({ paths: [missing] })).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringContaining('no such file or folder') as string,
    });
  });

  it('a missing file beside a good one is a gap', async () => {
    const part = await collectFiles({ paths: [join(folder, 'gone.yaml'), '-'], stdin: bytesOf(pod('a')) });
    expect(names(part)).toEqual(['a']);
    expect(part.gaps?.[0]).toMatchObject({ kind: 'input', file: join(folder, 'gone.yaml') });
    expect(part.sources?.map((source) => source.state)).toEqual(['failed', 'read']);
  });

  it('stops when told to', async () => {
    const controller = new AbortController();
    controller.abort();
    const root = tree('aborted', { 'a.json': pod('a') });
    await expect(
      collectFiles({ paths: [root], request: { signal: controller.signal } }),
    ).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('folders', () => {
  it('reads a must-gather layout', async () => {
    const log = Array.from({ length: 50 }, (_, n) => `line ${n}`).join('\n');
    const root = tree('must-gather', {
      version: 'oc 4.16\n',
      'event-filter.html': '<html><body>events</body></html>',
      'cluster-scoped-resources/core/nodes/n1.yaml':
        '---\napiVersion: v1\nkind: Node\nmetadata:\n  name: n1\nstatus: {}\n',
      'namespaces/shop/core/pods.yaml': `---\napiVersion: v1\nitems:\n- ${podYaml('a').trimEnd().replaceAll('\n', '\n  ')}\nkind: PodList\n`,
      'namespaces/shop/core/events.yaml': '---\napiVersion: v1\nitems: []\nkind: EventList\n',
      'namespaces/shop/core/secrets.yaml':
        'apiVersion: v1\nitems:\n- kind: Pod\n  metadata: {name: hidden-in-secrets}\nkind: SecretList\n',
      'namespaces/shop/pods/a/app/app/logs/current.log': `${log}\n`,
      'namespaces/shop/pods/a/app/app/logs/previous.log':
        'dying\nAuthorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789\n\u001b[31mred\u001b[0m\n',
      'namespaces/shop/pods/a/app/app/logs/previous.insecure.log': '',
      'nodes/n1/n1_dmesg.gz': gzipSync(
        '[    1.0] Linux version 5.14\n[ 12.5] python invoked oom-killer: gfp_mask=0xcc0\n',
      ),
      'audit_logs/kube-apiserver/audit.log': '{"kind":"Event","apiVersion":"audit.k8s.io/v1"}\n',
      '.hidden/pods.json': pod('hidden'),
    });
    const part = await collectFiles({ paths: [root] });
    expect(part.gaps).toEqual([]);
    expect(names(part)).toEqual(['a']);
    expect(part.nodes?.map((node) => node.name)).toEqual(['n1']);
    expect(part.events ?? []).toEqual([]);
    // An empty list of a namespace still says that there were no events.
    expect(part.eventCoverage).toEqual([
      { source: join(root, 'namespaces/shop/core/events.yaml'), namespace: 'shop' },
    ]);
    expect(part.logCoverage).toEqual([
      { source: join(root, 'nodes/n1/n1_dmesg.gz'), log: 'kernel', nodeName: 'n1' },
    ]);
    const [current, previous] = part.logTails ?? [];
    expect(current).toMatchObject({
      namespace: 'shop',
      pod: 'a',
      container: 'app',
      previous: false,
      truncated: true,
    });
    expect(current?.lines).toEqual(Array.from({ length: 10 }, (_, n) => `line ${n + 40}`));
    expect(previous).toMatchObject({ previous: true, truncated: false });
    expect(previous?.lines[0]).toBe('dying');
    expect(previous?.lines[1]).not.toContain('abcdefghijklmnopqrstuvwxyz');
    expect(previous?.lines[2]).toBe('red');
  });

  it('reads a support bundle, as a folder and as tar.gz', async () => {
    const files = {
      'version.yaml': 'apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\n',
      'cluster-resources/pods/shop.json': `{"metadata":{},"items":[${pod('a').replace('"kind":"Pod",', '').replace('"apiVersion":"v1",', '')}]}`,
      'cluster-resources/events/shop.json': `{"kind":"EventList","items":[${event('a', '2026-03-01T10:00:00Z')},${event('b', '2026-03-01T11:00:00Z')}]}`,
      'cluster-resources/nodes.json':
        '{"kind":"NodeList","items":[{"metadata":{"name":"n1"},"status":{"nodeInfo":{}}}]}',
      'cluster-resources/pods/logs/shop/a/app-previous.log': 'last words\n',
      'host-collectors/run-host/dmesg.txt': '[ 12.5] python invoked oom-killer: gfp_mask=0xcc0\n',
    };
    const root = tree('support-bundle', files);
    const archive = await tarOf(
      Object.entries(files).map(([name, content]) => ({ name: `./bundle/${name}`, content })),
    );
    const packed = join(folder, 'support-bundle.tgz');
    writeFileSync(packed, gzipSync(archive));
    for (const path of [root, packed]) {
      const part = await collectFiles({ paths: [path] });
      expect(part.gaps).toEqual([]);
      expect(names(part)).toEqual(['a']);
      expect(part.nodes).toHaveLength(1);
      expect(part.events).toHaveLength(2);
      expect(part.eventCoverage).toMatchObject([{ namespace: 'shop', oldestAtMs: Date.UTC(2026, 2, 1, 10) }]);
      expect(part.logTails).toMatchObject([
        { pod: 'a', container: 'app', previous: true, lines: ['last words'] },
      ]);
      expect(part.logCoverage).toHaveLength(1);
      expect(part.collectedAtMs).toBe(Date.UTC(2026, 2, 1, 11));
    }
  });

  it('reads cluster-info dump, in folders and as one stream', async () => {
    const start = '==== START logs for container app of pod shop/a ====\n';
    const end = '==== END logs for container app of pod shop/a ====\n';
    const log = `${Array.from({ length: 500 }, (_, n) => `{"n":${n}}`).join('\n')}\n`;
    const stream = `{"kind":"NodeList","apiVersion":"v1","items":[]}\n{"kind":"PodList","apiVersion":"v1","items":[${pod('a')}]}\n${start}${log}${end}`;
    const root = tree('cluster-info', {
      'nodes.json': '{"kind":"NodeList","apiVersion":"v1","items":[]}',
      'shop/pods.json': `{"kind":"PodList","apiVersion":"v1","items":[${pod('a')}]}`,
      'shop/a/logs.txt': `${start}${log}${end}`,
    });
    for (const options of [{ paths: [root] }, { stdin: bytesOf(stream, 777) }]) {
      const part = await collectFiles(options);
      expect(part.gaps).toEqual([]);
      expect(names(part)).toEqual(['a']);
      expect(part.logTails).toMatchObject([
        { namespace: 'shop', pod: 'a', container: 'app', previous: false, truncated: true },
      ]);
      expect(part.logTails?.[0]?.lines).toEqual(Array.from({ length: 10 }, (_, n) => `{"n":${n + 490}}`));
    }
  });

  it('parses an object once that lies in a list and in a file of its own', async () => {
    const root = tree('twice', {
      'core/pods.yaml': `items:\n- ${versionedYaml(7).trimEnd().replaceAll('\n', '\n  ')}\nkind: PodList\n`,
      'pods/a/a.yaml': versionedYaml(7),
      'pods/a/later.yaml': versionedYaml(8),
    });
    const part = await collectFiles({ paths: [root] });
    expect((part.pods ?? []).map((found) => found.source)).toEqual([
      join(root, 'core/pods.yaml'),
      join(root, 'pods/a/later.yaml'),
    ]);
    expect(part.gaps).toEqual([]);
  });

  it('makes one reading of the counter files of a folder', async () => {
    const root = tree('cgroup', {
      'memory.events': 'low 0\nhigh 0\nmax 9\noom 1\noom_kill 1\n',
      'memory.peak': '104857600\n',
      'memory.max': '104857600\n',
      'memory.oom.group': '1\n',
      'cgroup.procs': '1\n7\n',
    });
    const part = await collectFiles({ paths: [root] });
    expect(part.cgroups).toHaveLength(1);
    expect(part.cgroups?.[0]).toMatchObject({
      peakBytes: 104_857_600,
      limitBytes: 104_857_600,
      oomGroup: true,
      events: { oomKill: 1 },
    });
  });

  it('does not leave the folder, and opens neither pipes nor what it may not read', async () => {
    const outside = tree('outside', { 'pods.json': pod('outside') });
    const root = tree('links', { 'pods.json': pod('inside'), 'locked.json': pod('locked') });
    symlinkSync(join(outside, 'pods.json'), join(root, 'away.json'));
    symlinkSync(join(root, 'pods.json'), join(root, 'same.json'));
    symlinkSync(root, join(root, 'loop'));
    execFileSync('mkfifo', [join(root, 'pipe')]);
    chmodSync(join(root, 'locked.json'), 0o000);
    const part = await collectFiles({ paths: [root] });
    const isRoot = process.getuid?.() === 0;
    expect(names(part)).toEqual(isRoot ? ['inside', 'locked'] : ['inside']);
    const said = (part.gaps ?? []).map((gap) => gap.what);
    expect(said.some((text) => text.includes('away.json') && text.includes('not followed'))).toBe(true);
    expect(said.some((text) => text.includes('locked.json') && text.includes('permission denied'))).toBe(
      !isRoot,
    );
  });

  it('reads a named pipe that the user named, as <(…) is', async () => {
    const pipe = join(folder, 'process-substitution');
    execFileSync('mkfifo', [pipe]);
    const [part] = await Promise.all([
      collectFiles({ paths: [pipe] }),
      import('node:fs/promises').then((fs) => fs.writeFile(pipe, pod('piped'))),
    ]);
    expect(names(part)).toEqual(['piped']);
  });

  it('archive entries may be named anything', async () => {
    const bytes = await tarOf([
      { name: '../../../../etc/cron.d/x', content: pod('a') },
      { name: '/abs/\u001b[31mred.json', content: pod('b') },
      { name: 'link', content: '/etc/passwd', type: 'symlink' },
    ]);
    const part = await collectFiles({ stdin: bytesOf(bytes) });
    expect(names(part)).toEqual(['a', 'b']);
    const sources = (part.pods ?? []).map((found) => found.source).toSorted();
    expect(sources).toEqual(['standard input!abs/red.json', 'standard input!etc/cron.d/x']);
  });

  it('bounds the number of files and the depth', async () => {
    const root = tree('many', { 'a/a.json': pod('a'), 'b/b.json': pod('b'), 'c/d/e/c.json': pod('c') });
    const few = await collectFiles({ paths: [root], limits: { maxFiles: 1 } });
    expect(names(few)).toEqual(['a']);
    expect(few.gaps?.[0]?.what).toContain('too many files');
    const flat = await collectFiles({ paths: [root], limits: { maxDepth: 1 } });
    expect(names(flat)).toEqual(['a', 'b']);
    expect(flat.gaps?.[0]?.what).toContain('deeper than 1 levels');
  });
});

describe('the account', () => {
  it('takes the newest instant as the time of collection, never later than now', async () => {
    const past = await collectFiles({
      stdin: bytesOf(`[${event('a', '2026-03-01T10:00:00Z')},${event('b', '2026-03-01T12:00:00Z')}]`),
    });
    expect(past.collectedAtMs).toBe(Date.UTC(2026, 2, 1, 12));
    const future = await collectFiles({ stdin: bytesOf(`[${event('a', '2999-03-01T10:00:00Z')}]`) });
    expect(future.collectedAtMs).toBe(NOW_MS);
  });

  it('keeps no log without lines to keep, and reports progress', async () => {
    const { seen, onProgress } = progressLog();
    const root = tree('progress', {
      'pods.json': `[${Array.from({ length: 30_000 }, (_, n) => pod(`p${n}`)).join(',')}]`,
      'pods/logs/shop/a/app.log': 'words\n',
    });
    const part = await collectFiles({ paths: [root], request: { logLines: 0, onProgress } });
    expect(part.logTails ?? []).toEqual([]);
    expect(part.pods).toHaveLength(30_000);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every((one) => one.unit === 'bytes' && one.done > 0)).toBe(true);
  });

  it('narrows the coverage of events that may have been asked for by one object', async () => {
    const one = await collectFiles({ stdin: bytesOf(`[${event('a', '2026-03-01T10:00:00Z')}]`) });
    expect(one.eventCoverage).toMatchObject([{ namespace: 'shop', regarding: { kind: 'Pod', name: 'a' } }]);
    const two = await collectFiles({
      stdin: bytesOf(
        `[${event('a', '2026-03-01T10:00:00Z')},${event('b', '2026-03-01T10:00:00Z', 'other')}]`,
      ),
    });
    expect(two.eventCoverage?.[0]).not.toHaveProperty('namespace');
    expect(two.eventCoverage?.[0]).not.toHaveProperty('regarding');
  });
});
