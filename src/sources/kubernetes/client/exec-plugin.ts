/**
 * Credential plugins (`users[].user.exec`) after client.authentication.k8s.io v1 and v1beta1
 * (client-go plugin/pkg/client/auth/exec/exec.go).
 */
import { spawn } from 'node:child_process';
import { SourceError } from '../../../app/ports.ts';
import type { Authenticator, AuthMaterial } from './auth.ts';

export interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly installHint?: string;
  readonly interactiveMode?: 'Never' | 'IfAvailable' | 'Always';
  /** Put into `KUBERNETES_EXEC_INFO` only with `provideClusterInfo`. */
  readonly clusterInfo?: Readonly<Record<string, unknown>>;
}

export interface ExecAuthOptions {
  readonly plugin: ExecPlugin;
  /** A terminal is on stdin and nothing else reads it. */
  readonly interactive: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now?: () => number;
}

const API_VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
const OUTPUT_LIMIT_BYTES = 1024 * 1024;
const QUIET_TIME_LIMIT_MS = 120_000;
const INTERACTIVE_TIME_LIMIT_MS = 600_000;
/** A credential this near to its end would run out on the way. */
const EXPIRY_MARGIN_MS = 5_000;

interface Credential {
  readonly material: AuthMaterial;
  readonly expiresAtMs?: number;
}

/** Runs the plugin when first needed, after expiry and after `forget()`; concurrent callers share one run. */
export function execAuth(options: ExecAuthOptions): Authenticator {
  const now = options.now ?? Date.now;
  let held: Credential | undefined;
  let running: Promise<Credential> | undefined;
  return {
    async material(signal) {
      if (
        held !== undefined &&
        (held.expiresAtMs === undefined || held.expiresAtMs - EXPIRY_MARGIN_MS > now())
      ) {
        return held.material;
      }
      running ??= runPlugin(options, signal).finally(() => {
        running = undefined;
      });
      held = await running;
      return held.material;
    },
    forget() {
      held = undefined;
      return true;
    },
  };
}

async function runPlugin(options: ExecAuthOptions, signal: AbortSignal | undefined): Promise<Credential> {
  const { plugin } = options;
  if (!API_VERSIONS.includes(plugin.apiVersion)) {
    throw bad(
      plugin,
      `apiVersion ${JSON.stringify(plugin.apiVersion)} is not supported (only ${API_VERSIONS.join(', ')})`,
    );
  }
  if (plugin.interactiveMode === 'Always' && !options.interactive) {
    throw bad(plugin, 'it needs a terminal on standard input (interactiveMode: Always)');
  }
  const interactive = options.interactive && plugin.interactiveMode !== 'Never';
  const info = {
    kind: 'ExecCredential',
    apiVersion: plugin.apiVersion,
    spec: { ...(plugin.clusterInfo === undefined ? {} : { cluster: plugin.clusterInfo }), interactive },
  };
  const env: Record<string, string | undefined> = { ...options.env };
  for (const { name, value } of plugin.env) env[name] = value;
  env['KUBERNETES_EXEC_INFO'] = JSON.stringify(info);
  const output = await capture({ plugin, env, interactive, ...(signal === undefined ? {} : { signal }) });
  return readCredential(plugin, output);
}

interface CaptureOptions {
  readonly plugin: ExecPlugin;
  readonly env: Record<string, string | undefined>;
  readonly interactive: boolean;
  readonly signal?: AbortSignal;
}

/** The plugin talks to the user itself: stderr always, stdin where it may ask. */
function capture(options: CaptureOptions): Promise<string> {
  const { plugin } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(plugin.command, [...plugin.args], {
      env: options.env,
      stdio: [options.interactive ? 'inherit' : 'ignore', 'pipe', 'inherit'],
      timeout: options.interactive ? INTERACTIVE_TIME_LIMIT_MS : QUIET_TIME_LIMIT_MS,
      killSignal: 'SIGTERM',
      windowsHide: true,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= OUTPUT_LIMIT_BYTES) chunks.push(chunk);
      else child.kill();
    });
    // A process the plugin started may outlive it with our pipe in its hands; that must not keep us here.
    const letGo = (): void => void child.stdout.destroy();
    child.on('exit', (_, killedBy) => {
      if (killedBy !== null) letGo();
    });
    child.on('error', (cause: NodeJS.ErrnoException) => {
      letGo();
      if (cause.name === 'AbortError') reject(new SourceError('aborted', 'interrupted', { cause }));
      else reject(bad(plugin, startProblem(plugin, cause)));
    });
    child.on('close', (code, killedBy) => {
      if (size > OUTPUT_LIMIT_BYTES) reject(bad(plugin, 'it printed more than 1 MiB'));
      else if (killedBy !== null) reject(bad(plugin, `it was ended by ${killedBy}`));
      else if (code !== 0) reject(bad(plugin, `it failed with exit code ${code}`));
      else resolve(Buffer.concat(chunks).toString('utf8'));
    });
  });
}

function startProblem(plugin: ExecPlugin, cause: NodeJS.ErrnoException): string {
  if (cause.code !== 'ENOENT') return cause.message;
  return plugin.installHint === undefined
    ? 'it is not installed'
    : `it is not installed. ${plugin.installHint.trim()}`;
}

function readCredential(plugin: ExecPlugin, output: string): Credential {
  let value: unknown;
  try {
    value = JSON.parse(output);
  } catch {
    throw bad(plugin, 'its output is not JSON');
  }
  const object = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (object['kind'] !== 'ExecCredential') throw bad(plugin, 'its output is not an ExecCredential');
  if (object['apiVersion'] !== plugin.apiVersion) {
    throw bad(
      plugin,
      `it answered with apiVersion ${String(object['apiVersion'])}, asked for ${plugin.apiVersion}`,
    );
  }
  const status = (object['status'] ?? {}) as Record<string, unknown>;
  const text = (key: string): string | undefined =>
    typeof status[key] === 'string' && status[key] !== '' ? status[key] : undefined;
  const token = text('token');
  const certificate = text('clientCertificateData');
  const key = text('clientKeyData');
  if (token === undefined && (certificate === undefined || key === undefined)) {
    throw bad(plugin, 'its answer holds neither a token nor a client certificate with its key');
  }
  const expires = Date.parse(text('expirationTimestamp') ?? '');
  return {
    material: {
      ...(token === undefined ? {} : { token }),
      ...(certificate === undefined || key === undefined
        ? {}
        : { clientCertificatePem: certificate, clientKeyPem: key }),
    },
    ...(Number.isNaN(expires) ? {} : { expiresAtMs: expires }),
  };
}

function bad(plugin: ExecPlugin, what: string): SourceError {
  return new SourceError('unauthorized', `the credential plugin ${plugin.command}: ${what}`);
}
