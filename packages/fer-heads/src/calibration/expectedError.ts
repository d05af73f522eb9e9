import type { FeatureMatrix } from 'fer-core';

/** Number of bins of equal width, as in Guo et al. and as the default of fer-eval's `calibration`. */
const BINS = 15;

/**
 * The expected calibration error of the most probable class (Guo, Pleiss, Sun & Weinberger, On Calibration of Modern
 * Neural Networks, 2017): the mean over 15 bins of |accuracy − confidence|, weighted by the rows in each.
 *
 * @param probabilities - n × k.
 */
export function expectedError({ data, columns: k }: FeatureMatrix, labels: Uint8Array): number {
  const excess = new Float64Array(BINS);
  for (let i = 0; i < labels.length; i++) {
    let top = 0;
    for (let c = 1; c < k; c++) if (data[i * k + c] > data[i * k + top]) top = c;
    const confidence = data[i * k + top];
    const bin = Math.min(BINS - 1, Math.max(0, Math.ceil(confidence * BINS) - 1));
    excess[bin] += confidence - (top === labels[i] ? 1 : 0);
  }
  return excess.reduce((sum, value) => sum + Math.abs(value), 0) / labels.length;
}
