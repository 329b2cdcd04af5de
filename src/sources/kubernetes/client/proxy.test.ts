import { describe, expect, it } from 'vitest';
import { proxyFor } from './proxy.ts';

const P = 'http://proxy:3128';

describe('proxyFor', () => {
  it.each([
    { name: 'https server', server: 'https://api.example', env: { HTTPS_PROXY: P }, want: P },
    { name: 'lower case', server: 'https://api.example', env: { https_proxy: P }, want: P },
    {
      name: 'http server ignores HTTPS_PROXY',
      server: 'http://api.example',
      env: { HTTPS_PROXY: P },
      want: undefined,
    },
    { name: 'no scheme', server: 'http://api.example', env: { HTTP_PROXY: 'proxy:3128' }, want: P },
    {
      name: 'loopback is direct',
      server: 'https://127.0.0.1:6443',
      env: { HTTPS_PROXY: P },
      want: undefined,
    },
    {
      name: 'NO_PROXY star',
      server: 'https://api.example',
      env: { HTTPS_PROXY: P, NO_PROXY: '*' },
      want: undefined,
    },
    {
      name: 'NO_PROXY domain',
      server: 'https://api.example.com',
      env: { HTTPS_PROXY: P, NO_PROXY: 'x, example.com' },
      want: undefined,
    },
    {
      name: 'NO_PROXY dot domain',
      server: 'https://api.example.com',
      env: { HTTPS_PROXY: P, NO_PROXY: '.example.com' },
      want: undefined,
    },
    {
      name: 'dot domain does not match itself',
      server: 'https://example.com',
      env: { HTTPS_PROXY: P, NO_PROXY: '.example.com' },
      want: P,
    },
    {
      name: 'NO_PROXY is no suffix match',
      server: 'https://badexample.com',
      env: { HTTPS_PROXY: P, NO_PROXY: 'example.com' },
      want: P,
    },
    {
      name: 'NO_PROXY CIDR',
      server: 'https://10.2.3.4:6443',
      env: { HTTPS_PROXY: P, NO_PROXY: '10.0.0.0/8' },
      want: undefined,
    },
    {
      name: 'other CIDR',
      server: 'https://11.2.3.4:6443',
      env: { HTTPS_PROXY: P, NO_PROXY: '10.0.0.0/8' },
      want: P,
    },
    {
      name: 'broken CIDR',
      server: 'https://10.2.3.4',
      env: { HTTPS_PROXY: P, NO_PROXY: '10.0.0.0/99,/8' },
      want: P,
    },
    {
      name: 'IPv6 CIDR',
      server: 'https://[fd00::1]',
      env: { HTTPS_PROXY: P, NO_PROXY: 'fd00::/8' },
      want: undefined,
    },
    {
      name: 'NO_PROXY port',
      server: 'https://api.example:6443',
      env: { HTTPS_PROXY: P, NO_PROXY: 'api.example:443' },
      want: P,
    },
    {
      name: 'NO_PROXY same port',
      server: 'https://api.example:6443',
      env: { HTTPS_PROXY: P, NO_PROXY: 'api.example:6443' },
      want: undefined,
    },
  ])('$name', ({ server, env, want }) => {
    expect(proxyFor(new URL(server), undefined, env)).toBe(want);
  });

  it('proxy-url of the kubeconfig wins over everything', () => {
    expect(proxyFor(new URL('https://127.0.0.1'), 'socks5://p:1', { NO_PROXY: '*' })).toBe('socks5://p:1');
  });
});
