/** The API server as the harness itself needs it: small requests with the admin's certificate. */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import type { Folder, NodeAddress } from './folder.ts';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface Api {
  /** Any answer, refusals too. */
  readonly ask: (method: string, path: string, body?: Body) => Promise<Answer>;
  /** The object; anything but 2xx is an error. */
  readonly get: (path: string) => Promise<Json>;
  readonly create: (path: string, object: unknown) => Promise<Json>;
  readonly patch: (path: string, object: unknown) => Promise<Json>;
  readonly remove: (path: string, options?: unknown) => Promise<void>;
}

export interface Body {
  readonly type: string;
  readonly text: string;
}

export type Json = Readonly<Record<string, unknown>>;

const TIMEOUT_MS = 20_000;

function json(value: unknown, type = 'application/json'): Body {
  return { type, text: JSON.stringify(value) };
}

export function apiOf(folder: Folder, address: NodeAddress): Api {
  const file = (name: string): Buffer => readFileSync(join(folder.certificates, name));
  const [ca, cert, key] = [file('ca.crt'), file('admin.crt'), file('admin.key')];
  const ask: Api['ask'] = async (method, path, body) => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const asked = request(
      { host: address.node, port: 6443, method, path, ca, cert, key, timeout: TIMEOUT_MS, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: String(Buffer.concat(chunks)) }),
        );
      },
    );
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    asked.on('error', reject);
    if (body !== undefined) asked.setHeader('content-type', body.type);
    asked.end(body?.text);
    return promise;
  };
  const must = async (method: string, path: string, body?: Body): Promise<Json> => {
    const { status, text } = await ask(method, path, body);
    if (status < 200 || status > 299) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 1000)}`);
    return JSON.parse(text) as Json;
  };
  return {
    ask,
    get: (path) => must('GET', path),
    create: (path, object) => must('POST', path, json(object)),
    patch: (path, object) => must('PATCH', path, json(object, 'application/strategic-merge-patch+json')),
    remove: async (path, options) => {
      await must('DELETE', path, options === undefined ? undefined : json(options));
    },
  };
}
