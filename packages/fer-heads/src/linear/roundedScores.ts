import type { FeatureMatrix, RunOptions } from 'fer-core';
import type { LinearModel } from './linearModel.js';

/** How many rows are looked at. */
const ROWS = 256;
/** The share of them from which a warning is given. */
const SHARE = 0.01;

/**
 * Reports, as an event of kind `warning` and code `ROUNDED_SCORES`, that scores in float32 give other classes than the
 * same in float64. It happens to features that are so small that a score is nearly its bias alone.
 *
 * @param x - The rows that the model was fitted to.
 */
export function warnRounded(run: RunOptions, model: LinearModel, x: FeatureMatrix): void {
  const count = Math.min(ROWS, x.rows);
  const rows = Array.from({ length: count }, (_, i) => Math.floor((i * x.rows) / count));
  const differing = roundedRows(model, x, rows);
  if (differing <= SHARE * count) return;
  run.onProgress?.({
    kind: 'warning',
    code: 'ROUNDED_SCORES',
    message:
      `in ${differing} of ${count} rows the scores of the classes differ by less than float32 can hold, so that the ` +
      'predictions are arbitrary: scale the features up (standardise: true does), or raise C.',
  });
}

/** How many rows have another largest score after rounding. */
function roundedRows({ weights, bias, d }: LinearModel, { data }: FeatureMatrix, rows: readonly number[]): number {
  const k = bias.length;
  // An integer costs no memory in code that V8 has not optimised yet, unlike a float.
  const words = new Int32Array(data.buffer, data.byteOffset, data.length);
  const scores = new Float64Array(k);
  const rounded = new Float32Array(k);
  let differing = 0;
  for (const i of rows) {
    scores.set(bias);
    for (let j = 0; j < d; j++) {
      if (words[i * d + j] === 0) continue;
      const value = data[i * d + j];
      for (let c = 0; c < k; c++) scores[c] += value * weights[j * k + c];
    }
    rounded.set(scores);
    if (largest(scores) !== largest(rounded)) differing++;
  }
  return differing;
}

function largest(scores: Float64Array | Float32Array): number {
  return scores.indexOf(Math.max(...scores));
}
