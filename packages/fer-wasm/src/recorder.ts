import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Heap, heapOf } from './upstream.js';

/** One call of a kernel, or a copy of bytes. */
export type RecordedCall =
  | { readonly kernel: string; readonly words: readonly number[]; readonly parallel: boolean }
  | { readonly from: number; readonly to: number; readonly bytes: number };

/** A piece of the heap that was allocated while recording. */
interface Block {
  readonly bytes: number;
  /** Whether it holds numbers that JavaScript wrote, which no kernel computes again. */
  readonly pinned: boolean;
  live: boolean;
}

/** The parts of upstream's backend that are replaced while recording. */
type Patched = Pick<BackendWasm, 'move' | 'readSync'>;

/** A block that is this much larger than needed is not used again. */
const MOST_WASTE = 65536;

/**
 * Records the kernels that run between {@link start} and {@link stop}, and keeps the memory that they used, so that
 * they can run again on it. Within the recording, freed memory is used again; what holds constants is not.
 */
export class Recorder {
  readonly calls: RecordedCall[] = [];
  /** Whether something ran that can't be repeated by calling kernels. */
  refused = false;
  readonly #backend: BackendWasm;
  readonly #heap: Heap;
  readonly #blocks = new Map<number, Block>();
  #pinning = false;
  #outside = false;
  #restore = (): void => undefined;

  constructor(backend: BackendWasm) {
    this.#backend = backend;
    this.#heap = heapOf(backend);
  }

  /** Starts to record. All memory of the heap is allocated and freed by this recorder until `stop`. */
  start(): void {
    const heap = this.#heap as { -readonly [Name in keyof Heap]: Heap[Name] };
    const backend = this.#backend as Patched;
    // Emscripten's functions replace themselves when they are first called.
    heap._free(heap._malloc(16));
    const { _malloc, _free } = heap;
    const { move, readSync } = backend;
    const owned = (['move', 'readSync'] as const).filter((name) => Object.hasOwn(backend, name));
    heap._malloc = (bytes) => this.#allocate(bytes, _malloc);
    heap._free = (address) => {
      const block = this.#blocks.get(address);
      if (block) block.live = false;
      else _free(address);
    };
    backend.move = (dataId, values, ...rest) => {
      const allocate = () => move.call(backend, dataId, values, ...rest);
      if (values) this.pin(allocate);
      else allocate();
    };
    backend.readSync = (...args) => {
      this.refused = true;
      return readSync.apply(backend, args);
    };
    this.#restore = () => {
      Object.assign(heap, { _malloc, _free });
      for (const [name, original] of Object.entries({ move, readSync })) {
        if (owned.includes(name as 'move')) Object.assign(backend, { [name]: original });
        else delete (backend as Partial<Patched>)[name as 'move'];
      }
    };
  }

  /** Ends the recording. If a tensor outlives it, its memory is that tensor's, and nothing can be repeated. */
  stop(): void {
    this.#restore();
    for (const [address, { live }] of this.#blocks) {
      if (!live) continue;
      this.refused = true;
      this.#blocks.delete(address);
    }
  }

  /** Keeps the memory that `allocate` allocates for what JavaScript writes there. */
  pin<T>(allocate: () => T): T {
    const before = this.#pinning;
    this.#pinning = true;
    try {
      return allocate();
    } finally {
      this.#pinning = before;
    }
  }

  /** Returns the address of memory that lives as long as the recording. */
  keep(bytes: number): number {
    const address = this.pin(() => this.#heap._malloc(bytes) >>> 0);
    const block = this.#blocks.get(address);
    if (block) block.live = false;
    return address;
  }

  /** Allocates memory that is not the recording's. */
  outside<T>(allocate: () => T): T {
    this.#outside = true;
    try {
      return allocate();
    } finally {
      this.#outside = false;
    }
  }

  /** Refuses if JavaScript reads numbers that depend on the input. */
  read(tensor: TensorInfo): void {
    const { memoryOffset } = this.#backend.dataIdMap.get(tensor.dataId);
    const block = this.#blocks.get(memoryOffset);
    if (block && !block.pinned) this.refused = true;
  }

  /** Frees the memory. */
  dispose(): void {
    for (const address of this.#blocks.keys()) this.#heap._free(address);
    this.#blocks.clear();
  }

  #allocate(bytes: number, malloc: Heap['_malloc']): number {
    if (this.#outside) return malloc(bytes);
    const pinned = this.#pinning;
    let best: [address: number, block: Block] | undefined;
    for (const entry of this.#blocks) {
      const [, block] = entry;
      const fits = !block.live && !block.pinned && block.bytes >= bytes && block.bytes <= 2 * bytes + MOST_WASTE;
      if (fits && (!best || block.bytes < best[1].bytes)) best = entry;
    }
    if (best && !pinned) {
      best[1].live = true;
      return best[0];
    }
    const address = malloc(bytes) >>> 0;
    if (address !== 0) this.#blocks.set(address, { bytes, pinned, live: true });
    return address;
  }
}
