import { FerError, isFerError, type Progress } from 'fer-core';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpointFile.js';
import type { CheckpointOptions } from './trainOptions.js';

/** The checkpoints of one training. */
export class Checkpoints {
  readonly #options: Required<CheckpointOptions>;
  readonly #onProgress: ((event: Progress) => void) | undefined;

  constructor(options: Required<CheckpointOptions>, onProgress?: (event: Progress) => void) {
    this.#options = options;
    this.#onProgress = onProgress;
  }

  /**
   * The newest checkpoint that can be read; undefined where none was ever written.
   *
   * @param differences - Names what makes a checkpoint one of another training.
   * @throws FerError `INVALID_ARGUMENT` where they are of another training, `CORRUPT` where all are damaged.
   */
  async latest(differences: (checkpoint: Checkpoint) => readonly string[]): Promise<Checkpoint | undefined> {
    const names = (await this.#names()).reverse();
    for (const name of names) {
      const file = this.#place(name);
      try {
        const checkpoint = await decodeCheckpoint(await this.#options.store.read(name));
        const other = differences(checkpoint);
        if (other.length > 0) {
          throw new FerError(
            'INVALID_ARGUMENT',
            `it is of a training with another ${other.join(', ')}: give the same options, or another store.`,
            { file },
          );
        }
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
  async save(checkpoint: Checkpoint): Promise<void> {
    if (checkpoint.weights.some((tensor) => tensor.some((value) => !Number.isFinite(value)))) {
      throw new FerError('DIVERGED', `a weight left the finite numbers by step ${checkpoint.step}: lower the rate.`);
    }
    const { store, keep } = this.#options;
    const name = `checkpoint-${String(checkpoint.step).padStart(9, '0')}.bin`;
    await store.write(name, await encodeCheckpoint(checkpoint));
    this.#onProgress?.({ kind: 'checkpoint', action: 'saved', file: this.#place(name), step: checkpoint.step });
    for (const old of (await this.#names()).slice(0, -keep)) await store.remove(old);
  }

  async #names(): Promise<string[]> {
    return (await this.#options.store.list()).filter((name) => /^checkpoint-\d{9}\.bin$/.test(name)).sort();
  }

  #place(name: string): string {
    return `${this.#options.store.location}/${name}`;
  }
}
