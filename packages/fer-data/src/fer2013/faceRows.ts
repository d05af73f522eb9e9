import { type Dataset, FER2013_CLASSES } from 'fer-core';
import { FACE_PIXELS, FACE_SIZE } from './fer2013Record.js';

const BLOCK_ROWS = 512;

/** Collects the rows of one split, in blocks, so that growing needs no copying. */
export class FaceRows {
  #blocks: Uint8Array[] = [];
  #labels: number[] = [];
  #ids: string[] = [];

  /** Number of rows. */
  get n(): number {
    return this.#labels.length;
  }

  /** Adds a row. Copies the pixels. */
  add(label: number, pixels: Uint8Array, id: string): void {
    const offset = this.n % BLOCK_ROWS;
    if (offset === 0) this.#blocks.push(new Uint8Array(BLOCK_ROWS * FACE_PIXELS));
    this.#blocks[this.#blocks.length - 1].set(pixels, offset * FACE_PIXELS);
    this.#labels.push(label);
    this.#ids.push(id);
  }

  /** The rows as a data set. Can be called once: it frees the blocks while it joins them. */
  toDataset(): Dataset {
    const n = this.n;
    const images = new Uint8Array(n * FACE_PIXELS);
    for (let row = 0; row < n; row += BLOCK_ROWS) {
      const rows = Math.min(BLOCK_ROWS, n - row);
      images.set(this.#blocks.shift()!.subarray(0, rows * FACE_PIXELS), row * FACE_PIXELS);
    }
    return {
      images,
      n,
      height: FACE_SIZE,
      width: FACE_SIZE,
      channels: 1,
      labels: Uint8Array.from(this.#labels),
      classes: FER2013_CLASSES,
      ids: this.#ids,
    };
  }
}
