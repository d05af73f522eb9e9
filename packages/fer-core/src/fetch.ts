import { checkFunction, checkObject, checkString } from './arguments.js';
import { describeValue, FerError } from './errors.js';
import { fetchOf } from './fetchOf.js';
import { checkOptions } from './options.js';
import { checkSignal, type RunOptions } from './progress.js';

/** Options of {@link fetchResponse} and {@link fetchBytes}. */
export interface FetchOptions {
  /** The function to fetch with. @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Passed to `fetch`: headers, credentials. @default none */
  readonly init?: RequestInit | undefined;
  /** Ends the request; the call then rejects with the signal's `reason`. `init.signal` does the same. */
  readonly signal?: AbortSignal | undefined;
  /** What to do about a failure, as the end of the error's message. @default 'check the address' */
  readonly advice?: string | undefined;
}

const FETCH_OPTIONS = ['fetch', 'init', 'signal', 'advice'];

/**
 * Fetches a file that is not a web page. The body is not read yet.
 *
 * @throws FerError `NOT_FOUND` if the server answers 404 or 410, or with a web page (some servers send
 *   `index.html` for every unknown address); `IO` for any other failure. `place.file` is the address without its query,
 *   which may hold a secret.
 *
 * @example
 * ```ts
 * const response = await fetchResponse('/data/fer2013.csv.gz', { signal: controller.signal });
 * const { train } = await parseFer2013(response.body!);
 * ```
 */
export async function fetchResponse(url: string | URL, options: FetchOptions = {}): Promise<Response> {
  checkOptions('fetchResponse', options, FETCH_OPTIONS);
  checkAddress(url);
  const { init, advice = 'check the address' } = options;
  checkInit(init);
  checkString('advice', advice);
  const given = fetchOf(options);
  const fetch = given === undefined ? globalThis.fetch : given;
  const file = placeOf(url);
  const signal = signalOf(options);
  signal?.throwIfAborted();
  checkFunction('fetch', fetch);
  let response: Response;
  try {
    response = await fetch(`${url}`, signal ? { ...init, signal } : init);
  } catch (cause) {
    signal?.throwIfAborted();
    throw new FerError('IO', `the request failed: ${advice} and the network.`, { file }, { cause });
  }
  if (!(response instanceof Object && 'headers' in response)) {
    throw new FerError('INVALID_ARGUMENT', 'fetch gave no response: it must return a promise of a Response.', { file });
  }
  if (response.ok && !/^text\/html\b/i.test(response.headers.get('content-type') ?? '')) return response;
  // Cancelling the body frees the connection for other requests.
  await response.body?.cancel().catch(() => undefined);
  if (response.ok) throw webPage(file, advice);
  const code = response.status === 404 || response.status === 410 ? 'NOT_FOUND' : 'IO';
  throw new FerError(code, `the server answered ${response.status}: ${advice}.`, { file });
}

/**
 * Fetches a whole file that is not a web page, as bytes.
 *
 * @param options - `onProgress` gets a `load` event for each piece that arrives.
 * @throws FerError as {@link fetchResponse}; also `NOT_FOUND` if the bytes begin as a web page does, and `IO` if
 *   the connection breaks off. An exception of `onProgress` is thrown as it is.
 *
 * @example
 * ```ts
 * const bytes = await fetchBytes('/models/model.h5', { onProgress: draw });
 * const { backbone } = await importKeras(bytes, { classes: 'alphabetical', preprocessing: 'scale' });
 * ```
 */
export async function fetchBytes(
  url: string | URL,
  options: FetchOptions & RunOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  checkOptions('fetchBytes', options, [...FETCH_OPTIONS, 'onProgress']);
  const { init, signal } = options;
  const response = await fetchResponse(url, { fetch: fetchOf(options), init, signal, advice: options.advice });
  const { advice = 'check the address' } = options;
  const file = placeOf(url);
  const brokeOff = (cause: unknown): never => {
    signalOf(options)?.throwIfAborted();
    throw new FerError('IO', `the connection broke off: ${advice} and the network.`, { file }, { cause });
  };
  const bytes = options.onProgress
    ? await readBody(response, options, brokeOff)
    : new Uint8Array(await response.arrayBuffer().catch(brokeOff));
  if (isWebPage(bytes)) throw webPage(file, advice);
  return bytes;
}

async function readBody(
  response: Response,
  options: RunOptions,
  brokeOff: (cause: unknown) => never,
): Promise<Uint8Array<ArrayBuffer>> {
  // Content-Length counts bytes before a Content-Encoding is undone.
  const length = response.headers.get('content-encoding') ? null : response.headers.get('content-length');
  const totalBytes = length ? Number(length) : undefined;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const reader = response.body?.getReader();
  try {
    for (;;) {
      const read = await reader?.read().catch(brokeOff);
      if (!read || read.done) break;
      chunks.push(read.value);
      bytes += read.value.length;
      options.onProgress?.({ kind: 'load', rows: 0, bytes, totalBytes });
    }
  } finally {
    // Otherwise the connection would stay open if `onProgress` throws.
    await reader?.cancel().catch(() => undefined);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/**
 * Checks that a value is an address.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but a string or a `URL`.
 */
export function checkAddress(url: unknown): asserts url is string | URL {
  if (typeof url === 'string' || url instanceof URL) return;
  throw new FerError('INVALID_ARGUMENT', `the address is ${describeValue(url)}: give a string or a URL.`);
}

/** @throws FerError `INVALID_ARGUMENT` */
function checkInit(init: RequestInit | undefined): void {
  if (init === undefined) return;
  checkObject('init', init, 'give an object such as { headers }');
  checkSignal(init.signal ?? undefined);
}

function placeOf(url: string | URL): string {
  return `${url}`.replace(/[?#].*$/, '');
}

function signalOf({ signal, init }: FetchOptions): AbortSignal | undefined {
  return signal && init?.signal ? AbortSignal.any([signal, init.signal]) : (signal ?? init?.signal ?? undefined);
}

function isWebPage(bytes: Uint8Array): boolean {
  return /^\s*<(!doctype html|html)\b/i.test(new TextDecoder().decode(bytes.subarray(0, 64)));
}

function webPage(file: string, advice: string): FerError {
  return new FerError('NOT_FOUND', `the server answered with a web page: ${advice}.`, { file });
}
