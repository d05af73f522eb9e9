import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { Deferrals } from './deferred.js';
import { WasmError } from './errors.js';
import { PackedFilters } from './packedFilters.js';
import type { KernelPool } from './pool.js';
import { type Heap, heapOf } from './upstream.js';

/** Elements that are worth a second thread: handing work over takes about as long as visiting so many. */
export const FEWEST_PARALLEL = 100_000;

/** Our kernels at work on one backend's heap. */
export class Workspace {
  readonly backend: BackendWasm;
  readonly pool: KernelPool;
  /** Tensors whose computation waits. */
  readonly deferrals: Deferrals;
  /** Filters as convolutions read them. */
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

  /** Computes what waits and ends the workers. The backend stays readable. */
  close(): void {
    this.deferrals.flush();
    this.pool.dispose();
  }

  /** A tensor's address. */
  address(tensor: TensorInfo): number {
    return this.backend.dataIdMap.get(tensor.dataId).memoryOffset;
  }

  /**
   * Makes upstream's kernels forget what they derived of a tensor: they pack the weights of a convolution once, and would
   * never see an update in place.
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

  /** A new float tensor of given numbers. */
  tensorOf(shape: readonly number[], values: ArrayLike<number>): TensorInfo {
    const out = this.output(shape);
    new Float32Array(this.#heap.HEAPU8.buffer, this.address(out), values.length).set(values);
    return out;
  }

  /** A copy of floats in scratch memory, as doubles. */
  floats(address: number, count: number): Float64Array {
    return Float64Array.from(new Float32Array(this.#heap.HEAPU8.buffer, address, count));
  }

  /** A copy of doubles in scratch memory. */
  doubles(address: number, count: number): Float64Array {
    return new Float64Array(this.#heap.HEAPU8.buffer, address, count).slice();
  }

  /** A new float tensor; what it holds is undefined. */
  output(shape: readonly number[]): TensorInfo {
    return this.backend.makeOutput([...shape], 'float32');
  }

  /** Frees a tensor that a kernel made for itself. */
  release(tensor: TensorInfo): void {
    this.backend.disposeData(tensor.dataId);
  }

  /**
   * The address of at least so many bytes, 16-byte aligned, until the next call. One block serves all kernels, and
   * only ever grows.
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

  /** Fills bytes with zeros. V8 fills memory that threads share a byte at a time, our kernels don't. */
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
   * @param work - How many elements it visits, where that is all it does: few are done before a worker is awake.
   */
  run(kernel: string, words: readonly number[], work = FEWEST_PARALLEL): void {
    this.pool.run(kernel, words, work >= FEWEST_PARALLEL);
  }

  /** Runs a kernel on the calling thread alone. */
  runSmall(kernel: string, words: readonly number[]): void {
    this.pool.run(kernel, words, false);
  }
}

/** Rounds up to a multiple of 16: what every region of scratch is. */
export function align16(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}
