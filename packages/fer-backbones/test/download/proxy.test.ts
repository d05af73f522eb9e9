import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { get, proxyFor } from '../../src/download/proxy.js';

describe('proxyFor', () => {
  const target = new URL('https://storage.example.com/x');
  const host = (environment: Record<string, string>, url = target) => proxyFor(url, environment)?.host;

  it('reads the environment as curl does', () => {
    expect(host({})).toBeUndefined();
    expect(host({ HTTPS_PROXY: 'http://p:3128' })).toBe('p:3128');
    expect(host({ https_proxy: 'p:3128', HTTPS_PROXY: 'http://q:1' })).toBe('p:3128');
    expect(host({ HTTP_PROXY: 'http://p:3128' })).toBeUndefined();
    expect(host({ ALL_PROXY: 'http://p:3128' })).toBe('p:3128');
    expect(host({ http_proxy: 'http://p:3128' }, new URL('http://example.com/'))).toBe('p:3128');
  });

  it.each([
    ['storage.example.com', undefined],
    ['example.com', undefined],
    ['localhost, .example.com', undefined],
    ['*', undefined],
    ['EXAMPLE.com:443', undefined],
    ['example.com:80', 'p:3128'],
    ['ample.com', 'p:3128'],
    ['other.com', 'p:3128'],
  ])('leaves out what no_proxy lists: %s', (list, expected) => {
    expect(host({ https_proxy: 'http://p:3128', NO_PROXY: list })).toBe(expected);
  });

  it('refuses a proxy that speaks no HTTP', () => {
    expect(() => host({ https_proxy: 'socks5://p:1080' })).toThrow('only HTTP proxies');
  });
});

describe('get', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('asks a proxy for a tunnel to an https address, and says what it answered', async () => {
    const asked: (string | undefined)[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      asked.push(request.url);
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('https_proxy', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    await expect(get(new URL('https://weights.invalid/x'), {})).rejects.toThrow(/answered 407/);
    expect(asked).toEqual(['weights.invalid:443']);
    proxy.close();
  });
});
