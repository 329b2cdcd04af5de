/** Who we are to the API server: fixed, read again from a file, or asked of an exec plugin. */
import { SourceError } from '../../../app/ports.ts';
import { readSmallFile } from './small-file.ts';

/** What goes into one request. */
export interface AuthMaterial {
  readonly token?: string;
  readonly basic?: { readonly username: string; readonly password: string };
  readonly clientCertificatePem?: string;
  readonly clientKeyPem?: string;
}

export interface Authenticator {
  /** Throws `SourceError` (`unauthorized`, `bad-config`, `aborted`). */
  material(signal?: AbortSignal): Promise<AuthMaterial>;
  /** Called after a 401: forgets what is cached. True when asking again may give something else. */
  forget(): boolean;
}

export function fixedAuth(material: AuthMaterial): Authenticator {
  return { material: () => Promise.resolve(material), forget: () => false };
}

/** Service account tokens are rotated by the kubelet; client-go reads them again each minute too. */
export const TOKEN_FILE_AGE_MS = 60_000;

export interface TokenFileOptions {
  readonly path: string;
  /** Used as long as the file cannot be read. */
  readonly fallbackToken?: string;
  readonly rest?: AuthMaterial;
  readonly now?: () => number;
}

export function tokenFileAuth(options: TokenFileOptions): Authenticator {
  const now = options.now ?? Date.now;
  let token: string | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  const read = async (): Promise<string> => {
    try {
      const text = (await readSmallFile(options.path)).trim();
      if (text !== '') return text;
      throw new Error('the file is empty');
    } catch (cause) {
      const last = token ?? options.fallbackToken;
      if (last !== undefined) return last;
      throw new SourceError('bad-config', `cannot read the token file ${options.path}: ${String(cause)}`, {
        cause,
      });
    }
  };
  return {
    async material() {
      if (token === undefined || now() - readAtMs >= TOKEN_FILE_AGE_MS) {
        token = await read();
        readAtMs = now();
      }
      return { ...options.rest, token };
    },
    forget() {
      readAtMs = Number.NEGATIVE_INFINITY;
      return true;
    },
  };
}
