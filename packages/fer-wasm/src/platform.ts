/**
 * What differs between Node and browsers. Node's modules are asked for at run time, so that a bundler for browsers
 * never sees them.
 */
/** What is used of Node. Its own types are not there where this is compiled for browsers. */
interface NodeProcess {
  readonly versions?: { readonly node?: string };
  readonly getBuiltinModule?: (name: string) => unknown;
}

/** What is used of Node's modules. */
interface Builtins {
  'node:os': { availableParallelism(): number };
  'node:v8': { setFlagsFromString(flags: string): void };
  'node:worker_threads': {
    Worker: new (
      script: string,
      options: { eval: boolean; workerData: unknown },
    ) => {
      once(event: 'error', listener: (error: Error) => void): void;
      once(event: 'message', listener: () => void): void;
      unref(): void;
      terminate(): Promise<number>;
    };
  };
}

function nodeProcess(): NodeProcess | undefined {
  return (globalThis as { process?: NodeProcess }).process;
}

function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined {
  return nodeProcess()?.getBuiltinModule?.(name) as Builtins[Name] | undefined;
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
  const major = Number(nodeProcess()?.versions?.node?.split('.')[0]);
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
