import { type EpochRecord, FerError, type Json } from 'fer-core';
import { BodyReader, seal, unseal } from '../features/sealedFile.js';
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

/** A checkpoint as the bytes of a sealed file. */
export function encodeCheckpoint(checkpoint: Checkpoint): Promise<Uint8Array> {
  const { run, step, sums, history, rates } = checkpoint;
  const sizes = Object.fromEntries(GROUPS.map((group) => [group, checkpoint[group].map(({ length }) => length)]));
  const header = { format: FORMAT, run, step, sums, history, rates, sizes } as unknown as Record<string, Json>;
  return seal(
    header,
    GROUPS.flatMap((group) => checkpoint[group]),
  );
}

/**
 * The inverse of {@link encodeCheckpoint}.
 *
 * @throws FerError `CORRUPT` where the bytes are not those that were written, `UNSUPPORTED` for another format.
 */
export async function decodeCheckpoint(bytes: Uint8Array): Promise<Checkpoint> {
  const { header, body } = await unseal(bytes);
  const { format, run, step, sums, history, rates, sizes } = header as unknown as Omit<Checkpoint, keyof Snapshot> & {
    readonly format: number;
    readonly sizes: Readonly<Record<(typeof GROUPS)[number], readonly number[]>>;
  };
  if (format !== FORMAT) {
    throw new FerError('UNSUPPORTED', `it has format ${format}, this version reads ${FORMAT}: give another store.`);
  }
  const reader = new BodyReader(body);
  // Copies: an optimiser may keep what it is given.
  const [weights, slots, averages, best] = GROUPS.map((group) =>
    sizes[group].map((size) => reader.floats(size).slice()),
  );
  return { run, step, sums, history, rates, weights, slots, averages, best };
}

const FORMAT = 2;
