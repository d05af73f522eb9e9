/**
 * What the optimiser needs to know about one problem. The answer is written into the query, so that one pass over the
 * shared data can answer many problems.
 */
export interface Query {
  /** Index of the problem, from 0. */
  readonly problem: number;
  /**
   * `point`: the value and gradient at `vector`. `direction`: the product of the Hessian at the problem's last point
   * with `vector`.
   */
  readonly kind: 'point' | 'direction';
  readonly vector: Float64Array;
  /** Answer: the gradient, or the product. */
  readonly out: Float64Array;
  /** Answer to a `point`: the value there. */
  value: number;
}
