import * as tf from '@tensorflow/tfjs-core';
import { checkOptions, describe } from './arguments.js';
import { setWorkspace } from './current.js';
import { WasmError } from './errors.js';
import { registerGradients } from './gradients/register.js';
import { Workspace } from './heap.js';
import { registerKernels } from './kernels/register.js';
import { checkCore, checkKernels, checkOwner, noteKernels } from './oneCopy.js';
import { registerAdamW } from './optimizers/adam.js';
import { availableThreads, canShareMemory } from './platform.js';
import { makeCurrent, takeFactory } from './registration.js';
import { type StartedBackend, startBackend } from './startBackend.js';

/** Options of {@link useWasm}. */
export interface UseWasmOptions {
  /**
   * How many threads share the work of a kernel, from 1 to 256. More than one thread needs shared memory, which Node
   * has, and a page if it is cross-origin isolated. Otherwise, or if the page's content security policy forbids
   * workers, there is one thread.
   *
   * @default all that the machine runs at once, at most 8
   */
  readonly threads?: number | undefined;
  /**
   * Whether to use relaxed SIMD (fused multiply-add) if the engine supports it. Results then differ in their last bits
   * from those of engines without it.
   *
   * @default true
   */
  readonly relaxedSimd?: boolean | undefined;
}

/** What {@link useWasm} set up. */
export interface WasmSetup {
  /** How many threads share the work of a kernel. */
  readonly threads: number;
  /** Whether the kernels use relaxed SIMD. */
  readonly relaxedSimd: boolean;
}

interface Started extends StartedBackend {
  readonly workspace: Workspace;
  readonly setup: WasmSetup;
  /** The options that were passed. */
  readonly options: Required<UseWasmOptions>;
}

let current: Started | undefined;
/** The last call, settled or not. */
let queue: Promise<unknown> = Promise.resolve();

/**
 * Makes tfjs' `wasm` backend the current one, with kernels that can train and that use all cores. The binaries are part
 * of this package, so there is no native install and no path to configure.
 *
 * If a `wasm` backend is already running, started by other code or with other options, a new one replaces it; tensors
 * move to it when they are next used. The earlier one can be used until the new one is ready, so that a fit that is
 * running goes on. A call without options, or with the same options, keeps the backend of the earlier call and makes it
 * current again. After `tf.removeBackend('wasm')` or `tf.engine().reset()`, a call starts a new one; tensors of the old
 * one are lost. From the first call on, tfjs itself doesn't start this backend any more.
 *
 * Import `@tensorflow/tfjs-layers` (or anything else that registers tfjs' gradients) before calling this function: it
 * replaces some gradients by faster ones.
 *
 * @returns What was set up.
 * @throws WasmError `INVALID_ARGUMENT` if `threads` is not a whole number from 1 to 256; `UNSUPPORTED` if the engine
 *   has no WebAssembly or no SIMD, if WebAssembly may not be compiled (the page's content security policy lacks
 *   `'wasm-unsafe-eval'`, or the host forbids it), if memory can't be reserved, or if the application holds a second
 *   copy of this package, tfjs-core or tfjs-backend-wasm, such as a bundle that contains tfjs; if that is loaded after
 *   the first call, the next one rejects. The error's `cause` is that of the engine, if there is one. A call that
 *   failed may be repeated; a backend that was running before still is.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-layers';
 *
 * const { threads } = await useWasm({ threads: 4 });
 * console.log(threads); // 4; in a page that is not cross-origin isolated, 1
 * ```
 */
export async function useWasm(options: UseWasmOptions = {}): Promise<WasmSetup> {
  checkOptions('useWasm', options, ['threads', 'relaxedSimd']);
  const { threads, relaxedSimd } = options;
  if (relaxedSimd !== undefined && typeof relaxedSimd !== 'boolean') {
    throw new WasmError('INVALID_ARGUMENT', `relaxedSimd is ${describe(relaxedSimd)}: it must be true or false.`);
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 256)) {
    throw new WasmError(
      'INVALID_ARGUMENT',
      `threads is ${describe(threads)}: it must be a whole number from 1 to 256.`,
    );
  }
  checkCore();
  checkOwner();
  checkKernels();
  takeFactory();
  // Overlapping calls run one after another.
  const next = queue.then(() => startOrKeep(options));
  queue = next.catch(() => undefined);
  const { setup } = await next;
  registerGradients();
  registerAdamW();
  return setup;
}

async function startOrKeep(options: UseWasmOptions): Promise<Started> {
  const usable = current && current.backend === tf.engine().registry.wasm ? current : undefined;
  const wanted = {
    threads: options.threads ?? usable?.options.threads ?? Math.min(availableThreads(), 8),
    relaxedSimd: options.relaxedSimd ?? usable?.options.relaxedSimd ?? true,
  };
  const same = usable && wanted.threads === usable.options.threads && wanted.relaxedSimd === usable.options.relaxedSimd;
  if (same) {
    if (tf.getBackend() !== 'wasm') makeCurrent(usable.backend);
    return usable;
  }
  const fresh = await startBackend(canShareMemory() ? wanted.threads : 1, wanted.relaxedSimd);
  // From here on without a pause, so that no op meets a part of each backend.
  if (current) close(current);
  makeCurrent(fresh.backend);
  const workspace = new Workspace(fresh.backend, fresh.pool);
  registerKernels(workspace);
  noteKernels();
  setWorkspace(workspace);
  const setup = { threads: fresh.pool.threads, relaxedSimd: fresh.relaxedSimd };
  current = { ...fresh, workspace, options: wanted, setup };
  return current;
}

/** Ends the workers of a backend, whose tensors can then still be read. */
function close({ backend, pool, workspace }: Started): void {
  // `tf.removeBackend` and `tf.engine().reset()` have freed everything else.
  const isDisposed = (backend.wasm as unknown) === null;
  if (isDisposed) pool.dispose();
  else workspace.close();
}
