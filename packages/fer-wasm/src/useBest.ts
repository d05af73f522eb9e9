import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from './arguments.js';
import { type UseWasmOptions, useWasm, type WasmSetup } from './useWasm.js';

/** The backend that {@link useBest} chose, with the setup of `wasm` if it chose that. */
export interface BackendSetup extends Partial<WasmSetup> {
  /** Name of the tfjs backend that is now current. */
  readonly backend: string;
}

/**
 * Makes the fastest available backend current. The candidates are the backends that the program has imported, in this
 * order: `tensorflow` (tfjs-node or its GPU version), `webgpu` if its adapter is real hardware, and in browsers
 * `webgl`. If none of them starts, the function falls back to {@link useWasm}. It loads nothing by itself: `import
 * '@tensorflow/tfjs-backend-webgpu'` makes WebGPU a candidate.
 *
 * A backend that fails to start is skipped. Results differ between backends in their last bits.
 *
 * @param options - Used if the choice is `wasm`.
 * @throws WasmError as {@link useWasm}, if nothing else starts.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-webgpu';
 *
 * const { backend } = await useBest();
 * console.log(backend); // 'webgpu' on a machine that has it, else 'wasm'
 * ```
 */
export async function useBest(options: UseWasmOptions = {}): Promise<BackendSetup> {
  checkOptions('useBest', options, ['threads', 'relaxedSimd']);
  for (const { name, suits } of CANDIDATES) {
    if (!tf.findBackendFactory(name) || !(await suits())) continue;
    if (await tf.setBackend(name).catch(() => false)) return { backend: name };
  }
  return { backend: 'wasm', ...(await useWasm(options)) };
}

const CANDIDATES: readonly { readonly name: string; readonly suits: () => Promise<boolean> }[] = [
  { name: 'tensorflow', suits: async () => true },
  { name: 'webgpu', suits: hasRealAdapter },
  // Under Node, WebGL is a software implementation.
  { name: 'webgl', suits: async () => typeof document !== 'undefined' },
];

/** Whether WebGPU's adapter is hardware. A fallback adapter computes on the CPU and is slow. */
async function hasRealAdapter(): Promise<boolean> {
  const { gpu } = (globalThis.navigator ?? {}) as { gpu?: { requestAdapter(): Promise<Adapter | null> } };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  return Boolean(adapter) && !(adapter?.info?.isFallbackAdapter ?? adapter?.isFallbackAdapter ?? false);
}

interface Adapter {
  readonly isFallbackAdapter?: boolean;
  readonly info?: { readonly isFallbackAdapter?: boolean };
}
