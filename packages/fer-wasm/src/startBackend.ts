import { type BackendWasm, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { decodeBase64, withSharedMemory } from './binary.js';
import { WasmError } from './errors.js';
import { checkBackend, checkCore } from './oneCopy.js';
import { enableRelaxedSimd } from './platform.js';
import { CONTROL_BYTES, KernelPool } from './pool.js';
import { heapOf } from './upstream.js';

/** A `wasm` backend with a pool of our kernels on its memory. */
export interface StartedBackend {
  readonly backend: BackendWasm;
  readonly pool: KernelPool;
  readonly relaxedSimd: boolean;
}

/** The URL that upstream requests its binary from; nothing is fetched. */
const BINARY_NAME = 'fer-wasm:upstream.wasm';

/**
 * Starts upstream's `wasm` backend on a memory that our kernels can share. It replaces a `wasm` backend that is already
 * running.
 *
 * @throws WasmError `UNSUPPORTED` if it can't start.
 */
export async function startBackend(threads: number, relaxedAllowed: boolean): Promise<StartedBackend> {
  checkCore();
  const [plain, relaxed, upstream] = await Promise.all([
    import('./generated/plain.js'),
    import('./generated/relaxed.js'),
    import('./generated/upstream.js'),
  ]);
  const shared = threads > 1;
  const relaxedBytes = withSharedMemory(decodeBase64(relaxed.default), shared);
  // Some engines have relaxed SIMD behind a flag that must be set before they compile anything.
  const relaxedSimd = relaxedAllowed && (WebAssembly.validate(relaxedBytes) || enableRelaxedSimd(relaxedBytes));
  const kernels = await compile(relaxedSimd ? relaxedBytes : withSharedMemory(decodeBase64(plain.default), shared));
  const binary = withSharedMemory(decodeBase64(upstream.default), shared);
  await compile(binary);
  const backend = await replaceBackend(binary);
  const heap = heapOf(backend);
  const control = (heap._malloc(CONTROL_BYTES + 16) + 15) & ~15;
  heap.HEAPU8.fill(0, control, control + CONTROL_BYTES);
  return { backend, pool: await KernelPool.start(kernels, heap.asm.memory, control, threads), relaxedSimd };
}

/**
 * Compiles one of our binaries.
 *
 * @throws WasmError `UNSUPPORTED`, with what to do, if the engine or its host refuses.
 */
async function compile(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  if (typeof WebAssembly === 'undefined') throw new WasmError('UNSUPPORTED', 'This engine has no WebAssembly.');
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    const message = WebAssembly.validate(bytes)
      ? "WebAssembly may not be compiled here. In a page, add 'wasm-unsafe-eval' to the script-src directive of its " +
        'content security policy. Hosts that forbid it altogether (Cloudflare Workers among them) cannot run this backend.'
      : 'This engine lacks a feature of WebAssembly that the kernels need: SIMD, or with several threads shared memory. ' +
        'Use a newer one, or another tfjs backend.';
    throw new WasmError('UNSUPPORTED', message, { cause });
  }
}

/**
 * Starts upstream's backend from the given binary. The tensors of a backend that is already running can still be read.
 */
async function replaceBackend(binary: Uint8Array<ArrayBuffer>): Promise<BackendWasm> {
  const env = tf.env();
  const { registry } = tf.engine();
  const { platform } = env;
  const names = ['', '-simd', '-threaded-simd'].map((kind) => [`tfjs-backend-wasm${kind}.wasm`, BINARY_NAME]);
  setWasmPaths(Object.fromEntries(names), true);
  env.set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const previous = registry.wasm;
  delete registry.wasm;
  // Upstream asks the platform for the binary. It gets this one, and nothing is fetched.
  env.platform = Object.create(platform, {
    fetch: {
      value: async (path: string, init?: RequestInit) =>
        path === BINARY_NAME ? new Response(binary) : platform.fetch(path, init),
    },
  }) as typeof platform;
  try {
    const started = await withoutProcessHandlers(() => tf.setBackend('wasm'));
    if (!started) {
      throw new WasmError('UNSUPPORTED', 'The wasm backend did not start. The warning on the console says why.');
    }
    const backend = tf.backend();
    checkBackend(backend);
    return backend;
  } catch (error) {
    if (previous) registry.wasm = previous;
    throw error;
  } finally {
    env.platform = platform;
  }
}

/** The parts of Node's `process` that we use; pages and workers lack it. */
interface EventSource {
  readonly listeners?: (event: string) => readonly unknown[];
  readonly removeListener?: (event: string, listener: unknown) => void;
}

/**
 * Upstream's emscripten code installs process-wide handlers that rethrow any uncaught error and thereby hide its
 * origin.
 */
async function withoutProcessHandlers<T>(action: () => Promise<T>): Promise<T> {
  const { process } = globalThis as { process?: EventSource };
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => process?.listeners?.(event) ?? []);
  try {
    return await action();
  } finally {
    events.forEach((event, i) => {
      for (const listener of process?.listeners?.(event) ?? []) {
        if (!before[i].includes(listener)) process?.removeListener?.(event, listener);
      }
    });
  }
}
