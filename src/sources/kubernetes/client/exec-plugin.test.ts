import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { execAuth, type ExecPlugin } from './exec-plugin.ts';

const dir = mkdtempSync(join(tmpdir(), 'exit137-exec-'));
const V1 = 'client.authentication.k8s.io/v1';

function script(name: string, body: string): string {
  const path = join(dir, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

function plugin(command: string, over: Partial<ExecPlugin> = {}): ExecPlugin {
  return { apiVersion: V1, command, args: [], env: [], interactiveMode: 'IfAvailable', ...over };
}

function auth(p: ExecPlugin, now = () => 0, interactive = false) {
  return execAuth({ plugin: p, interactive, env: { PATH: process.env['PATH'] }, now });
}

const COUNT = `n=$(cat "$0.count" 2>/dev/null || echo 0); n=$((n+1)); echo $n > "$0.count"`;
const answer = (status: string, version = V1): string =>
  `echo '{"kind":"ExecCredential","apiVersion":"${version}","status":${status}}'`;

describe.skipIf(process.platform === 'win32')('execAuth', () => {
  it('runs once for callers at the same time, again after expiry and after a refusal', async () => {
    const expires = '2026-01-01T00:10:00Z';
    const path = script(
      'count',
      `${COUNT}\necho "{\\"kind\\":\\"ExecCredential\\",\\"apiVersion\\":\\"${V1}\\",\\"status\\":{\\"token\\":\\"t$n\\",\\"expirationTimestamp\\":\\"${expires}\\"}}"`,
    );
    let nowMs = Date.parse('2026-01-01T00:00:00Z');
    const a = auth(plugin(path), () => nowMs);
    expect(await Promise.all([a.material(), a.material()])).toEqual([{ token: 't1' }, { token: 't1' }]);
    expect(await a.material()).toEqual({ token: 't1' });
    a.forget();
    expect(await a.material()).toEqual({ token: 't2' });
    nowMs = Date.parse(expires);
    expect(await a.material()).toEqual({ token: 't3' });
  });

  it('passes arguments, environment and the cluster', async () => {
    const path = script(
      'info',
      `printf '%s' "$KUBERNETES_EXEC_INFO" > "${dir}/info.json"\n${answer('{"token":"\'"$1-$REGION"\'"}')}`,
    );
    const p = plugin(path, {
      args: ['eu'],
      env: [{ name: 'REGION', value: 'north' }],
      clusterInfo: { server: 'https://x' },
    });
    expect(await auth(p).material()).toEqual({ token: 'eu-north' });
    expect(JSON.parse(readFileSync(join(dir, 'info.json'), 'utf8'))).toEqual({
      kind: 'ExecCredential',
      apiVersion: V1,
      spec: { cluster: { server: 'https://x' }, interactive: false },
    });
  });

  it('takes a client certificate, and v1beta1', async () => {
    const beta = 'client.authentication.k8s.io/v1beta1';
    const path = script('cert', answer('{"clientCertificateData":"C","clientKeyData":"K"}', beta));
    expect(await auth(plugin(path, { apiVersion: beta })).material()).toEqual({
      clientCertificatePem: 'C',
      clientKeyPem: 'K',
    });
  });

  it.each([
    { name: 'fails', p: plugin(script('fails', 'exit 3')), says: /failed with exit code 3/ },
    {
      name: 'missing, with a hint',
      p: plugin('exit137-no-such-plugin', { installHint: 'Install it.' }),
      says: /not installed\. Install it\./,
    },
    { name: 'noise', p: plugin(script('noise', 'echo hello')), says: /not JSON/ },
    {
      name: 'other version',
      p: plugin(script('other', answer('{"token":"x"}', 'client.authentication.k8s.io/v1beta1'))),
      says: /answered with apiVersion/,
    },
    { name: 'empty status', p: plugin(script('empty', answer('{}'))), says: /neither a token/ },
    {
      name: 'flood',
      p: plugin(script('flood', 'head -c 3000000 /dev/zero 2>/dev/null')),
      says: /more than 1 MiB/,
    },
    {
      name: 'v1alpha1',
      p: plugin('x', { apiVersion: 'client.authentication.k8s.io/v1alpha1' }),
      says: /is not supported/,
    },
    { name: 'needs a terminal', p: plugin('x', { interactiveMode: 'Always' }), says: /needs a terminal/ },
  ])('says what is wrong: $name', async ({ p, says }) => {
    await expect(auth(p).material()).rejects.toThrow(says);
  });

  it('is ended when the run is interrupted', async () => {
    const a = auth(plugin(script('slow', 'exec sleep 20')));
    await expect(a.material(AbortSignal.timeout(50))).rejects.toMatchObject({ code: 'aborted' });
  });
});
