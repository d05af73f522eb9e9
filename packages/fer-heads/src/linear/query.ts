/**
 * What the optimiser asks of one problem. The answer is written into the query, so that many problems can be answered
 * by one pass over the data they share.
 */
export interface Query {
  /** Which of the problems, from 0. */
  readonly problem: number;
  /** `point`: the value and gradient at `vector`. `direction`: the Hessian at the problem's last point, times it. */
  readonly kind: 'point' | 'direction';
  readonly vector: Float64Array;
  /** Answer: the gradient, or the product. */
  readonly out: Float64Array;
  /** Answer to a `point`: the value there. */
  value: number;
}
