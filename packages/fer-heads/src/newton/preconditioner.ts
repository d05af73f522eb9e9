/** An approximate inverse of a Hessian. */
export interface Preconditioner {
  /** out ≈ H⁻¹ r. `r` and `out` may be the same array. */
  apply(r: Float64Array, out: Float64Array): void;
  /** How many Hessian products it takes for a new preconditioner to pay. */
  readonly lifetime: number;
}
