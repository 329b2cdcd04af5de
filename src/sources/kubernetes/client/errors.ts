/** What can go wrong between this program and an API server, as `SourceError`s. */
import { SourceError, type SourceErrorCode } from '../../../app/ports.ts';

const MESSAGE_LENGTH = 600;

interface ApiErrorDetails {
  readonly status: number;
  readonly reason?: string;
  readonly retryAfterMs?: number;
  readonly continueToken?: string;
}

/** The server answered, but not with what was asked for. */
export class ApiError extends SourceError {
  /** HTTP status. */
  readonly status: number;
  /** `reason` of the server's Status object: `Forbidden`, `Expired`, … */
  readonly reason?: string;
  readonly retryAfterMs?: number;
  /** A 410 on a continued list may carry a token that goes on from a newer state. */
  readonly continueToken?: string;

  constructor(message: string, details: ApiErrorDetails) {
    super(codeOfStatus(details.status), message.slice(0, MESSAGE_LENGTH));
    this.name = 'ApiError';
    this.status = details.status;
    if (details.reason !== undefined) this.reason = details.reason;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
    if (details.continueToken !== undefined) this.continueToken = details.continueToken;
  }
}

/** The connection broke in a way that a second try may heal. */
export class BrokenConnectionError extends SourceError {
  constructor(message: string, options?: ErrorOptions) {
    super('unreachable', message, options);
    this.name = 'BrokenConnectionError';
  }
}

function codeOfStatus(status: number): SourceErrorCode {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not-found';
  if (status === 408 || status === 504) return 'timeout';
  return status === 429 || status >= 500 ? 'unreachable' : 'protocol';
}

export interface FailedResponse {
  readonly what: string;
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The first kilobytes of the body. */
  readonly body: string;
}

/** Reads the server's Status object where the body is one; else quotes the start of the body. */
export function apiError(response: FailedResponse): ApiError {
  const status = readStatus(response.body);
  const said = status.message ?? response.body.trim().slice(0, 200);
  const text = said === '' ? `HTTP ${response.status}` : `HTTP ${response.status}: ${said}`;
  const retryAfterMs = parseRetryAfter(response.retryAfter);
  return new ApiError(`${response.what}: ${text}`, {
    status: response.status,
    ...(status.reason === undefined ? {} : { reason: status.reason }),
    ...(status.continueToken === undefined ? {} : { continueToken: status.continueToken }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

interface StatusObject {
  readonly message?: string;
  readonly reason?: string;
  readonly continueToken?: string;
}

function readStatus(body: string): StatusObject {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return {};
  }
  return statusOf(value);
}

/** The parts of a `kind: Status` object that are used; empty for anything else. */
export function statusOf(value: unknown): StatusObject & { readonly code?: number } {
  if (typeof value !== 'object' || value === null) return {};
  const object = value as Record<string, unknown>;
  if (object['kind'] !== 'Status') return {};
  const metadata = object['metadata'] as Record<string, unknown> | null | undefined;
  const token = metadata?.['continue'];
  return {
    ...(typeof object['message'] === 'string' ? { message: object['message'] } : {}),
    ...(typeof object['reason'] === 'string' ? { reason: object['reason'] } : {}),
    ...(typeof object['code'] === 'number' ? { code: object['code'] } : {}),
    ...(typeof token === 'string' && token !== '' ? { continueToken: token } : {}),
  };
}

/** API servers send seconds; an HTTP date (from a proxy) is left to the ordinary back-off. */
function parseRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined || !/^\d{1,6}$/.test(value.trim())) return undefined;
  return Number(value) * 1000;
}

const BROKEN = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'HPE_INVALID_EOF_STATE',
]);
const NO_WAY: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  EADDRNOTAVAIL: 'no local address reaches it',
};

/** Maps an error of node's network layer. `what` names the request, such as `GET https://host/api/v1/pods`. */
export function networkError(cause: unknown, what: string): SourceError {
  if (cause instanceof SourceError) return cause;
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const code = (error as NodeJS.ErrnoException).code ?? '';
  // Node's own errors carry a code: this one is a bug of ours and must not look like a bad network.
  if (code === '' && (error instanceof TypeError || error instanceof RangeError)) throw error;
  const options = { cause: error };
  if (error.name === 'AbortError') return new SourceError('aborted', `${what}: interrupted`, options);
  if (code === 'ETIMEDOUT') return new SourceError('timeout', `${what}: no answer in time`, options);
  if (BROKEN.has(code)) return new BrokenConnectionError(`${what}: the connection broke (${code})`, options);
  const noWay = NO_WAY[code];
  if (noWay !== undefined) return new SourceError('unreachable', `${what}: ${noWay} (${code})`, options);
  if (isCertificateError(code)) {
    return new SourceError(
      'unreachable',
      `${what}: the server's certificate is not accepted (${code}: ${error.message})`,
      options,
    );
  }
  if (code.startsWith('ERR_OSSL') || code === 'ERR_INVALID_CHAR') {
    return new SourceError(
      'bad-config',
      `${what}: the credentials cannot be used: ${error.message}`,
      options,
    );
  }
  if (code.startsWith('HPE_') || code === 'EPROTO' || code.startsWith('Z_') || code.startsWith('ERR_SSL')) {
    return new SourceError('protocol', `${what}: ${error.message}`, options);
  }
  return new SourceError('unreachable', `${what}: ${error.message}`, options);
}

function isCertificateError(code: string): boolean {
  return (
    code.includes('CERT') ||
    code.startsWith('UNABLE_TO_') ||
    code === 'HOSTNAME_MISMATCH' ||
    code === 'INVALID_CA'
  );
}
