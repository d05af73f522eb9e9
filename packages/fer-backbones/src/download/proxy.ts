import { type ClientRequest, type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Socket } from 'node:net';
import { FerError } from 'fer-core';

/** Environment variables, as `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the environment names for an address, as curl reads it: `https_proxy`, `http_proxy` or `all_proxy`, in
 * small or capital letters, unless `no_proxy` lists the host, a domain above it, or `*`.
 *
 * @throws FerError `UNSUPPORTED` for a proxy that speaks no HTTP.
 */
export function proxyFor(target: URL, environment: Environment = process.env): URL | undefined {
  const read = (name: string) => environment[name] || environment[name.toUpperCase()];
  const address = read(`${target.protocol.slice(0, -1)}_proxy`) ?? read('all_proxy');
  if (!address || excluded(target, read('no_proxy') ?? '')) return undefined;
  const proxy = new URL(/^\w+:\/\//.test(address) ? address : `http://${address}`);
  if (proxy.protocol !== 'http:' && proxy.protocol !== 'https:') {
    throw new FerError('UNSUPPORTED', `proxy ${proxy.protocol}//${proxy.host}: only HTTP proxies are supported.`);
  }
  return proxy;
}

function excluded({ hostname, port, protocol }: URL, list: string): boolean {
  const actual = port || (protocol === 'https:' ? '443' : '80');
  return list
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => {
      const [, name, wanted] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase())!;
      if (wanted && wanted !== actual) return false;
      const domain = name.replace(/^\*?\./, '');
      return name === '*' || hostname === domain || hostname.endsWith(`.${domain}`);
    });
}

/**
 * A GET request, through the environment's proxy where it names one: Node's `fetch` knows none before Node 24.
 *
 * @returns The answer, whatever its status; redirections are followed.
 */
export async function get(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  let target = url;
  for (let hop = 0; hop < 10; hop++) {
    const answer = await getOnce(target, headers, signal);
    const { location } = answer.headers;
    if (!location || ![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0)) return answer;
    answer.destroy();
    target = new URL(location, target);
  }
  throw new FerError('IO', 'it redirects without end: check the address.', { file: url.href });
}

async function getOnce(
  target: URL,
  headers: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  const proxy = proxyFor(target);
  if (!proxy) return answerOf(start(target, { headers, signal }));
  if (target.protocol === 'http:') {
    return answerOf(
      start(proxy, { headers: { ...headers, ...login(proxy), host: target.host }, path: target.href, signal }),
    );
  }
  const socket = await tunnel(proxy, target, signal);
  return answerOf(secureRequest(target, { headers, signal, agent: false, socket } as RequestOptions).end());
}

function start(url: URL, options: RequestOptions): ClientRequest {
  return (url.protocol === 'https:' ? secureRequest : plainRequest)(url, { agent: false, ...options }).end();
}

function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
    request.setTimeout(60_000, () => request.destroy(new Error('no byte came for a minute')));
  });
}

/** A connection through the proxy to the target (CONNECT, RFC 9110 § 9.3.6). */
function tunnel(proxy: URL, target: URL, signal?: AbortSignal): Promise<Socket> {
  const path = `${target.hostname}:${target.port || 443}`;
  return new Promise((resolve, reject) => {
    start(proxy, { method: 'CONNECT', path, headers: { host: path, ...login(proxy) }, signal })
      .once('connect', ({ statusCode }, socket) => {
        if (statusCode === 200) return resolve(socket);
        socket.destroy();
        reject(new Error(`the proxy ${proxy.host} answered ${statusCode}`));
      })
      .once('response', ({ statusCode }) => reject(new Error(`the proxy ${proxy.host} answered ${statusCode}`)))
      .once('error', reject);
  });
}

function login({ username, password }: URL): Record<string, string> {
  if (!username) return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}
