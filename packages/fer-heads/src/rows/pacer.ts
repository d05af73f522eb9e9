import { breathe } from 'fer-core';

/** Returns a function that yields to the event loop if 30 ms have passed since it last did. */
export function pacer(signal?: AbortSignal): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    signal?.throwIfAborted();
    if (performance.now() - last < 30) return undefined;
    return breathe(signal).then(() => {
      last = performance.now();
    });
  };
}
