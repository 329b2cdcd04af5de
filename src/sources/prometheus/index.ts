/** Public door: history from a Prometheus, for the CLI's wiring. */
import { SourceError } from '../../app/ports.ts';
import type { EpochMs, Milliseconds } from '../../core/units.ts';
import { fixedAuth, tokenFileAuth, type Authenticator } from '../kubernetes/client/auth.ts';
import { createClient } from '../kubernetes/client/client.ts';
import type { Connection } from '../kubernetes/client/connection.ts';
import { readSmallFile } from '../kubernetes/client/small-file.ts';
import type { ApiOptions } from './api.ts';
import { sourceOfApi, type PrometheusSource } from './source.ts';

export { findPrometheus, type FoundPrometheus } from './discover.ts';
export type { PrometheusSource } from './source.ts';

/** `--prometheus URL` and what may be needed to get in. Paths are of PEM files. */
export interface PrometheusOptions extends Pick<ApiOptions, 'parallel' | 'maxAnswerBytes' | 'maxTotalBytes'> {
  /** With the path that stands before `/api/v1`. One that holds a user or a password is refused: addresses are printed. */
  readonly url: string;
  /** Such as `X-Scope-OrgID: tenant`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly basic?: { readonly username: string; readonly password: string };
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
  readonly insecure?: boolean;
  readonly timeoutMs?: Milliseconds;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly now: () => EpochMs;
}

/** Nothing is sent before `read`. Throws `SourceError` (`bad-config`). */
export async function createPrometheusSource(options: PrometheusOptions): Promise<PrometheusSource> {
  const server = urlOf(options.url);
  const connection: Connection = {
    server,
    tls: {
      insecure: options.insecure === true,
      ...(options.caFile === undefined ? {} : { caPem: await pem(options.caFile) }),
    },
    auth: await authOf(options),
    ...(options.headers === undefined ? {} : { headers: options.headers }),
    namespace: 'default',
    name: server.host,
  };
  const client = createClient({ connection, version: options.version, env: options.env });
  const { parallel, maxAnswerBytes, maxTotalBytes, timeoutMs } = options;
  return sourceOfApi({
    client,
    name: `Prometheus at ${server.host}`,
    now: options.now,
    close: () => client.close(),
    ...(parallel === undefined ? {} : { parallel }),
    ...(maxAnswerBytes === undefined ? {} : { maxAnswerBytes }),
    ...(maxTotalBytes === undefined ? {} : { maxTotalBytes }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

function urlOf(text: string): URL {
  const whole = /^https?:\/\//.test(text) ? text : `http://${text}`;
  // Not quoted: what cannot be taken apart may hold a password.
  if (!URL.canParse(whole)) throw new SourceError('bad-config', 'that is not the address of a Prometheus');
  const url = new URL(whole);
  if (url.username !== '' || url.password !== '')
    throw new SourceError('bad-config', 'the address of the Prometheus holds a user or a password');
  // As copied from the browser.
  url.pathname = url.pathname.replace(/\/(?:api\/v1.*|graph|query)?$/, '');
  url.search = '';
  url.hash = '';
  return url;
}

async function authOf(options: PrometheusOptions): Promise<Authenticator> {
  const { basic, token, tokenFile, certificateFile, keyFile } = options;
  const rest = {
    ...(basic === undefined ? {} : { basic }),
    ...(certificateFile === undefined ? {} : { clientCertificatePem: await pem(certificateFile) }),
    ...(keyFile === undefined ? {} : { clientKeyPem: await pem(keyFile) }),
  };
  if (tokenFile !== undefined) return tokenFileAuth({ path: tokenFile, rest });
  return fixedAuth({ ...rest, ...(token === undefined ? {} : { token }) });
}

async function pem(path: string): Promise<string> {
  try {
    return await readSmallFile(path);
  } catch (cause) {
    throw new SourceError('bad-config', `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}
