/** A fitted model, and how the fit went. */
export interface Fitted<T> {
  readonly model: T;
  readonly iterations: number;
  readonly converged: boolean;
  /** The value that was minimised, at the end. */
  readonly objective: number;
}
