import { breathe } from 'fer-core';

/** Lets the event loop run whenever 30 ms have gone since it last did. */
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
