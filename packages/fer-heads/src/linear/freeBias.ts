/**
 * Bounds the distance of free biases from their optimum for the same weights, in the metric of the Hessian. The gap is
 * then bounded to second order:
 *
 *   f − f* ≤ λ² + ½ (‖g_w‖ + drift)²
 *
 * λ² is twice the bound of what optimal biases would gain. `drift` bounds how much they would change the gradient with
 * respect to the weights.
 */
export interface BiasDistance {
  readonly decrement: number;
  readonly drift: number;
}

/** Rows whose margin is below 1 by this much stay below 1 as long as the bias moves by less than this. */
export const FIRM = 0.1;

/**
 * The bound for the squared hinge. The derivative with respect to the bias grows by at least `firm` per unit, as long
 * as the bias moves by less than {@link FIRM}.
 *
 * @param gradient - |∂f/∂b|.
 * @param firm - Σ second derivatives over the rows whose margin is below 1 − FIRM.
 * @param most - Σ of the largest possible second derivatives, over all rows.
 * @param radius - The largest norm of a row.
 * @returns `undefined` if the optimal bias may be further away than that.
 */
export function hingeBias(gradient: number, firm: number, most: number, radius: number): BiasDistance | undefined {
  if (gradient === 0) return { decrement: 0, drift: 0 };
  const move = gradient / firm;
  if (!(move <= FIRM)) return undefined;
  return { decrement: (gradient * move) / 2, drift: move * most * radius };
}

/** The inverse Hessian of the cross-entropy with respect to the k biases. */
export interface BiasHessian {
  /** k × k. */
  readonly inverse: Float64Array;
  /** An upper bound of the largest eigenvalue of the Hessian. */
  readonly norm: number;
}

/**
 * @param hessian - k × k, symmetric and positive definite; overwritten.
 * @returns `undefined` if it isn't positive definite.
 */
export function invertBiasHessian(hessian: Float64Array, k: number): BiasHessian | undefined {
  const inverse = new Float64Array(k * k);
  for (let c = 0; c < k; c++) inverse[c * k + c] = 1;
  // Gauss-Jordan elimination without row exchanges: the pivots of a positive definite matrix are above 0.
  for (let p = 0; p < k; p++) {
    const pivot = hessian[p * k + p];
    if (!(pivot > 0)) return undefined;
    for (let j = 0; j < k; j++) {
      hessian[p * k + j] /= pivot;
      inverse[p * k + j] /= pivot;
    }
    for (let i = 0; i < k; i++) {
      const factor = hessian[i * k + p];
      if (i === p || factor === 0) continue;
      for (let j = 0; j < k; j++) {
        hessian[i * k + j] -= factor * hessian[p * k + j];
        inverse[i * k + j] -= factor * inverse[p * k + j];
      }
    }
  }
  const norm = Math.sqrt(inverse.reduce((sum, value) => sum + value * value, 0));
  return Number.isFinite(norm) ? { inverse, norm } : undefined;
}

/**
 * The bound for the cross-entropy. Its third derivatives are at most twice the second derivatives times the move (Bach,
 * Self-Concordant Analysis for Logistic Regression, 2010). So within moves of ¼ the Hessian stays above 0.6 times its
 * value.
 *
 * @param gradient - ∂f/∂b, k numbers.
 * @param mass - The total weight of all rows.
 * @param radius - The largest norm of a row.
 * @returns `undefined` if the optimal biases may be further away than that.
 */
export function entropyBias(
  gradient: Float64Array,
  { inverse, norm }: BiasHessian,
  mass: number,
  radius: number,
): BiasDistance | undefined {
  const k = gradient.length;
  let square = 0;
  for (let c = 0; c < k; c++) for (let l = 0; l < k; l++) square += gradient[c] * inverse[c * k + l] * gradient[l];
  const decrement = Math.sqrt(Math.max(0, square));
  if (!(2 * decrement * Math.sqrt(norm) <= 0.25)) return undefined;
  // ‖Σ c x (S Δ)ᵀ‖ ≤ radius √(mass · ΔᵀAΔ), with ΔᵀAΔ ≤ (2 λ)², and the Hessian up to e^½ of what it is.
  return { decrement: square, drift: 3.3 * decrement * Math.sqrt(mass) * radius };
}
