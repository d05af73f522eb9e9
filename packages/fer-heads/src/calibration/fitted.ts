/** What was learned, and how the learning went. */
export interface Fitted<T> {
  readonly model: T;
  readonly iterations: number;
  readonly converged: boolean;
  /** What was minimised, at the end. */
  readonly objective: number;
}
