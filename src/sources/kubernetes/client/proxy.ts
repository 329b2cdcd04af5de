/** Which proxy a request takes: kubeconfig `proxy-url`, else HTTPS_PROXY / HTTP_PROXY / NO_PROXY as Go's net/http reads them. */
import { BlockList, isIP } from 'node:net';
import type { Agent } from 'node:http';
import { SourceError } from '../../../app/ports.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The proxy for `server`, or undefined for a direct connection. */
export function proxyFor(server: URL, proxyUrl: string | undefined, env: Env): string | undefined {
  if (proxyUrl !== undefined && proxyUrl !== '') return proxyUrl;
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const proxy = env[name] ?? env[name.toLowerCase()];
  if (proxy === undefined || proxy === '' || isLoopback(server.hostname)) return undefined;
  if (bypasses(server, env['NO_PROXY'] ?? env['no_proxy'] ?? '')) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** Go never sends loopback requests through a proxy of the environment. */
export function isLoopback(hostname: string): boolean {
  const host = bare(hostname);
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '').toLowerCase();
}

function bypasses(server: URL, noProxy: string): boolean {
  const host = bare(server.hostname);
  const port = server.port === '' ? (server.protocol === 'https:' ? '443' : '80') : server.port;
  return noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return inRange(entry, host);
  const colon = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry);
  const name = bare(colon?.[1] ?? entry);
  if (colon !== null && colon[2] !== port) return false;
  if (isIP(name) !== 0) return name === host;
  if (name.startsWith('*.')) return host.endsWith(name.slice(1));
  if (name.startsWith('.')) return host.endsWith(name);
  return host === name || host.endsWith(`.${name}`);
}

function inRange(entry: string, host: string): boolean {
  const [address = '', prefix = ''] = entry.split('/');
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(prefix)) return false;
  if (Number(prefix) > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(address, Number(prefix), type);
  return list.check(host, type);
}

/** The proxy libraries are loaded only by those who need one. */
export async function proxyAgent(proxy: string, maxSockets: number): Promise<Agent> {
  let url: URL;
  try {
    url = new URL(proxy);
  } catch (cause) {
    throw new SourceError('bad-config', 'the proxy address is not a URL', { cause });
  }
  const options = { keepAlive: true, maxSockets };
  switch (url.protocol) {
    case 'http:':
    case 'https:': {
      const { HttpsProxyAgent } = await import('https-proxy-agent');
      return new HttpsProxyAgent(url, options);
    }
    case 'socks:':
    case 'socks4:':
    case 'socks4a:':
    case 'socks5:':
    case 'socks5h:': {
      const { SocksProxyAgent } = await import('socks-proxy-agent');
      // Go's socks5 lets the proxy resolve the name, as socks5h does.
      return new SocksProxyAgent(proxy.replace(/^socks5:/, 'socks5h:'), options);
    }
    default:
      throw new SourceError('bad-config', `proxies of type ${url.protocol} are not supported`);
  }
}
