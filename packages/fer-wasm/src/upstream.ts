import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** The parts of upstream's backend that we use beyond its public types. */
export interface Heap {
  _malloc: (bytes: number) => number;
  readonly _free: (address: number) => void;
  readonly asm: { readonly memory: WebAssembly.Memory };
  HEAPU8: Uint8Array;
}

/** The heap of upstream's backend. */
export function heapOf(backend: BackendWasm): Heap {
  return backend.wasm as unknown as Heap;
}
