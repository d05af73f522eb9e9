import { type Dataset, datasetDigest, FerError, isFerError, type Json, type Progress } from 'fer-core';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpointFile.js';
import type { TraineeState } from './traineeState.js';
import type { CheckpointOptions, Settings } from './trainOptions.js';

/** The checkpoints of one training. */
export class Checkpoints {
  readonly #options: CheckpointOptions;
  readonly #run: Readonly<Record<string, Json>>;
  readonly #onProgress: ((event: Progress) => void) | undefined;

  /** @param run - What must be the same to go on. */
  constructor(options: CheckpointOptions, run: Readonly<Record<string, Json>>, onProgress?: (event: Progress) => void) {
    this.#options = options;
    this.#run = run;
    this.#onProgress = onProgress;
  }

  /**
   * The newest checkpoint that can be read; undefined where none was ever written.
   *
   * @throws FerError `INVALID_ARGUMENT` where they are of another training, `CORRUPT` where all are damaged.
   */
  async latest(state: TraineeState): Promise<Checkpoint | undefined> {
    const names = (await this.#names()).reverse();
    for (const name of names) {
      const file = this.#place(name);
      try {
        const checkpoint = await decodeCheckpoint(await this.#options.store.read(name));
        this.#checkRun(checkpoint, state, file);
        this.#onProgress?.({ kind: 'checkpoint', action: 'resumed', file, step: checkpoint.step });
        return checkpoint;
      } catch (error) {
        if (!isFerError(error, 'CORRUPT')) throw error;
        this.#onProgress?.({ kind: 'checkpoint', action: 'damaged', file, reason: error.message });
      }
    }
    if (names.length === 0) return undefined;
    throw new FerError('CORRUPT', 'every checkpoint is damaged: remove them to begin anew.', {
      file: this.#options.store.location,
    });
  }

  /**
   * Saves the training as it is.
   *
   * @throws FerError `IO` where that fails (a full disk); the checkpoints before are still there. `DIVERGED`, and
   *   nothing is written, where a weight is not finite.
   */
  async save(checkpoint: Omit<Checkpoint, 'run'>): Promise<void> {
    if (checkpoint.weights.some((tensor) => tensor.some((value) => !Number.isFinite(value)))) {
      throw new FerError('DIVERGED', `a weight left the finite numbers by step ${checkpoint.step}: lower the rate.`);
    }
    const { store, keep = 2 } = this.#options;
    const name = `checkpoint-${String(checkpoint.step).padStart(9, '0')}.bin`;
    await store.write(name, await encodeCheckpoint({ ...checkpoint, run: this.#run }));
    this.#onProgress?.({ kind: 'checkpoint', action: 'saved', file: this.#place(name), step: checkpoint.step });
    for (const old of (await this.#names()).slice(0, -keep)) await store.remove(old);
  }

  async #names(): Promise<string[]> {
    return (await this.#options.store.list()).filter((name) => /^checkpoint-\d{9}\.bin$/.test(name));
  }

  #place(name: string): string {
    return `${this.#options.store.location}/${name}`;
  }

  #checkRun({ run, ...groups }: Checkpoint, state: TraineeState, file: string): void {
    const other = Object.keys({ ...this.#run, ...run }).filter(
      // A version that didn't know an option left it out.
      (key) => JSON.stringify(run[key] ?? null) !== JSON.stringify(this.#run[key] ?? null),
    );
    const sizes = Object.entries(state.sizes) as [keyof typeof state.sizes, readonly number[]][];
    const fits = sizes.every(([group, list]) => list.join() === groups[group].map(({ length }) => length).join());
    if (other.length === 0 && fits) return;
    throw new FerError(
      'INVALID_ARGUMENT',
      `it is of a training with another ${other.join(', ') || 'network'}: give the same options, or another store.`,
      { file },
    );
  }
}

/**
 * What decides the course of a training, as far as it can be written down; functions (schedule, augmentation) can't.
 * The number of epochs is left out: a finished training may be given more.
 */
export async function describeRun(data: Dataset, settings: Settings): Promise<Record<string, Json>> {
  const { batchSize, optimizer, learningRate, loss, labelSmoothing, classWeights, clipNorm, emaDecay, seed } = settings;
  return {
    ...{ data: await datasetDigest(data), batchSize, learningRate, loss, labelSmoothing, seed },
    optimizer: { name: optimizer.name, ...optimizer.config },
    classWeights: classWeights ? Array.from(classWeights) : null,
    ...{ clipNorm: clipNorm ?? null, emaDecay: emaDecay ?? null },
    passes: settings.cacheFrozen ? (settings.cacheFrozen.passes ?? 1) : null,
    keepsBest: settings.earlyStopping !== undefined,
  };
}
