import { type FeatureMatrix, FerError, type LinearLayer } from 'fer-core';
import { Matrix, solve } from 'ml-matrix';

/**
 * Strength of the ridge penalty, which keeps the scales near 1 and the shifts near 0 if the data don't determine them.
 */
const RIDGE = 1e-4;

/** One scale and one shift per class: calibrated logits are scale · logit + shift. */
export interface VectorScaling {
  readonly scales: Float64Array;
  readonly shifts: Float64Array;
}

/**
 * Fits vector scaling (Guo et al., On Calibration of Modern Neural Networks, 2017): the scales and shifts that minimise
 * the mean cross-entropy of softmax(scale · logits + shift), by Newton's method.
 *
 * @param logits - n × k, for rows that the network was not trained on.
 * @param labels - n class indices.
 * @throws FerError `DIVERGED` if 100 steps don't reach the minimum.
 */
export function fitVectorScaling({ data, columns: k }: FeatureMatrix, labels: ArrayLike<number>): VectorScaling {
  const n = labels.length;
  const parameters = Float64Array.from({ length: 2 * k }, (_, i) => (i < k ? 1 : 0));
  const p = new Float64Array(k);
  for (let step = 0; step < 100; step++) {
    const gradient = Matrix.zeros(2 * k, 1);
    const hessian = Matrix.eye(2 * k, 2 * k, RIDGE);
    for (let j = 0; j < 2 * k; j++) gradient.set(j, 0, RIDGE * (parameters[j] - (j < k ? 1 : 0)));
    for (let i = 0; i < n; i++) {
      const z = data.subarray(i * k, (i + 1) * k);
      probabilities(p, z, parameters);
      for (let a = 0; a < k; a++) {
        const slope = (p[a] - (labels[i] === a ? 1 : 0)) / n;
        gradient.set(a, 0, gradient.get(a, 0) + slope * z[a]);
        gradient.set(k + a, 0, gradient.get(k + a, 0) + slope);
        for (let b = 0; b < k; b++) {
          const curve = (p[a] * ((a === b ? 1 : 0) - p[b])) / n;
          hessian.set(a, b, hessian.get(a, b) + curve * z[a] * z[b]);
          hessian.set(a, k + b, hessian.get(a, k + b) + curve * z[a]);
          hessian.set(k + a, b, hessian.get(k + a, b) + curve * z[b]);
          hessian.set(k + a, k + b, hessian.get(k + a, k + b) + curve);
        }
      }
    }
    const change = solve(hessian, gradient).to1DArray();
    for (let j = 0; j < 2 * k; j++) parameters[j] -= change[j];
    if (Math.hypot(...change) < 1e-9) {
      return { scales: parameters.slice(0, k), shifts: parameters.slice(k) };
    }
  }
  throw new FerError('DIVERGED', 'vector scaling found no minimum in 100 steps: are the logits finite?');
}

/** A layer whose logits are the scaled and shifted logits of another layer. */
export function scaleLayer({ weights, bias, classes }: LinearLayer, { scales, shifts }: VectorScaling): LinearLayer {
  const { data, rows, columns } = weights;
  return {
    weights: { data: data.map((value, i) => value * scales[i % columns]), rows, columns },
    bias: bias.map((value, c) => value * scales[c] + shifts[c]),
    classes,
  };
}

function probabilities(p: Float64Array, z: Float32Array, parameters: Float64Array): void {
  const k = z.length;
  let top = -Infinity;
  for (let c = 0; c < k; c++) {
    p[c] = parameters[c] * z[c] + parameters[k + c];
    top = Math.max(top, p[c]);
  }
  let sum = 0;
  for (let c = 0; c < k; c++) {
    p[c] = Math.exp(p[c] - top);
    sum += p[c];
  }
  for (let c = 0; c < k; c++) p[c] /= sum;
}
