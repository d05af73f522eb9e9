/** A fitted model with the statistics of its fit. */
export interface Fitted<T> {
  readonly model: T;
  readonly iterations: number;
  readonly converged: boolean;
  /** The value of the minimised function at the end. */
  readonly objective: number;
}
