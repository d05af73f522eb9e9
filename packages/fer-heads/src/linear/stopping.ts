import type { Place } from '../newton/newton.js';
import type { GradientSize } from './design.js';
import type { BiasDistance } from './freeBias.js';

/**
 * The stopping rule of the linear heads. With f the value, f* the minimum, and f₀ the value of the best model that
 * ignores the features, a problem is solved when
 *
 *   f − f* ≤ tolerance · min(f, f₀ − f*)
 *
 * is certain. Comparing with f alone would accept zeros as the solution for features of a tiny scale, or for a tiny C:
 * there the features change f by a small fraction only, although the classification depends on it.
 *
 * The gradient g bounds f − f*. ½‖w‖² makes f strongly convex, so f − f* ≤ ½‖g‖² if all variables are regularised. (For
 * the SVM this is the duality gap.) A free bias adds |∂f/∂bias| times a bound of its distance from the optimum. f₀ − f*
 * is at least f₀ − f and, again by strong convexity, at least ½‖w*‖².
 */
export function scaleOf({ value }: Place, gap: number, weightSquare: number, constantModel: number): number {
  // ‖w − w*‖ ≤ √(2 (f − f*)).
  const certain = Math.max(0, Math.sqrt(weightSquare) - Math.sqrt(2 * gap));
  return Math.min(value, Math.max(constantModel - value, (certain * certain) / 2));
}

/**
 * Returns an upper bound of f − f*.
 *
 * @param size - Size of the gradient. When the search has ended, it leaves out components below their own rounding
 *   error. If the features explain nothing, all components are.
 * @param reach - A bound of the distance of a free bias from the optimum.
 * @param near - A tighter bound, if one is known.
 */
export function gapOf({ square, bias }: GradientSize, reach: number, near?: BiasDistance): number {
  if (bias === 0) return square / 2;
  const far = square / 2 + bias * reach;
  if (!near) return far;
  return Math.min(far, near.decrement + (Math.sqrt(square) + near.drift) ** 2 / 2);
}

/** The rounding error of float64 sums over many rows, relative to their terms. */
const ROUNDING = 2e-15;

/**
 * Returns the rounding error of the gradient component of a column of 1s.
 *
 * @param mass - The largest possible component: the sum of the rows' weights.
 * @param terms - The size of the terms that add up to scores. Their rounding error remains even if they cancel.
 */
export function noiseOf(mass: number, terms: number): number {
  return ROUNDING * mass * (1 + terms);
}
