import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { decodeBase64, wasmDataUrl, withSharedMemory } from './binary.js';
import { heapOf, Workspace } from './heap.js';
import { registerKernels } from './kernels/register.js';
import { checkBackend, checkCore } from './oneCopy.js';
import { availableThreads, canShareMemory, enableRelaxedSimd } from './platform.js';
import { CONTROL_BYTES, KernelPool } from './pool.js';

/** Options of {@link useWasm}. */
export interface UseWasmOptions {
  /**
   * How many threads share the work of a kernel, from 1. More than one needs shared memory: Node, or a page that is
   * cross-origin isolated; elsewhere it is 1 whatever is asked.
   *
   * @default all that the machine runs at once, at most 8
   */
  readonly threads?: number;
  /**
   * Whether to use relaxed SIMD (fused multiply-add) where the engine has it. Results then differ in the last bits
   * from those of engines without.
   *
   * @default true
   */
  readonly relaxedSimd?: boolean;
}

/** What {@link useWasm} set up. */
export interface WasmSetup {
  readonly threads: number;
  readonly relaxedSimd: boolean;
}

let current: { readonly workspace: Workspace; readonly setup: WasmSetup } | undefined;
let starting: Promise<WasmSetup> | undefined;

/**
 * Makes tfjs' `wasm` backend the current one, with kernels that can train and that use all cores. No native install,
 * no path to configure: the binaries are part of this package. Call it once, before anything else uses the backend;
 * later calls return the first one's setup.
 *
 * @throws Error where the `wasm` backend was already started by something else, where `threads` is no whole number
 *   from 1, where the engine has no SIMD, or where the application holds a second copy of tfjs-core or
 *   tfjs-backend-wasm.
 */
export function useWasm(options: UseWasmOptions = {}): Promise<WasmSetup> {
  const { threads = Math.min(availableThreads(), 8) } = options;
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    return Promise.reject(new Error(`threads is ${threads}: it must be a whole number from 1 to 256.`));
  }
  starting ??= start(canShareMemory() ? threads : 1, options.relaxedSimd ?? true).catch((error) => {
    starting = undefined;
    throw error;
  });
  return starting;
}

/** The workspace of the current backend, where that is ours. */
export function currentWorkspace(): Workspace | undefined {
  return current && tf.getBackend() === 'wasm' ? current.workspace : undefined;
}

async function start(threads: number, relaxedAllowed: boolean): Promise<WasmSetup> {
  checkCore();
  if ('wasm' in tf.engine().registry) {
    throw new Error('The wasm backend is already running: call useWasm() before the backend is first used.');
  }
  const [plain, relaxed, upstream] = await Promise.all([
    import('./generated/plain.js'),
    import('./generated/relaxed.js'),
    import('./generated/upstream.js'),
  ]);
  const shared = threads > 1;
  const url = wasmDataUrl(withSharedMemory(decodeBase64(upstream.default), shared));
  setWasmPaths(
    Object.fromEntries(['', '-simd', '-threaded-simd'].map((kind) => [`tfjs-backend-wasm${kind}.wasm`, url])),
    true,
  );
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (relaxedAllowed) enableRelaxedSimd();
  await withoutProcessHandlers(async () => {
    if (!(await tf.setBackend('wasm'))) {
      throw new Error('The wasm backend did not start: does the engine have SIMD, and is there one copy of tfjs only?');
    }
  });
  const backend = tf.backend();
  checkBackend(backend);
  const heap = heapOf(backend);
  const control = (heap._malloc(CONTROL_BYTES + 16) + 15) & ~15;
  heap.HEAPU8.fill(0, control, control + CONTROL_BYTES);

  const relaxedBytes = withSharedMemory(decodeBase64(relaxed.default), shared);
  const relaxedSimd = relaxedAllowed && WebAssembly.validate(relaxedBytes);
  const bytes = relaxedSimd ? relaxedBytes : withSharedMemory(decodeBase64(plain.default), shared);
  const module = await WebAssembly.compile(bytes);
  const workspace = new Workspace(backend, await KernelPool.start(module, heap.asm.memory, control, threads));
  registerKernels(workspace);
  const setup = { threads, relaxedSimd };
  current = { workspace, setup };
  return setup;
}

/** Upstream's emscripten code installs process-wide handlers that rethrow, and so hide, any uncaught error. */
async function withoutProcessHandlers(action: () => Promise<void>): Promise<void> {
  const { process } = globalThis;
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => process?.listeners?.(event as 'uncaughtException') ?? []);
  await action();
  events.forEach((event, i) => {
    for (const listener of process?.listeners?.(event as 'uncaughtException') ?? []) {
      if (!before[i].includes(listener)) process.removeListener(event, listener);
    }
  });
}
