import type { Objective } from '../newton/newton.js';
import { type RowTargets, shareOf } from '../rows/targets.js';
import type { Design, Passes } from './design.js';
import { type BiasHessian, entropyBias, invertBiasHessian } from './freeBias.js';
import { gapOf, noiseOf, scaleOf } from './stopping.js';

/** The most products that a class's Hessian may cost. */
const MOST_PRODUCTS = 12;

/**
 * Multinomial logistic regression as one problem of k × size variables, over the design A:
 *
 *   f(W) = ½‖W‖² + Σᵢ cᵢ Σⱼ tᵢⱼ (log Σₗ exp zᵢₗ − zᵢⱼ),   Z = A·Wᵀ
 *
 * with cᵢ = C·(weight of the row) and tᵢ its label, one-hot or soft. The gradient is W + RᵀA, R = c (P − T); the
 * Hessian product with V is V + RᵀA, R = c (P ∘ S − P (P·S)), S = A·Vᵀ (Böhning, 1992). The preconditioner ignores the
 * terms that couple two classes.
 *
 * Free biases are only determined up to a constant that is added to all of them. Adding ½ (Σ cᵢ) mean² to f selects the
 * solution whose biases have a mean of 0. Without this term, rounding errors could make all of them drift.
 *
 * @param probabilities - k × n: the probabilities at the last point.
 * @param passes - `exact`: whether values and gradients are computed in float64. `every`: the sums over rows are
 *   estimated from every `every`-th block of rows.
 */
export function multinomial(
  design: Design,
  targets: RowTargets,
  probabilities: Float32Array,
  { exact, every }: Passes,
): Objective {
  const { k, weights } = targets;
  const { rows: n, size } = design;
  const column = (v: Float64Array, c: number) => v.subarray(c * size, (c + 1) * size);
  const { mass, shares } = sharesOf(targets, n);
  /** The Hessian of the free biases at the last point. */
  let biases: BiasHessian | undefined;
  const products = new Float64Array(k * k);
  const entropy = -shares.reduce((sum, t) => sum + t * Math.log(t), 0);
  const rarest = -Math.log(Math.min(...shares));
  const meanBias = (v: Float64Array) => {
    let sum = 0;
    for (let c = 0; c < k; c++) sum += v[(c + 1) * size - 1];
    return sum / k;
  };
  return {
    problems: 1,
    size: k * size,
    fused: false,

    async answer([query]) {
      const { vector, out, kind } = query;
      let loss = 0;
      const counts = kind === 'point' && design.freeBias;
      products.fill(0);
      await design.pass(
        vector,
        k,
        (scores, first, rows) => {
          if (kind === 'direction') bend(scores, rows, probabilities, weights, k, n, first);
          else loss += crossEntropy(scores, rows, probabilities, targets, n, first);
          if (counts) addProducts(products, rows, probabilities, weights, k, n, first);
        },
        out,
        { exact: exact && kind === 'point', every },
      );
      for (let j = 0; j < out.length; j++) out[j] *= every;
      let square = 0;
      for (let c = 0; c < k; c++) square += design.penalise(column(vector, c), column(out, c));
      if (counts) biases = invertBiasHessian(biasHessian(products, every, mass, k), k);
      if (design.freeBias) {
        const mean = meanBias(vector);
        for (let c = 0; c < k; c++) out[(c + 1) * size - 1] += (mass / k) * mean;
        square += mass * mean * mean;
      }
      query.value = every * loss + square / 2;
    },

    precondition() {
      const parts = Array.from({ length: k }, (_, c) => {
        const own = (out: Float32Array) => {
          for (let i = 0; i < n; i++) {
            const p = probabilities[c * n + i];
            out[i] = every * weights[i] * p * (1 - p);
          }
        };
        // Each class's own Hessian leaves half of the products to do, rarely fewer: it must not cost more than those.
        return design.precondition(c, own, { mostProducts: MOST_PRODUCTS });
      });
      return {
        lifetime: Math.max(...parts.map(({ lifetime }) => lifetime)),
        apply(r, out) {
          parts.forEach((part, c) => {
            part.apply(column(r, c), column(out, c));
          });
        },
      };
    },

    gap({ point, value, gradient, ended }) {
      let terms = 0;
      if (ended) for (let c = 0; c < k; c++) terms = Math.max(terms, design.termsOf(column(point, c)));
      const noise = ended ? noiseOf(mass, terms) : 0;
      let [square, bias, low, high] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let c = 0; c < k; c++) {
        const found = design.sizeOf(column(gradient, c), noise);
        square += found.square;
        bias += found.bias;
        low = Math.min(low, point[(c + 1) * size - 1]);
        high = Math.max(high, point[(c + 1) * size - 1]);
      }
      // At the optimum of free biases the mean probability of a class is its share. So some row gives the class at
      // least this probability. There, no other class's score exceeds its own by more than −log of the share, and ½‖W‖²
      // is below the value.
      const reach = high - low + rarest + Math.abs(meanBias(point)) + 2 * Math.sqrt(value) * design.radius;
      if (bias === 0 || !biases) return gapOf({ square, bias }, reach);
      const along = Float64Array.from({ length: k }, (_, c) => gradient[(c + 1) * size - 1]);
      return gapOf({ square, bias }, reach, entropyBias(along, biases, mass, design.radius));
    },

    scale(place) {
      let weights = 0;
      for (let c = 0; c < k; c++) weights += design.weightSquare(column(place.point, c));
      const constant = mass * (design.biasCost === Number.POSITIVE_INFINITY ? Math.log(k) : entropy);
      return scaleOf(place, this.gap(place), weights, constant);
    },
  };
}

/** Adds Σ c pₐ p_b over a block of rows. */
function addProducts(
  products: Float64Array,
  rows: number,
  probabilities: Float32Array,
  weights: Float64Array,
  k: number,
  n: number,
  first: number,
): void {
  for (let a = 0; a < k; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      const [p, q] = [a * n + first, b * n + first];
      for (let i = 0; i < rows; i++) sum += weights[first + i] * probabilities[p + i] * probabilities[q + i];
      products[a * k + b] += sum;
    }
  }
}

/**
 * Σ c (diag p − p pᵀ), plus Σ c / k² everywhere for the term that fixes the mean of the biases. As Σ p = 1, rows of the
 * first part sum to 0.
 */
function biasHessian(products: Float64Array, every: number, mass: number, k: number): Float64Array {
  const hessian = new Float64Array(k * k);
  for (let a = 0; a < k; a++) {
    for (let b = 0; b < a; b++) {
      const value = every * products[a * k + b];
      hessian[a * k + b] = mass / (k * k) - value;
      hessian[b * k + a] = mass / (k * k) - value;
      hessian[a * k + a] += value;
      hessian[b * k + b] += value;
    }
    hessian[a * k + a] += mass / (k * k);
  }
  return hessian;
}

/** Returns the total weight of all rows, and the fraction of it that each class has. */
function sharesOf(targets: RowTargets, n: number): { mass: number; shares: Float64Array } {
  const shares = new Float64Array(targets.k);
  let mass = 0;
  for (let i = 0; i < n; i++) {
    mass += targets.weights[i];
    for (let c = 0; c < targets.k; c++) shares[c] += targets.weights[i] * shareOf(targets, n, i, c);
  }
  return { mass, shares: shares.map((share) => share / mass) };
}

/** Replaces scores (k × rows) by c (P − T), stores P, and returns the loss. */
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
