import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from './arguments.js';
import { type UseWasmOptions, useWasm, type WasmSetup } from './useWasm.js';

/** What {@link useBest} chose; of `wasm` also its setup. */
export interface BackendSetup extends Partial<WasmSetup> {
  /** Name of the tfjs backend that is now current. */
  readonly backend: string;
}

/**
 * Makes the fastest backend current that the program has: of those it has imported, `tensorflow` (tfjs-node or its GPU
 * version), `webgpu` where its adapter is a real one, and in browsers `webgl`; else the one of {@link useWasm}. Nothing
 * is loaded that wasn't imported: `import '@tensorflow/tfjs-backend-webgpu'` makes that a candidate.
 *
 * A backend that doesn't start is passed over. Numbers differ between backends in their last bits.
 *
 * @param options - For `wasm`, if it comes to that.
 * @throws WasmError as {@link useWasm}, where nothing else starts.
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
  // Under Node a WebGL is a software one.
  { name: 'webgl', suits: async () => typeof document !== 'undefined' },
];

/** Whether WebGPU's adapter is hardware: a fallback one computes on the CPU, and slowly. */
async function hasRealAdapter(): Promise<boolean> {
  const { gpu } = (globalThis.navigator ?? {}) as { gpu?: { requestAdapter(): Promise<Adapter | null> } };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  return Boolean(adapter) && !(adapter?.info?.isFallbackAdapter ?? adapter?.isFallbackAdapter ?? false);
}

interface Adapter {
  readonly isFallbackAdapter?: boolean;
  readonly info?: { readonly isFallbackAdapter?: boolean };
}
