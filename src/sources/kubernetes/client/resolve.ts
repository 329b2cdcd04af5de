/** Options, kubeconfig and service account → one `Connection`. */
import { isAbsolute, join, sep } from 'node:path';
import { SourceError } from '../../../app/ports.ts';
import { fixedAuth, tokenFileAuth, type Authenticator, type AuthMaterial } from './auth.ts';
import type { Connection, ConnectionOptions, Impersonation, TlsSettings } from './connection.ts';
import { execAuth, type ExecPlugin } from './exec-plugin.ts';
import { readSmallFile } from './small-file.ts';
import {
  flag,
  isFields,
  pathIn,
  pemOf,
  readKubeconfig,
  text,
  texts,
  type Entry,
  type Fields,
  type Kubeconfig,
} from './kubeconfig-file.ts';

const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';
const NOTHING: Entry = { fields: {}, dir: '.' };

/** Throws `SourceError` (`bad-config`) where there is no usable configuration. */
export async function resolveConnection(options: ConnectionOptions): Promise<Connection> {
  const config = await readKubeconfig(options);
  if (config === undefined || (config.clusters.size === 0 && config.contexts.size === 0)) {
    const inside = await inClusterConnection(options);
    if (inside !== undefined && options.context === undefined) return inside;
    throw new SourceError(
      'bad-config',
      'no kubeconfig was found ($KUBECONFIG, ~/.kube/config) and this is not a pod of a cluster',
    );
  }
  return fromKubeconfig(config, options);
}

async function fromKubeconfig(config: Kubeconfig, options: ConnectionOptions): Promise<Connection> {
  const contextName = options.context ?? config.currentContext;
  const context = contextName === undefined ? undefined : config.contexts.get(contextName);
  if (contextName !== undefined && context === undefined) {
    throw new SourceError(
      'bad-config',
      `the context "${contextName}" is not in the kubeconfig${known(config.contexts)}`,
    );
  }
  const clusterName = options.cluster ?? (context && text(context.fields, 'cluster'));
  if (clusterName === undefined) {
    throw new SourceError('bad-config', `no context is chosen: use --context${known(config.contexts)}`);
  }
  const cluster = config.clusters.get(clusterName);
  if (cluster === undefined)
    throw new SourceError('bad-config', `the cluster "${clusterName}" is not in the kubeconfig`);
  const userName = options.user ?? (context && text(context.fields, 'user'));
  const user = userName === undefined ? NOTHING : config.users.get(userName);
  if (user === undefined)
    throw new SourceError('bad-config', `the user "${userName}" is not in the kubeconfig`);
  const server = serverUrl(text(cluster.fields, 'server'), clusterName);
  const tls = await tlsOf(cluster);
  const proxyUrl = text(cluster.fields, 'proxy-url');
  const impersonate = impersonation(user.fields, options);
  return {
    server,
    tls,
    auth: await authOf({ user, cluster, server, tls, options }),
    namespace: (context && text(context.fields, 'namespace')) ?? 'default',
    name: contextName ?? clusterName,
    clusterName,
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    ...(impersonate === undefined ? {} : { impersonate }),
  };
}

function known(contexts: ReadonlyMap<string, Entry>): string {
  const names = [...contexts.keys()].slice(0, 10);
  return names.length === 0 ? '' : ` (it has ${names.join(', ')}${contexts.size > 10 ? ', …' : ''})`;
}

function serverUrl(server: string | undefined, clusterName: string): URL {
  if (server === undefined) throw new SourceError('bad-config', `the cluster "${clusterName}" has no server`);
  const address = server.includes('://') ? server : `https://${server}`;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw new SourceError('bad-config', `the server of cluster "${clusterName}" is not an http or https URL`);
  }
  return new URL(address);
}

async function tlsOf(cluster: Entry): Promise<TlsSettings> {
  const caPem = await pemOf(cluster, 'certificate-authority');
  const serverName = text(cluster.fields, 'tls-server-name');
  return {
    insecure: flag(cluster.fields, 'insecure-skip-tls-verify'),
    ...(caPem === undefined ? {} : { caPem }),
    ...(serverName === undefined ? {} : { serverName }),
  };
}

function impersonation(user: Fields, options: ConnectionOptions): Impersonation | undefined {
  const name = options.as ?? text(user, 'as');
  const groups =
    options.asGroups !== undefined && options.asGroups.length > 0
      ? options.asGroups
      : texts(user, 'as-groups');
  const uid = options.asUid ?? text(user, 'as-uid');
  if (name === undefined) {
    if (groups.length === 0 && uid === undefined) return undefined;
    throw new SourceError('bad-config', 'a group or uid is impersonated without a user: add --as');
  }
  const extra = user['as-user-extra'];
  return {
    user: name,
    groups,
    ...(uid === undefined ? {} : { uid }),
    ...(isFields(extra)
      ? { extra: Object.fromEntries(Object.keys(extra).map((key) => [key, texts(extra, key)])) }
      : {}),
  };
}

interface AuthContext {
  readonly user: Entry;
  readonly cluster: Entry;
  readonly server: URL;
  readonly tls: TlsSettings;
  readonly options: ConnectionOptions;
}

async function authOf(context: AuthContext): Promise<Authenticator> {
  const { user, options } = context;
  // As kubectl: credentials never travel over plain http (kubectl proxy adds its own).
  if (context.server.protocol !== 'https:') return fixedAuth({});
  const clientCertificatePem = await pemOf(user, 'client-certificate');
  const clientKeyPem = await pemOf(user, 'client-key');
  const certificate: AuthMaterial =
    clientCertificatePem === undefined || clientKeyPem === undefined
      ? {}
      : { clientCertificatePem, clientKeyPem };
  const token = text(user.fields, 'token');
  const tokenFile = text(user.fields, 'tokenFile');
  const clock = options.now === undefined ? {} : { now: options.now };
  if (tokenFile !== undefined) {
    const fallback = token === undefined ? {} : { fallbackToken: token };
    return tokenFileAuth({ path: pathIn(user.dir, tokenFile), rest: certificate, ...fallback, ...clock });
  }
  if (token !== undefined) return fixedAuth({ ...certificate, token });
  const username = text(user.fields, 'username');
  if (username !== undefined) {
    return fixedAuth({ ...certificate, basic: { username, password: text(user.fields, 'password') ?? '' } });
  }
  if (isFields(user.fields['exec'])) {
    const plugin = execPlugin(user.fields['exec'], context);
    return execAuth({ plugin, interactive: options.interactive, env: options.env, ...clock });
  }
  if (isFields(user.fields['auth-provider'])) {
    const name = text(user.fields['auth-provider'], 'name') ?? '';
    throw new SourceError(
      'bad-config',
      `auth-provider "${name}" was removed from Kubernetes clients in 1.26: use a credential plugin (exec)`,
    );
  }
  return fixedAuth(certificate);
}

function execPlugin(exec: Fields, context: AuthContext): ExecPlugin {
  const command = text(exec, 'command');
  if (command === undefined) throw new SourceError('bad-config', "the user's exec section has no command");
  const installHint = text(exec, 'installHint');
  const mode = text(exec, 'interactiveMode');
  const env = Array.isArray(exec['env']) ? exec['env'].filter(isFields) : [];
  return {
    apiVersion: text(exec, 'apiVersion') ?? '',
    // A bare name is looked up in PATH; anything with a separator starts at the kubeconfig's folder.
    command:
      !isAbsolute(command) && (command.includes('/') || command.includes(sep))
        ? join(context.user.dir, command)
        : command,
    args: texts(exec, 'args'),
    env: env
      .map((pair) => ({ name: text(pair, 'name') ?? '', value: text(pair, 'value') ?? '' }))
      .filter((pair) => pair.name !== ''),
    ...(installHint === undefined ? {} : { installHint }),
    ...(mode === 'Never' || mode === 'IfAvailable' || mode === 'Always' ? { interactiveMode: mode } : {}),
    ...(flag(exec, 'provideClusterInfo') ? { clusterInfo: clusterInfo(context) } : {}),
  };
}

function clusterInfo(context: AuthContext): Readonly<Record<string, unknown>> {
  const { cluster, tls } = context;
  const extensions = Array.isArray(cluster.fields['extensions'])
    ? cluster.fields['extensions'].filter(isFields)
    : [];
  const own = extensions.find((extension) => text(extension, 'name') === 'client.authentication.k8s.io/exec');
  const proxyUrl = text(cluster.fields, 'proxy-url');
  return {
    server: text(cluster.fields, 'server'),
    ...(tls.serverName === undefined ? {} : { 'tls-server-name': tls.serverName }),
    ...(tls.insecure ? { 'insecure-skip-tls-verify': true } : {}),
    ...(tls.caPem === undefined
      ? {}
      : { 'certificate-authority-data': Buffer.from(tls.caPem).toString('base64') }),
    ...(proxyUrl === undefined ? {} : { 'proxy-url': proxyUrl }),
    ...(own === undefined ? {} : { config: own['extension'] }),
  };
}

/** The account of the pod this program runs in; undefined outside of a cluster. */
export async function inClusterConnection(options: ConnectionOptions): Promise<Connection | undefined> {
  const host = options.env['KUBERNETES_SERVICE_HOST'];
  const port = options.env['KUBERNETES_SERVICE_PORT'];
  if (host === undefined || host === '' || port === undefined || port === '') return undefined;
  const dir = options.serviceAccountDir ?? SERVICE_ACCOUNT_DIR;
  const read = (name: string): Promise<string | undefined> =>
    readSmallFile(join(dir, name)).then(
      (content) => content.trim(),
      () => undefined,
    );
  if ((await read('token')) === undefined) return undefined;
  const caPem = await read('ca.crt');
  const namespace = await read('namespace');
  const impersonate = impersonation({}, options);
  const clock = options.now === undefined ? {} : { now: options.now };
  return {
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    tls: { insecure: false, ...(caPem === undefined ? {} : { caPem }) },
    auth: tokenFileAuth({ path: join(dir, 'token'), ...clock }),
    namespace: namespace ?? 'default',
    name: 'in-cluster',
    ...(impersonate === undefined ? {} : { impersonate }),
  };
}
