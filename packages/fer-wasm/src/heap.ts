import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { type DataId, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { Deferrals } from './deferred.js';
import { WasmError } from './errors.js';
import { PackedFilters } from './packedFilters.js';
import type { KernelPool } from './pool.js';
import type { Recorder } from './recorder.js';
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
  #recorder: Recorder | undefined;
  readonly #heap: Heap;
  readonly #watchers = new Map<DataId, Set<() => void>>();
  #scratch = 0;
  #scratchBytes = 0;

  constructor(backend: BackendWasm, pool: KernelPool) {
    this.backend = backend;
    this.pool = pool;
    this.#heap = heapOf(backend);
    this.filters = new PackedFilters(this.#heap._malloc, this.#heap._free);
    refuseToRunOut(this.#heap);
    this.deferrals = new Deferrals(backend, pool, (dataId) => this.#changed(dataId));
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
    this.#changed(tensor.dataId);
  }

  /** What records the kernels that run, during {@link record}. */
  get recorder(): Recorder | undefined {
    return this.#recorder;
  }

  /** Records the kernels that an action runs. */
  record(recorder: Recorder, action: () => void): void {
    recorder.start();
    this.#recorder = recorder;
    this.pool.recorder = recorder;
    try {
      action();
    } catch (error) {
      recorder.stop();
      recorder.dispose();
      throw error;
    } finally {
      this.#recorder = undefined;
      this.pool.recorder = undefined;
    }
    recorder.stop();
  }

  /** Calls `onChange` when the values of a tensor change or are freed. */
  watch(dataId: DataId, onChange: () => void): void {
    const watchers = this.#watchers.get(dataId) ?? new Set();
    this.#watchers.set(dataId, watchers.add(onChange));
  }

  /** Ends a {@link watch}. */
  unwatch(dataId: DataId, onChange: () => void): void {
    const watchers = this.#watchers.get(dataId);
    watchers?.delete(onChange);
    if (watchers?.size === 0) this.#watchers.delete(dataId);
  }

  #changed(dataId: DataId): void {
    this.filters.forget(dataId);
    const watchers = this.#watchers.get(dataId);
    if (watchers) for (const onChange of [...watchers]) onChange();
  }

  /** A copy of a float tensor's numbers. */
  values(tensor: TensorInfo): Float32Array {
    const address = this.address(tensor);
    this.#recorder?.read(tensor);
    return this.read(address, util.sizeFromShape(tensor.shape));
  }

  /** A copy of the floats at an address. */
  read(address: number, count: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#heap.HEAPU8.buffer, address, count).slice() as Float32Array<ArrayBuffer>;
  }

  /** Writes floats to an address. */
  write(values: ArrayLike<number>, address: number): void {
    new Float32Array(this.#heap.HEAPU8.buffer, address, values.length).set(values);
  }

  /** Makes a float tensor with the given values. */
  tensorOf(shape: readonly number[], values: ArrayLike<number>): TensorInfo {
    const out = this.#recorder ? this.#recorder.pin(() => this.output(shape)) : this.output(shape);
    this.write(values, this.address(out));
    return out;
  }

  /** Copies floats from scratch memory, as doubles. */
  floats(address: number, count: number): Float64Array {
    if (this.#recorder) this.#recorder.refused = true;
    return Float64Array.from(new Float32Array(this.#heap.HEAPU8.buffer, address, count));
  }

  /** Copies doubles from scratch memory. */
  doubles(address: number, count: number): Float64Array {
    if (this.#recorder) this.#recorder.refused = true;
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
      this.#scratch = 0;
      this.#scratchBytes = 0;
      const most = Math.ceil((bytes * 1.25) / 65536) * 65536;
      const allocate = () => this.#heap._malloc(most + 64) >>> 0;
      this.#scratch = this.#recorder ? this.#recorder.outside(allocate) : allocate();
      this.#scratchBytes = most;
    }
    return (this.#scratch + 63) & ~63;
  }

  /** The address of the scratch memory, which changes when it grows. */
  get scratchAddress(): number {
    return this.#scratch;
  }

  /** Fills bytes with zeros. V8's own fill is slow on shared memory, which it writes byte by byte. */
  clear(address: number, bytes: number): void {
    this.run('clear', [address, bytes], bytes / 4);
  }

  /** Copies bytes. */
  copy(from: number, to: number, bytes: number): void {
    this.#recorder?.calls.push({ from, to, bytes });
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

/**
 * Makes a heap's allocations throw where they would return 0, at which upstream would write a tensor over others.
 */
function refuseToRunOut(heap: Heap): void {
  const { _malloc } = heap;
  heap._malloc = (bytes) => {
    const address = _malloc(bytes);
    if (address !== 0 || bytes === 0) return address;
    throw new WasmError(
      'UNSUPPORTED',
      `Out of WASM memory: ${bytes} bytes are not available. Dispose tensors that are not needed (tf.tidy), or use smaller batches.`,
    );
  };
}

/** Rounds up to a multiple of 16, the alignment of every region of scratch memory. */
export function align16(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}
