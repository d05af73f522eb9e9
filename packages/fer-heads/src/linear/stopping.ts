import type { GradientSize } from './design.js';
import type { BiasDistance } from './freeBias.js';
import type { Place } from './newton.js';

/**
 * What makes a linear head's solution good enough. With f the value, f* the least possible one, and f₀ that of the best
 * model that ignores the features, a problem is solved when
 *
 *   f − f* ≤ tolerance · min(f, f₀ − f*)
 *
 * is certain. Against f alone, features of a tiny scale, or a tiny C, would have zeros for a solution: what they explain
 * is a small fraction of f, though it is all that tells the classes apart.
 *
 * f − f* is bounded from the gradient g: ½‖w‖² makes f strongly convex, so that f − f* ≤ ½‖g‖² where all variables are
 * regularised. (For the SVM that is the duality gap.) A free bias adds |∂f/∂bias| times a bound of its distance from the
 * best one. f₀ − f* is at least f₀ − f, and, again by strong convexity, at least ½‖w*‖².
 */
export function scaleOf({ value }: Place, gap: number, weightSquare: number, constantModel: number): number {
  // ‖w − w*‖ ≤ √(2 (f − f*)).
  const certain = Math.max(0, Math.sqrt(weightSquare) - Math.sqrt(2 * gap));
  return Math.min(value, Math.max(constantModel - value, (certain * certain) / 2));
}

/**
 * An upper bound of f − f*.
 *
 * @param size - Of the gradient, without what is no larger than its own rounding: so is all of it where the features
 *   explain nothing.
 * @param reach - A bound of how far a free bias is from the best one.
 * @param near - A closer one, where it is known.
 */
export function gapOf({ square, bias }: GradientSize, reach: number, near?: BiasDistance): number {
  if (bias === 0) return square / 2;
  const far = square / 2 + bias * reach;
  if (!near) return far;
  return Math.min(far, near.decrement + (Math.sqrt(square) + near.drift) ** 2 / 2);
}

/** The rounding of float64 sums over many rows, relative to their terms. */
const ROUNDING = 2e-15;

/**
 * What rounding can make of the gradient by a column of 1s.
 *
 * @param mass - The most it could be: the sum of the rows' weights.
 * @param terms - How large the terms are that scores are added up from, whose rounding stays when they cancel.
 */
export function noiseOf(mass: number, terms: number): number {
  return ROUNDING * mass * (1 + terms);
}
