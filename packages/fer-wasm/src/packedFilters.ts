import { type DataId, engine, type TensorInfo } from '@tensorflow/tfjs-core';

/** The layout of a filter: for direct convolution, or transformed for Winograd convolution with tiles of 4×4, 3×3 or 6×6. */
export type Packing = 'direct' | 'winograd' | 'winograd3' | 'winograd6';

/** Upper limit of the memory for cached filters. */
const MOST_BYTES = 256 * 1024 * 1024;

interface Entry {
  uses: number;
  address?: number;
  bytes: number;
}

/**
 * Caches filters in the layout that convolutions read, until their values change. In inference the filters never
 * change, and packing them at every call would take a fourth of VGG16's time at batches of 16. In training they change
 * at every step, so nothing is cached.
 */
export class PackedFilters {
  /** By the data, then by the packing and the shape: tensors of other shapes share the data of a reshaped one. */
  readonly #entries = new Map<DataId, Map<string, Entry>>();
  readonly #allocate: (bytes: number) => number;
  readonly #free: (address: number) => void;
  #bytes = 0;

  constructor(allocate: (bytes: number) => number, free: (address: number) => void) {
    this.#allocate = allocate;
    this.#free = free;
  }

  /**
   * Returns the 64-byte aligned address of a cached filter, and whether the caller has yet to write the filter there.
   * Returns `undefined` if the filter is not to be cached: in training, at its first use, or if memory runs out.
   */
  find(
    { dataId, shape }: TensorInfo,
    packing: Packing,
    bytes: number,
  ): { address: number; fresh: boolean } | undefined {
    const { gradientDepth } = engine().state as unknown as { gradientDepth: number };
    if (gradientDepth > 0) return undefined;
    const kinds = this.#entries.get(dataId) ?? new Map<string, Entry>();
    this.#entries.set(dataId, kinds);
    const key = `${packing} ${shape.join('×')}`;
    const entry = kinds.get(key) ?? { uses: 0, bytes: 0 };
    kinds.set(key, entry);
    if (entry.address !== undefined && entry.bytes === bytes) return { address: align(entry.address), fresh: false };
    entry.uses++;
    if (entry.address !== undefined || entry.uses < 2 || this.#bytes + bytes > MOST_BYTES) return undefined;
    const address = this.#allocate(bytes + 64) >>> 0;
    if (address === 0) return undefined;
    entry.address = address;
    entry.bytes = bytes;
    this.#bytes += bytes;
    return { address: align(address), fresh: true };
  }

  /** Drops a filter that is freed or whose values change. */
  forget(dataId: DataId): void {
    for (const { address, bytes } of this.#entries.get(dataId)?.values() ?? []) {
      if (address === undefined) continue;
      this.#free(address);
      this.#bytes -= bytes;
    }
    this.#entries.delete(dataId);
  }
}

function align(address: number): number {
  return (address + 63) & ~63;
}
