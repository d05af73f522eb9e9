import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { Deferrals } from './deferred.js';
import { WasmError } from './errors.js';
import { PackedFilters } from './packedFilters.js';
import type { KernelPool } from './pool.js';
import { type Heap, heapOf } from './upstream.js';

/** The fewest elements for which a second thread pays: handing over work takes about as long as visiting this many. */
export const FEWEST_PARALLEL = 100_000;

/** Runs our kernels on the heap of one backend. */
export class Workspace {
  readonly backend: BackendWasm;
  readonly pool: KernelPool;
  /** Tensors whose computation is deferred. */
  readonly deferrals: Deferrals;
  /** Filters in the layout that convolutions read. */
  readonly filters: PackedFilters;
  readonly #heap: Heap;
  #scratch = 0;
  #scratchBytes = 0;

  constructor(backend: BackendWasm, pool: KernelPool) {
    this.backend = backend;
    this.pool = pool;
    this.#heap = heapOf(backend);
    this.filters = new PackedFilters(this.#heap._malloc, this.#heap._free);
    this.deferrals = new Deferrals(backend, pool, (dataId) => this.filters.forget(dataId));
  }

  /** Computes all deferred tensors and ends the workers. The backend's tensors can still be read. */
  close(): void {
    this.deferrals.flush();
    this.pool.dispose();
  }

  /** A tensor's address. */
  address(tensor: TensorInfo): number {
    return this.backend.dataIdMap.get(tensor.dataId).memoryOffset;
  }

  /**
   * Drops what upstream's kernels derived from a tensor. They pack the weights of a convolution once and would not
   * notice an update in place.
   */
  forget(tensor: TensorInfo): void {
    const { id, memoryOffset, shape } = this.backend.dataIdMap.get(tensor.dataId);
    const { disposeData, registerTensor } = this.backend.wasm.tfjs;
    disposeData(id);
    registerTensor(id, util.sizeFromShape(shape), memoryOffset);
    this.deferrals.forget(tensor);
    this.filters.forget(tensor.dataId);
  }

  /** A copy of a float tensor's numbers. */
  values(tensor: TensorInfo): Float32Array {
    const address = this.address(tensor);
    return new Float32Array(this.#heap.HEAPU8.buffer, address, util.sizeFromShape(tensor.shape)).slice();
  }

  /** Makes a float tensor with the given values. */
  tensorOf(shape: readonly number[], values: ArrayLike<number>): TensorInfo {
    const out = this.output(shape);
    new Float32Array(this.#heap.HEAPU8.buffer, this.address(out), values.length).set(values);
    return out;
  }

  /** Copies floats from scratch memory, as doubles. */
  floats(address: number, count: number): Float64Array {
    return Float64Array.from(new Float32Array(this.#heap.HEAPU8.buffer, address, count));
  }

  /** Copies doubles from scratch memory. */
  doubles(address: number, count: number): Float64Array {
    return new Float64Array(this.#heap.HEAPU8.buffer, address, count).slice();
  }

  /** Makes a float tensor with undefined contents. */
  output(shape: readonly number[]): TensorInfo {
    return this.backend.makeOutput([...shape], 'float32');
  }

  /** Frees a temporary tensor of a kernel. */
  release(tensor: TensorInfo): void {
    this.backend.disposeData(tensor.dataId);
  }

  /**
   * Returns the 16-byte aligned address of at least `bytes` bytes, valid until the next call. All kernels share one
   * block, which only grows.
   */
  scratch(bytes: number): number {
    if (bytes > this.#scratchBytes) {
      if (this.#scratch) this.#heap._free(this.#scratch);
      this.#scratchBytes = Math.ceil((bytes * 1.25) / 65536) * 65536;
      this.#scratch = this.#heap._malloc(this.#scratchBytes + 64) >>> 0;
      if (this.#scratch === 0) {
        this.#scratchBytes = 0;
        throw new WasmError(
          'UNSUPPORTED',
          `Out of WASM memory: ${bytes} bytes of scratch memory are not available. Use smaller batches.`,
        );
      }
    }
    return (this.#scratch + 63) & ~63;
  }

  /** Fills bytes with zeros. V8's own fill is slow on shared memory, which it writes byte by byte. */
  clear(address: number, bytes: number): void {
    this.run('clear', [address, bytes], bytes / 4);
  }

  /** Copies bytes. */
  copy(from: number, to: number, bytes: number): void {
    this.#heap.HEAPU8.copyWithin(to, from, from + bytes);
  }

  /**
   * Runs a kernel on all threads.
   *
   * @param work - How many elements the kernel visits, if that is all it does. A small number runs on the calling
   *   thread alone: it is done before a worker wakes up.
   */
  run(kernel: string, words: readonly number[], work = FEWEST_PARALLEL): void {
    this.pool.run(kernel, words, work >= FEWEST_PARALLEL);
  }

  /** Runs a kernel on the calling thread alone. */
  runSmall(kernel: string, words: readonly number[]): void {
    this.pool.run(kernel, words, false);
  }
}

/** Rounds up to a multiple of 16, the alignment of every region of scratch memory. */
export function align16(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}
