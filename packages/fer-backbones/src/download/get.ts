import { EnvHttpProxyAgent, fetch, type Response } from 'undici';

/** Longest time without a byte: for the connection, a proxy's tunnel, the headers, and every part of the body. */
const IDLE_MS = 60_000;

/** The answer to a request, whose body is read part by part. */
export interface Answer {
  readonly status: number;
  readonly headers: Response['headers'];
  /** Reads the body; throws where no byte comes for a minute. */
  parts(): AsyncGenerator<Uint8Array>;
  /** Ends the request, read or not. */
  close(): Promise<void>;
}

/**
 * A GET request, through the proxy that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name, in capital or small letters:
 * Node's own `fetch` knows none before Node 24. Redirections are followed.
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

/** fetch says "fetch failed"; why is in the last of its causes. */
function reasonOf(error: unknown): unknown {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  return reason;
}
