import { EnvHttpProxyAgent, fetch, type Response } from 'undici';

/** The longest wait without a byte: for the connection, a proxy's tunnel, the headers, and every piece of the body. */
const IDLE_MS = 60_000;

/** The response to a request. Its body is read piece by piece. */
export interface Answer {
  readonly status: number;
  readonly headers: Response['headers'];
  /** Reads the body. Throws if no byte arrives for a minute. */
  parts(): AsyncGenerator<Uint8Array>;
  /** Ends the request, even if the body has not been read. */
  close(): Promise<void>;
}

/**
 * Sends a GET request and follows redirects. Uses the proxy in `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in upper or
 * lower case; Node's own `fetch` ignores these before Node 24.
 */
export async function get(url: URL, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Answer> {
  const agent = new EnvHttpProxyAgent();
  const idle = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => idle.abort(new Error('no byte came for a minute')), IDLE_MS);
  };
  const close = async () => {
    clearTimeout(timer);
    await agent.destroy();
  };
  wait();
  try {
    const either = signal ? AbortSignal.any([signal, idle.signal]) : idle.signal;
    const response = await fetch(url, { headers, signal: either, dispatcher: agent });
    return {
      status: response.status,
      headers: response.headers,
      async *parts() {
        wait();
        for await (const part of response.body ?? []) {
          yield part as Uint8Array;
          wait();
        }
      },
      close,
    };
  } catch (cause) {
    await close();
    throw reasonOf(cause);
  }
}

/** fetch only says "fetch failed"; the innermost cause has the reason. */
function reasonOf(error: unknown): unknown {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  return reason;
}
