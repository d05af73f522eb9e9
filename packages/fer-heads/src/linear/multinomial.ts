import { type RowTargets, shareOf } from '../rows/targets.js';
import type { Design } from './design.js';
import type { Objective } from './newton.js';

/**
 * Multinomial logistic regression as one problem of k × size variables, over the design A:
 *
 *   f(W) = ½‖W‖² + Σᵢ cᵢ Σⱼ tᵢⱼ (log Σₗ exp zᵢₗ − zᵢⱼ),   Z = A·Wᵀ
 *
 * with cᵢ = C·(weight of the row) and tᵢ its label, one-hot or soft. The gradient is W + RᵀA, R = c (P − T); the
 * Hessian product with V is V + RᵀA, R = c (P ∘ S − P (P·S)), S = A·Vᵀ (Böhning, 1992).
 * The preconditioner leaves out what couples two classes.
 *
 * @param probabilities - k × n: those at the last point.
 * @param every - Estimates the sums over rows from each so-manieth block of them.
 */
export function multinomial(design: Design, targets: RowTargets, probabilities: Float32Array, every = 1): Objective {
  const { k, weights } = targets;
  const { rows: n, size, regularised } = design;
  return {
    problems: 1,
    size: k * size,
    convexity: regularised === size ? 1 : 0,

    async answer([query]) {
      const { vector, out, kind } = query;
      let loss = 0;
      await design.pass(
        vector,
        k,
        (scores, first, rows) => {
          if (kind === 'direction') bend(scores, rows, probabilities, weights, k, n, first);
          else loss += crossEntropy(scores, rows, probabilities, targets, n, first);
        },
        out,
        { exact: kind === 'point', every },
      );
      for (let j = 0; j < out.length; j++) out[j] *= every;
      let square = 0;
      for (let c = 0; c < k; c++) {
        for (let j = c * size; j < c * size + regularised; j++) {
          out[j] += vector[j];
          square += vector[j] * vector[j];
        }
      }
      query.value = every * loss + square / 2;
    },

    precondition() {
      const parts = Array.from({ length: k }, (_, c) =>
        design.precondition(c, (row) => {
          const p = probabilities[c * n + row];
          return every * weights[row] * p * (1 - p);
        }),
      );
      return {
        lifetime: Math.max(...parts.map(({ lifetime }) => lifetime)),
        close: false,
        apply(r, out) {
          parts.forEach((part, c) => {
            part.apply(r.subarray(c * size, (c + 1) * size), out.subarray(c * size, (c + 1) * size));
          });
        },
      };
    },
  };
}

/** Replaces scores (k × rows) by c (P − T), notes P, and returns the loss. */
function crossEntropy(
  scores: Float64Array,
  rows: number,
  probabilities: Float32Array,
  targets: RowTargets,
  n: number,
  first: number,
): number {
  const { k, weights } = targets;
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    let max = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < k; c++) max = Math.max(max, scores[c * rows + i]);
    let sum = 0;
    let fit = 0;
    for (let c = 0; c < k; c++) {
      const z = scores[c * rows + i] - max;
      fit += shareOf(targets, n, first + i, c) * z;
      scores[c * rows + i] = Math.exp(z);
      sum += scores[c * rows + i];
    }
    const weight = weights[first + i];
    loss += weight * (Math.log(sum) - fit);
    for (let c = 0; c < k; c++) {
      const p = scores[c * rows + i] / sum;
      probabilities[c * n + first + i] = p;
      scores[c * rows + i] = weight * (p - shareOf(targets, n, first + i, c));
    }
  }
  return loss;
}

/** Replaces S (k × rows) by c (P ∘ S − P (P·S)). */
function bend(
  scores: Float64Array,
  rows: number,
  probabilities: Float32Array,
  weights: Float64Array,
  k: number,
  n: number,
  first: number,
): void {
  for (let i = 0; i < rows; i++) {
    let mean = 0;
    for (let c = 0; c < k; c++) mean += probabilities[c * n + first + i] * scores[c * rows + i];
    for (let c = 0; c < k; c++) {
      const p = probabilities[c * n + first + i];
      scores[c * rows + i] = weights[first + i] * p * (scores[c * rows + i] - mean);
    }
  }
}
