import { HEAD_CHANNELS } from './weights.js';

/** A detection of the network in one cell, in pixels of its input. */
export interface Candidate {
  /** √(class × object), 0..1. */
  readonly score: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /**
   * x and y of the right eye, left eye, tip of the nose, right and left corner of the mouth. Right is the person's own
   * right.
   */
  readonly points: readonly number[];
}

/**
 * Decodes the candidates from one output of the network.
 *
 * @param output - rows × columns × 16 numbers.
 * @param minScore - Candidates with a lower score are left out.
 */
export function decode(
  output: Float32Array,
  { rows, columns, stride }: { readonly rows: number; readonly columns: number; readonly stride: number },
  minScore: number,
): Candidate[] {
  const found: Candidate[] = [];
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at += HEAD_CHANNELS) {
      const score = Math.sqrt(sigmoid(output[at]) * sigmoid(output[at + 1]));
      if (!(score >= minScore)) continue;
      const [left, top] = [column * stride, row * stride];
      const width = Math.exp(output[at + 4]) * stride;
      const height = Math.exp(output[at + 5]) * stride;
      found.push({
        score,
        x: output[at + 2] * stride + left - width / 2,
        y: output[at + 3] * stride + top - height / 2,
        width,
        height,
        points: Array.from({ length: 10 }, (_, i) => output[at + 6 + i] * stride + (i % 2 === 0 ? left : top)),
      });
    }
  }
  return found;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
