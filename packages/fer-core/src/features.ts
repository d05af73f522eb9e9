import { FerError } from './errors.js';

/** A dense matrix of features or scores: one row an image. */
export interface FeatureMatrix {
  /** rows × columns, row-major. */
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Checks a matrix: as many numbers as its shape needs, all finite.
 *
 * @param columns - The number of columns expected, where it is known.
 * @throws FerError `INVALID_DATA`, naming the first bad row and column.
 */
export function checkFeatures(matrix: FeatureMatrix, columns?: number): void {
  const { data, rows, columns: d } = matrix;
  if (data.length !== rows * d) {
    throw new FerError('INVALID_DATA', `${data.length} numbers for a ${rows}×${d} matrix: expected ${rows * d}.`);
  }
  if (columns !== undefined && d !== columns) {
    throw new FerError(
      'INVALID_DATA',
      `features have ${d} columns, expected ${columns}: use the backbone they were fit on.`,
    );
  }
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) {
      throw new FerError('INVALID_DATA', `feature is ${data[i]}: features must be finite numbers.`, {
        row: Math.floor(i / d) + 1,
        column: (i % d) + 1,
      });
    }
  }
}

/** The index of each row's largest score; of equal ones the first. */
export function argmaxRows({ data, rows, columns }: FeatureMatrix): Uint8Array {
  const best = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) {
    const start = i * columns;
    let top = 0;
    for (let j = 1; j < columns; j++) if (data[start + j] > data[start + top]) top = j;
    best[i] = top;
  }
  return best;
}

/** The softmax of each row, computed from its largest score down so that nothing overflows. */
export function softmaxRows({ data, rows, columns }: FeatureMatrix): FeatureMatrix {
  const out = new Float32Array(data.length);
  const e = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    const start = i * columns;
    let max = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < columns; j++) max = Math.max(max, data[start + j]);
    let sum = 0;
    for (let j = 0; j < columns; j++) {
      e[j] = Math.exp(data[start + j] - max);
      sum += e[j];
    }
    for (let j = 0; j < columns; j++) out[start + j] = e[j] / sum;
  }
  return { data: out, rows, columns };
}
