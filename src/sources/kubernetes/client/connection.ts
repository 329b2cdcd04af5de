/** All that is needed to talk to one API server, however it was configured. */
import type { Authenticator } from './auth.ts';

export interface TlsSettings {
  /** PEM. Absent = the system's authorities. */
  readonly caPem?: string;
  readonly insecure: boolean;
  readonly serverName?: string;
}

export interface Impersonation {
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface Connection {
  readonly server: URL;
  readonly tls: TlsSettings;
  readonly auth: Authenticator;
  readonly impersonate?: Impersonation;
  /** Sent with every request, such as `X-Scope-OrgID`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `proxy-url` of the kubeconfig's cluster. */
  readonly proxyUrl?: string;
  /** Namespace where none is asked for. */
  readonly namespace: string;
  /** For people: the context's name, or `in-cluster`. */
  readonly name: string;
  readonly clusterName?: string;
}

export interface ConnectionOptions {
  /** `--kubeconfig`: this file alone. */
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly cluster?: string;
  readonly user?: string;
  /** `--as`, `--as-group`, `--as-uid`. */
  readonly as?: string;
  readonly asGroups?: readonly string[];
  readonly asUid?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  /** Standard input is a terminal and nothing else reads it: credential plugins may ask there. */
  readonly interactive: boolean;
  /** Where the service account is mounted; tests use another. */
  readonly serviceAccountDir?: string;
  readonly now?: () => number;
}
