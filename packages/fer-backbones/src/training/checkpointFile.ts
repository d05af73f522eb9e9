import { type EpochRecord, FerError, type Json } from 'fer-core';
import { BodyReader, seal, unseal } from '../features/sealedFile.js';
import type { Snapshot } from './traineeState.js';

/** Everything a training run needs to continue exactly where it stopped. */
export interface Checkpoint extends Snapshot {
  /** The properties that a run must share to resume from this checkpoint. */
  readonly run: Readonly<Record<string, Json>>;
  /** Number of steps so far, over all epochs. */
  readonly step: number;
  /** Sums of the current epoch. */
  readonly sums: EpochSums;
  readonly history: readonly EpochRecord[];
  /** A digest of the learning rates of all steps so far. */
  readonly rates: number;
  /** The weights after the best epoch so far. Empty if they aren't kept. */
  readonly best: readonly Float32Array[];
}

/** Sums over the steps of an epoch so far. */
export interface EpochSums {
  readonly loss: number;
  readonly correct: number;
  readonly images: number;
  readonly seconds: number;
}

/** The groups of tensors, in file order. */
const GROUPS = ['weights', 'slots', 'averages', 'best'] as const;

/** Encodes a checkpoint as a sealed file. */
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
 * @throws FerError `CORRUPT` if the bytes have changed since they were written, `UNSUPPORTED` for another format.
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
  // Copies: an optimiser may keep its argument.
  const [weights, slots, averages, best] = GROUPS.map((group) =>
    sizes[group].map((size) => reader.floats(size).slice()),
  );
  return { run, step, sums, history, rates, weights, slots, averages, best };
}

const FORMAT = 2;
