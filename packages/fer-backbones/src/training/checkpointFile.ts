import { type EpochRecord, FerError, type Json, sha256 } from 'fer-core';
import type { Snapshot } from './traineeState.js';

/** Everything a training needs to go on exactly where it was. */
export interface Checkpoint extends Snapshot {
  /** What must be the same in the training that goes on from it. */
  readonly run: Readonly<Record<string, Json>>;
  /** Steps done, over all epochs. */
  readonly step: number;
  /** Of the epoch that has begun. */
  readonly sums: EpochSums;
  readonly history: readonly EpochRecord[];
  /** A digest of the learning rates of all steps done. */
  readonly rates: number;
  /** The weights after the best epoch so far; none where they aren't kept. */
  readonly best: readonly Float32Array[];
}

/** What an epoch has added up so far. */
export interface EpochSums {
  readonly loss: number;
  readonly correct: number;
  readonly images: number;
  readonly seconds: number;
}

/** The groups of tensors, in the file's order. */
const GROUPS = ['weights', 'slots', 'averages', 'best'] as const;

/**
 * A checkpoint as bytes: a JSON header's length (uint32), the header, all numbers as float32, and the SHA-256 of all
 * that; little-endian.
 */
export async function encodeCheckpoint(checkpoint: Checkpoint): Promise<Uint8Array> {
  const { run, step, sums, history, rates } = checkpoint;
  const sizes = Object.fromEntries(GROUPS.map((group) => [group, checkpoint[group].map(({ length }) => length)]));
  const header = new TextEncoder().encode(JSON.stringify({ format: FORMAT, run, step, sums, history, rates, sizes }));
  const tensors = GROUPS.flatMap((group) => checkpoint[group]);
  const numbers = tensors.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(4 + header.length + numbers * 4 + DIGEST);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, header.length, true);
  bytes.set(header, 4);
  let at = 4 + header.length;
  for (const tensor of tensors) {
    for (let i = 0; i < tensor.length; i++, at += 4) view.setFloat32(at, tensor[i], true);
  }
  bytes.set(fromHex(await sha256(bytes.subarray(0, at))), at);
  return bytes;
}

/**
 * The inverse of {@link encodeCheckpoint}.
 *
 * @throws FerError `CORRUPT` where the bytes are not those that were written, `UNSUPPORTED` for a later format.
 */
export async function decodeCheckpoint(bytes: Uint8Array): Promise<Checkpoint> {
  const end = bytes.length - DIGEST;
  const stored = bytes.subarray(Math.max(0, end));
  if (end < 4 || (await sha256(bytes.subarray(0, end))) !== toHex(stored)) {
    throw new FerError('CORRUPT', 'its checksum is not that of its content.');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 4 + view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, start)));
  if (header.format !== FORMAT) {
    throw new FerError(
      'UNSUPPORTED',
      `it has format ${header.format}, this version reads ${FORMAT}: give another store.`,
    );
  }
  const { run, step, sums, history, rates, sizes } = header;
  let at = start;
  const groups = GROUPS.map((group) =>
    (sizes[group] as number[]).map((size) => {
      const tensor = new Float32Array(size);
      for (let i = 0; i < size; i++, at += 4) tensor[i] = view.getFloat32(at, true);
      return tensor;
    }),
  );
  const [weights, slots, averages, best] = groups;
  return { run, step, sums, history, rates, weights, slots, averages, best };
}

const FORMAT = 2;
const DIGEST = 32;

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
