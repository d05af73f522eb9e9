import { FerError } from 'fer-core';
import binary from '../generated/kernels.js';

/** The functions of assembly/. Addresses are in bytes. */
interface WasmExports {
  /** Whether packed numbers have a sign. Called before the other functions of packed rows. */
  useSigns(use: number): void;
  /** Returns whether a number is negative. */
  scanRows(x: number, rows: number, d: number, counts: number, peaks: number, most: number): number;
  /** Returns the number of entries. */
  packRows(x: number, rows: number, d: number, inverses: number, entries: number, ends: number): number;
  packedScores(entries: number, ends: number, rows: number, panel: number, out: number): void;
  packedScores64(x: number, d: number, entries: number, ends: number, rows: number, panel: number, out: number): void;
  packedAccumulate(entries: number, ends: number, rows: number, r: number, sums: number): void;
  packedAccumulate64(x: number, d: number, entries: number, ends: number, rows: number, r: number, sums: number): void;
  hingePass(
    entries: number,
    ends: number,
    rows: number,
    panel: number,
    sums: number,
    lanes: number,
    active: number,
    values: number,
    weights: number,
    labels: number,
    shares: number,
  ): void;
  hingePass64(
    x: number,
    d: number,
    entries: number,
    ends: number,
    rows: number,
    panel: number,
    sums: number,
    lanes: number,
    active: number,
    weights: number,
    labels: number,
    shares: number,
  ): void;
  flush(sums: number, totals: number, count: number): void;
  gramRow(
    x: number,
    offsets: number,
    columns: number,
    front: number,
    weight: number,
    entries: number,
    values: number,
    scaled: number,
    sum: number,
  ): void;
  gramBlock(
    scaled: number,
    values: number,
    rows: number,
    n: number,
    width: number,
    triangle: number,
    room: number,
  ): void;
  gramMoments(x: number, d: number, weight: number, sums: number, squares: number): void;
  gramCentre(matrix: number, n: number, columns: number, total: number, ridge: number): void;
  entriesTimes(values: number, columns: number, ends: number, rows: number, v: number, out: number): void;
  entriesAdd(values: number, columns: number, ends: number, rows: number, r: number, sums: number): void;
  denseScores(x: number, rows: number, d: number, panel: number, out: number): void;
  denseScores64(x: number, rows: number, d: number, panel: number, out: number): void;
  denseAccumulate(x: number, rows: number, d: number, r: number, sums: number): void;
  denseAccumulate64(x: number, rows: number, d: number, r: number, sums: number): void;
  subtractRow(x: number, rows: number, d: number, row: number): void;
  /** Returns n, or a smaller number if the matrix is not positive definite. */
  factor(matrix: number, n: number): number;
  pack(factor: number, n: number, parts: number, scales: number, inverses: number): void;
  solve(parts: number, scales: number, inverses: number, n: number, x: number): void;
  solve64(factor: number, n: number, x: number): void;
}

/** The functions of assembly/ together with their own memory, which is garbage-collected with them. */
export interface WasmFunctions extends WasmExports {
  /**
   * Allocates zeroed bytes and returns their address, a multiple of 16. This may detach existing views of the memory.
   *
   * @throws FerError `UNSUPPORTED` if there is no room for them: see `fits`.
   */
  allocate(bytes: number): number;
  /** Whether so many bytes can be allocated: a WebAssembly memory has at most 4 GiB. */
  fits(bytes: number): boolean;
  /** Without `length`, the view reaches to the end of the memory. */
  bytes(address: number, length?: number): Uint8Array;
  floats(address: number, length: number): Float32Array;
  doubles(address: number, length: number): Float64Array;
  words(address: number, length: number): Uint32Array;
}

const PAGE = 65536;
/** The most pages of a memory: 4 GiB. */
const PAGES = 65536;
/** How much the memory grows at a time, in pages (256 kB). */
const GROWTH = 4;

let compiled: Promise<WebAssembly.Module | undefined> | undefined;

/** Starts an instance. Returns `undefined` if the engine lacks WebAssembly with SIMD. */
export async function startWasm(): Promise<WasmFunctions | undefined> {
  compiled ??= compile();
  const module = await compiled;
  if (!module) return undefined;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: PAGES });
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  let next = 1024;
  // Not by bits: those of JavaScript's numbers end at 2 GiB.
  const endOf = (bytes: number) => next + 16 * Math.ceil(bytes / 16);
  const fits = (bytes: number) => endOf(bytes) <= PAGES * PAGE;
  return {
    ...(exports as unknown as WasmExports),
    fits,
    allocate(bytes) {
      if (!fits(bytes)) throw tooLarge();
      const address = next;
      const end = endOf(bytes);
      const missing = Math.ceil((end - memory.buffer.byteLength) / PAGE);
      if (missing > 0) {
        try {
          memory.grow(Math.min(Math.max(missing, GROWTH), PAGES - memory.buffer.byteLength / PAGE));
        } catch (cause) {
          throw tooLarge(cause);
        }
      }
      next = end;
      return address;
    },
    bytes: (address, length) => new Uint8Array(memory.buffer, address, length),
    floats: (address, length) => new Float32Array(memory.buffer, address, length),
    doubles: (address, length) => new Float64Array(memory.buffer, address, length),
    words: (address, length) => new Uint32Array(memory.buffer, address, length),
  };
}

function tooLarge(cause?: unknown): FerError {
  return new FerError(
    'UNSUPPORTED',
    'the fit needs more memory than WebAssembly can have here: fit fewer rows or features at a time (fitChunks).',
    {},
    { cause },
  );
}

async function compile(): Promise<WebAssembly.Module | undefined> {
  try {
    return await WebAssembly.compile(bytesOf(binary));
  } catch {
    return undefined;
  }
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = 16 * digit(hex, 2 * i) + digit(hex, 2 * i + 1);
  return bytes;
}

/** The value of a digit from 0 to f. */
function digit(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  return code < 97 ? code - 48 : code - 87;
}
