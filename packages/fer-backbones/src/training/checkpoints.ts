import { FerError, isFerError, type Progress } from 'fer-core';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpointFile.js';
import type { CheckpointOptions } from './trainOptions.js';

/** The checkpoints of one training run. */
export class Checkpoints {
  readonly #options: Required<CheckpointOptions>;
  readonly #onProgress: ((event: Progress) => void) | undefined;

  constructor(options: Required<CheckpointOptions>, onProgress?: (event: Progress) => void) {
    this.#options = options;
    this.#onProgress = onProgress;
  }

  /**
   * Returns the newest checkpoint that can be read, or `undefined` if there are none.
   *
   * @param differences - Names the properties in which a checkpoint's run differs from this one.
   * @throws FerError `INVALID_ARGUMENT` if the checkpoints belong to another run, `CORRUPT` if all are damaged.
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
   * Saves the current state of the training run.
   *
   * @throws FerError `IO` if writing fails, e.g. on a full disk; the earlier checkpoints are kept. `DIVERGED` if a
   *   weight is not finite; nothing is written then.
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
