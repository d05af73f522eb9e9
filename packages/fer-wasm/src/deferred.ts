import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { type DataId, type DataType, engine, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { KernelPool } from './pool.js';
import { heapOf } from './upstream.js';

/** A tensor times one factor per channel (the last axis). */
export interface Term {
  readonly dataId: DataId;
  readonly factor: Float64Array;
}

/** The sum of at most two terms and one constant per channel. */
export interface Affine {
  readonly terms: readonly Term[];
  readonly constant: Float64Array;
}

/** What a deferred tensor stands for: an affine combination of other tensors, or its square. */
export interface Deferred {
  readonly affine: Affine;
  readonly squared: boolean;
}

/** Mean and biased variance of each channel of a tensor. */
export interface Statistics {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** How an affine combination is computed. */
export interface ComputeOptions {
  /** Replace negative results by 0. @default false */
  readonly relu?: boolean | undefined;
  /** The data of a tensor. Results are 0 wherever it is not positive. */
  readonly mask?: DataId | undefined;
}

/** What upstream's backend stores for a tensor, with our additions. */
interface Data {
  readonly id: number;
  memoryOffset: number;
  readonly shape: number[];
  readonly dtype: DataType;
  refCount: number;
  deferred?: Deferred;
}

/** The parts of upstream's backend that this file overrides. */
interface Backend {
  readonly dataIdMap: {
    get(dataId: DataId): Data | undefined;
    set(dataId: DataId, data: Data): void;
    has(dataId: DataId): boolean;
    delete(dataId: DataId): boolean;
  };
  dataIdNextNumber: number;
  disposeData(dataId: DataId, force?: boolean): boolean;
  refCount(dataId: DataId): number;
  incRef(dataId: DataId): void;
}

/** The most terms that one pass over memory can add. */
const MOST_TERMS = 2;
/** Smaller tensors, and tensors with many channels, are computed at once. */
const FEWEST_ELEMENTS = 8192;
const FEWEST_ROWS = 16;
/** The fewest elements for which a second thread pays. */
const FEWEST_PARALLEL = 100_000;
const MOST_CHANNELS = 8192;

/**
 * Tensors that are computed only when something needs their memory.
 *
 * tfjs composes batch normalisation, its gradient, biases and sums of gradients from dozens of kernels, each of which
 * passes over memory. Here, a kernel that adds, or that multiplies by a number per channel, computes nothing. It
 * returns a deferred tensor that stands for a·x + b·z + c. Chains of such kernels fold into one expression. A single
 * pass computes it, either on its own or inside the kernel that needs the result; if nothing needs it, it is never
 * computed. Upstream's kernels don't notice: looking up the memory of a tensor computes the tensor first.
 *
 * A deferred tensor holds references to the tensors in its expression, so that they outlive their disposal.
 */
export class Deferrals {
  readonly #backend: Backend;
  readonly #pool: KernelPool;
  readonly #heap: ReturnType<typeof heapOf>;
  readonly #pending = new Set<Data>();
  readonly #statistics = new WeakMap<DataId, Statistics>();
  /** Looks up a tensor without computing it. */
  readonly #look: (dataId: DataId) => Data | undefined;
  readonly #onFree: (dataId: DataId) => void;
  #coefficients = 0;
  #coefficientBytes = 0;

  /** @param onFree - Called with the id of each tensor's data that is freed. */
  constructor(backend: BackendWasm, pool: KernelPool, onFree: (dataId: DataId) => void) {
    this.#onFree = onFree;
    this.#backend = backend as unknown as Backend;
    this.#pool = pool;
    this.#heap = heapOf(backend);
    const { dataIdMap } = this.#backend;
    this.#look = dataIdMap.get.bind(dataIdMap);
    this.#standInFront();
  }

  #standInFront(): void {
    const backend = this.#backend;
    const { dataIdMap } = backend;
    const disposeData = backend.disposeData.bind(backend);
    dataIdMap.get = (dataId) => {
      const data = this.#look(dataId);
      if (data?.deferred) this.#materialise(data);
      return data;
    };
    backend.refCount = (dataId) => (dataIdMap.has(dataId) ? (this.#look(dataId)?.refCount ?? 0) : 0);
    backend.incRef = (dataId) => {
      const data = this.#look(dataId);
      if (data) data.refCount++;
    };
    backend.disposeData = (dataId, force = false) => {
      // Moving a tensor to another backend would take its data away from deferred tensors that depend on it.
      if (force) this.flush();
      const data = dataIdMap.has(dataId) ? this.#look(dataId) : undefined;
      if (!data?.deferred) {
        const freed = disposeData(dataId, force);
        if (freed) this.#onFree(dataId);
        return freed;
      }
      data.refCount--;
      if (!force && data.refCount > 0) return false;
      dataIdMap.delete(dataId);
      this.#release(this.#take(data));
      return true;
    };
  }

  /** Whether a tensor of this shape is large enough to be deferred. */
  suits(shape: readonly number[]): boolean {
    const size = util.sizeFromShape([...shape]);
    const channels = shape[shape.length - 1];
    return shape.length > 1 && size >= FEWEST_ELEMENTS && channels <= MOST_CHANNELS && size / channels >= FEWEST_ROWS;
  }

  /** Makes a tensor that stands for an expression. */
  defer(shape: readonly number[], affine: Affine, squared = false): TensorInfo {
    for (const { dataId } of affine.terms) this.#backend.incRef(dataId);
    const id = this.#backend.dataIdNextNumber++;
    const dataId = { id };
    const data: Data = {
      id,
      memoryOffset: 0,
      shape: [...shape],
      dtype: 'float32',
      refCount: 1,
      deferred: { affine, squared },
    };
    this.#backend.dataIdMap.set(dataId, data);
    this.#pending.add(data);
    return { dataId, shape: [...shape], dtype: 'float32' };
  }

  /** Makes a tensor that stands for an expression, or that holds its values if it is too small to be deferred. */
  deferOrCompute(shape: readonly number[], affine: Affine): TensorInfo {
    if (this.suits(shape)) return this.defer(shape, affine);
    const out = (this.#backend as unknown as BackendWasm).makeOutput([...shape], 'float32');
    this.compute(affine, util.sizeFromShape(out.shape), this.#look(out.dataId)?.memoryOffset ?? 0);
    return out;
  }

  /** Returns what a tensor stands for, if it is deferred and its last axis is that of the expression. */
  deferredOf({ dataId, shape }: TensorInfo): Deferred | undefined {
    const deferred = this.#look(dataId)?.deferred;
    return deferred && deferred.affine.constant.length === shape[shape.length - 1] ? deferred : undefined;
  }

  /** Returns a tensor as an expression: the one it stands for, or the tensor itself. */
  asAffine(tensor: TensorInfo): Affine {
    const deferred = this.deferredOf(tensor);
    if (deferred && !deferred.squared) return deferred.affine;
    this.#backend.dataIdMap.get(tensor.dataId);
    const channels = tensor.shape[tensor.shape.length - 1];
    return {
      terms: [{ dataId: tensor.dataId, factor: new Float64Array(channels).fill(1) }],
      constant: new Float64Array(channels),
    };
  }

  /**
   * Returns a + sign · b, of tensors of the same shape, or `undefined` if that has too many terms. Deferred tensors are
   * computed first if that saves terms, or if their constants can't be added beforehand: see {@link faithful}.
   */
  sum(a: TensorInfo, b: TensorInfo, sign: 1 | -1): Affine | undefined {
    const combine = () => this.#combine(this.asAffine(a), this.asAffine(b), sign);
    let found = combine();
    if (!found) {
      // The operand with more terms is computed.
      this.#backend.dataIdMap.get(a.dataId);
      found = combine();
    }
    if (!found || faithful(found, [this.asAffine(a).constant, this.asAffine(b).constant])) return found;
    for (const { dataId } of [a, b]) this.#backend.dataIdMap.get(dataId);
    return combine();
  }

  /**
   * Returns tensor · scale + shift, with one scale and shift per channel, or `undefined` if these are not finite. A
   * deferred tensor is computed first if its numbers can't be combined with them beforehand: see {@link faithful}.
   */
  fold(tensor: TensorInfo, scale: Float64Array | undefined, shift?: Float64Array): Affine | undefined {
    const fold = () => {
      const found = this.#scale(this.asAffine(tensor), scale, shift);
      return faithful(found, shift ? [shift] : []) ? found : undefined;
    };
    const found = fold();
    if (found) return found;
    this.#backend.dataIdMap.get(tensor.dataId);
    return fold();
  }

  #combine(a: Affine, b: Affine, sign: 1 | -1): Affine | undefined {
    const constant = a.constant.map((value, c) => value + sign * b.constant[c]);
    const factors = new Map(a.terms.map(({ dataId, factor }) => [dataId, factor]));
    for (const { dataId, factor } of b.terms) {
      const before = factors.get(dataId);
      factors.set(
        dataId,
        factor.map((value, c) => (before?.[c] ?? 0) + sign * value),
      );
    }
    if (factors.size > MOST_TERMS) return undefined;
    return { terms: [...factors].map(([dataId, factor]) => ({ dataId, factor })), constant };
  }

  #scale(a: Affine, scale: Float64Array | undefined, shift?: Float64Array): Affine {
    const times = (values: Float64Array) => (scale ? values.map((value, c) => value * scale[c]) : values);
    const constant = times(a.constant);
    return {
      terms: a.terms.map(({ dataId, factor }) => ({ dataId, factor: times(factor) })),
      constant: shift ? constant.map((value, c) => value + shift[c]) : constant,
    };
  }

  /** Stores the statistics of a tensor until its values change. */
  setStatistics({ dataId }: TensorInfo, statistics: Statistics): void {
    this.#statistics.set(dataId, statistics);
  }

  /** Drops what is stored for a tensor whose values change. */
  forget({ dataId }: TensorInfo): void {
    this.#statistics.delete(dataId);
  }

  /**
   * Returns the mean of each channel of an expression or its square, if it follows from the stored statistics of its
   * terms.
   */
  meanOf({ affine, squared }: Deferred): Float64Array | undefined {
    const known = affine.terms.map(({ dataId }) => this.#statistics.get(dataId));
    if (known.some((statistics) => !statistics)) return undefined;
    const means = affine.constant.map((constant, c) =>
      affine.terms.reduce((sum, { factor }, i) => sum + factor[c] * (known[i]?.mean[c] ?? 0), constant),
    );
    if (!squared) return means;
    if (affine.terms.length > 1) return undefined;
    return means.map(
      (mean, c) =>
        mean * mean +
        affine.terms.reduce((sum, { factor }, i) => sum + factor[c] ** 2 * (known[i]?.variance[c] ?? 0), 0),
    );
  }

  /** Computes an expression into memory. */
  compute(affine: Affine, size: number, to: number, { relu = false, mask }: ComputeOptions = {}): void {
    // Few channels don't fill a vector: then several rows are treated as one.
    let channels = affine.constant.length;
    let rows = size / channels;
    let repeats = 1;
    for (; channels < 64 && rows % 2 === 0 && rows > FEWEST_ROWS; channels *= 2, rows /= 2) repeats *= 2;
    const [x, z] = affine.terms;
    const at = this.write([x?.factor, z?.factor, affine.constant], channels, repeats);
    const address = (dataId: DataId | undefined) => (dataId ? (this.#look(dataId)?.memoryOffset ?? 0) : 0);
    const words = [address(x?.dataId), address(z?.dataId), to, at, rows, channels, Number(relu), address(mask)];
    this.#pool.run('affine', words, size >= FEWEST_PARALLEL);
  }

  /** The address of a term's tensor, which is not deferred itself. */
  addressOf({ dataId }: Term): number {
    return this.#look(dataId)?.memoryOffset ?? 0;
  }

  /**
   * Writes lists of coefficients, each `repeats` times over, and returns their address, which is valid until the next
   * call.
   */
  write(lists: readonly (Float64Array | undefined)[], channels = lists[0]?.length ?? 0, repeats = 1): number {
    const bytes = 4 * lists.length * channels;
    // A recording needs the coefficients of each of its calls.
    const { recorder } = this.#pool;
    const at = recorder ? (recorder.keep(bytes + 16) + 15) & ~15 : this.#coefficientsFor(bytes);
    const floats = new Float32Array(this.#heap.HEAPU8.buffer, at, lists.length * channels);
    lists.forEach((list, i) => {
      if (!list) return;
      for (let r = 0; r < repeats; r++) floats.set(list, i * channels + r * list.length);
    });
    return at;
  }

  /** Computes all deferred tensors. */
  flush(): void {
    for (const data of [...this.#pending]) this.#materialise(data);
  }

  #materialise(data: Data): void {
    const size = util.sizeFromShape(data.shape);
    const address = this.#heap._malloc(4 * size) >>> 0;
    const { affine, squared } = this.#take(data);
    data.memoryOffset = address;
    (this.#backend as unknown as BackendWasm).wasm.tfjs.registerTensor(data.id, size, data.memoryOffset);
    this.compute(affine, size, data.memoryOffset);
    if (squared) this.#pool.run('unary', [0, data.memoryOffset, data.memoryOffset, size]);
    this.#release({ affine, squared });
  }

  /** Removes the expression from a tensor and returns it. */
  #take(data: Data): Deferred {
    const { deferred } = data;
    if (!deferred) throw new Error('fer-wasm: a tensor is computed twice.');
    data.deferred = undefined;
    this.#pending.delete(data);
    return deferred;
  }

  #release({ affine }: Deferred): void {
    for (const { dataId } of affine.terms) {
      if (this.#backend.disposeData(dataId)) {
        engine().removeDataId(dataId, this.#backend as unknown as BackendWasm);
      }
    }
  }

  /**
   * Returns the 16-byte aligned address of at least `bytes` bytes. This is separate from scratch memory, which a kernel
   * may be using.
   */
  #coefficientsFor(bytes: number): number {
    if (bytes > this.#coefficientBytes) {
      if (this.#coefficients) this.#heap._free(this.#coefficients);
      this.#coefficients = 0;
      this.#coefficientBytes = 0;
      const most = Math.ceil(bytes / 4096) * 4096;
      this.#coefficients = this.#heap._malloc(most + 16) >>> 0;
      this.#coefficientBytes = most;
    }
    return (this.#coefficients + 15) & ~15;
  }
}

/** The largest float32. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;
/** Constants that cancel up to this fraction leave what float32 would have rounded away. */
const CANCELLED = 2 ** -20;

/**
 * Whether an expression that was folded in float64 has the value that its steps have in float32, up to rounding. It
 * has not if a product of factors overflows, or if the sum of constants is far smaller than one that was added.
 */
function faithful({ terms, constant }: Affine, added: readonly Float64Array[]): boolean {
  const holds = (value: number) => Math.abs(value) <= LARGEST;
  if (!constant.every(holds) || !terms.every(({ factor }) => factor.every(holds))) return false;
  return added.every((values) => values.every((value, c) => Math.abs(constant[c]) >= CANCELLED * Math.abs(value)));
}
