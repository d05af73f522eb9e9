import * as tf from '@tensorflow/tfjs-core';
import { checkOptions, describe } from './arguments.js';
import { setWorkspace } from './current.js';
import { WasmError } from './errors.js';
import { registerGradients } from './gradients/register.js';
import { Workspace } from './heap.js';
import { registerKernels } from './kernels/register.js';
import { availableThreads, canShareMemory } from './platform.js';
import { type StartedBackend, startBackend } from './startBackend.js';

/** Options of {@link useWasm}. */
export interface UseWasmOptions {
  /**
   * How many threads share the work of a kernel, from 1 to 256. More than one needs shared memory: Node, or a page that
   * is cross-origin isolated. Elsewhere, and where the page's content security policy forbids workers, there is one.
   *
   * @default all that the machine runs at once, at most 8
   */
  readonly threads?: number | undefined;
  /**
   * Whether to use relaxed SIMD (fused multiply-add) where the engine has it. Results then differ in the last bits
   * from those of engines without.
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
  /** What was asked for. */
  readonly options: Required<UseWasmOptions>;
}

let starting: Promise<Started> | undefined;

/**
 * Makes tfjs' `wasm` backend the current one, with kernels that can train and that use all cores. No native install,
 * no path to configure: the binaries are part of this package.
 *
 * Where the `wasm` backend runs already, started by something else or by a call with other options, a new one takes its
 * place; tensors move to it when they are next used. A call without options, or with the same ones, keeps the backend
 * that an earlier call started, and makes it the current one again.
 *
 * Import `@tensorflow/tfjs-layers` (or whatever else registers tfjs' gradients) before this is called: some gradients
 * are replaced by faster ones.
 *
 * @returns What was set up.
 * @throws WasmError `INVALID_ARGUMENT` where `threads` is no whole number from 1 to 256; `UNSUPPORTED` where the engine
 *   has no SIMD, where WebAssembly may not be compiled (the page's content security policy lacks `'wasm-unsafe-eval'`,
 *   or the host forbids it), or where the application holds a second copy of tfjs-core or tfjs-backend-wasm.
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
  const before = starting;
  // Calls that overlap follow one another.
  const next = (before ?? Promise.resolve(undefined)).then(
    (started) => startOrKeep(options, started),
    () => startOrKeep(options, undefined),
  );
  starting = next;
  const { setup, backend } = await next;
  if (tf.getBackend() !== 'wasm' || tf.backend() !== backend) await tf.setBackend('wasm');
  registerGradients();
  return setup;
}

async function startOrKeep(options: UseWasmOptions, started: Started | undefined): Promise<Started> {
  const registered: unknown = tf.engine().registry.wasm;
  const usable = started && started.backend === registered ? started : undefined;
  const wanted = {
    threads: options.threads ?? usable?.options.threads ?? Math.min(availableThreads(), 8),
    relaxedSimd: options.relaxedSimd ?? usable?.options.relaxedSimd ?? true,
  };
  const same = usable && wanted.threads === usable.options.threads && wanted.relaxedSimd === usable.options.relaxedSimd;
  if (same) return usable;
  const fresh = await startBackend(canShareMemory() ? wanted.threads : 1, wanted.relaxedSimd);
  started?.workspace.close();
  const workspace = new Workspace(fresh.backend, fresh.pool);
  registerKernels(workspace);
  setWorkspace(workspace);
  const setup = { threads: fresh.pool.threads, relaxedSimd: fresh.relaxedSimd };
  return { ...fresh, workspace, options: wanted, setup };
}
