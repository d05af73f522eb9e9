/**
 * The differences between Node and browsers. Node's modules are loaded at run time, so that a bundler for browsers
 * never sees them.
 */
/** The parts of Node's `process` that we use. Node's types are not available when compiling for browsers. */
interface NodeProcess {
  readonly versions?: { readonly node?: string };
  readonly getBuiltinModule?: (name: string) => unknown;
}

/** The parts of Node's modules that we use. */
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

/** Whether this is Node (or a compatible runtime) and not a page. */
export function isNode(): boolean {
  return builtin('node:worker_threads') !== undefined;
}

/** Whether memory can be shared with workers: always in Node, and in browsers if the page is cross-origin isolated. */
export function canShareMemory(): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && (isNode() || globalThis.crossOriginIsolated === true);
}

/** Returns how many threads the machine runs at once, as reported by the platform. */
export function availableThreads(): number {
  return builtin('node:os')?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/**
 * Node 20 and 21 have relaxed SIMD behind a flag, which must be set before the first binary is compiled. Later versions
 * don't know the flag.
 *
 * @param bytes - A binary that uses relaxed SIMD.
 * @returns Whether the engine accepts the binary afterwards.
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
 * Starts a worker from the source of its script. The script receives `data` in a message (browsers) or as `workerData`
 * (Node), and posts one message when it is ready. In Node the worker doesn't keep the process alive.
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
