/**
 * What differs between Node and browsers. Node's modules are asked for at run time, so that a bundler for browsers
 * never sees them.
 */
type Builtin<Name extends string> = Name extends 'node:worker_threads'
  ? typeof import('node:worker_threads')
  : Name extends 'node:v8'
    ? typeof import('node:v8')
    : typeof import('node:os');

function builtin<Name extends 'node:worker_threads' | 'node:v8' | 'node:os'>(name: Name): Builtin<Name> | undefined {
  return globalThis.process?.getBuiltinModule?.(name) as Builtin<Name> | undefined;
}

/** Whether this is Node (or what behaves like it) and not a page. */
export function isNode(): boolean {
  return builtin('node:worker_threads') !== undefined;
}

/** Whether memory can be shared with workers: always in Node, in browsers where the page is cross-origin isolated. */
export function canShareMemory(): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && (isNode() || globalThis.crossOriginIsolated === true);
}

/** How many threads the machine runs at once, as far as it says. */
export function availableThreads(): number {
  return builtin('node:os')?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/**
 * Node 20 and 21 know relaxed SIMD but keep it behind a flag, which must be set before the first binary is compiled;
 * later ones don't know the flag.
 *
 * @param bytes - A binary that uses it.
 * @returns Whether the engine now takes the binary.
 */
export function enableRelaxedSimd(bytes: Uint8Array<ArrayBuffer>): boolean {
  const major = Number(globalThis.process?.versions?.node?.split('.')[0]);
  if (major !== 20 && major !== 21) return false;
  builtin('node:v8')?.setFlagsFromString('--experimental-wasm-relaxed-simd');
  return WebAssembly.validate(bytes);
}

/** A started worker. */
export interface WorkerHandle {
  terminate(): void;
}

/**
 * Starts a worker from the text of its script, which finds its `data` in a message (browsers) or in `workerData`
 * (Node), and posts one message when it is ready. In Node it doesn't keep the process alive.
 */
export function startWorker(script: string, data: unknown): Promise<WorkerHandle> {
  const threads = builtin('node:worker_threads');
  return new Promise((resolve, reject) => {
    if (threads) {
      const worker = new threads.Worker(script, { eval: true, workerData: data });
      worker.once('error', reject);
      worker.once('message', () => {
        worker.unref();
        resolve({ terminate: () => void worker.terminate() });
      });
      return;
    }
    const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
    const worker = new Worker(url);
    worker.onerror = (event) => {
      URL.revokeObjectURL(url);
      reject(new Error(event.message));
    };
    worker.onmessage = () => {
      URL.revokeObjectURL(url);
      resolve({ terminate: () => worker.terminate() });
    };
    worker.postMessage(data);
  });
}
