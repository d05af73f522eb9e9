import type { Evaluation } from '../metrics/evaluate.js';

/** An evaluation with a name. */
export interface NamedEvaluation {
  readonly name: string;
  readonly evaluation: Evaluation;
}

/** A known accuracy to compare with. */
export interface ReferenceAccuracy {
  /** For example `people`. */
  readonly name: string;
  /** 0..1. */
  readonly accuracy: number;
  /** A range around it, 0..1. @default none: it is drawn as a line */
  readonly range?: readonly [low: number, high: number] | undefined;
}

/** How many rows of each class a split has. */
export interface ClassCounts {
  readonly name: string;
  /** k counts. */
  readonly counts: ArrayLike<number>;
}

/** Features projected onto their first two principal components, as plain JSON. */
export interface FeatureMap {
  readonly classes: readonly string[];
  /** How many rows the components were computed from. */
  readonly n: number;
  /** The fraction of the variance along each of the two components, 0..1. */
  readonly explained: readonly [number, number];
  /** The mean of all rows of each class; `null` for a class without rows. */
  readonly means: readonly (readonly [number, number] | null)[];
  /** A sample of the rows: x, y and class index. */
  readonly points: readonly (readonly [x: number, y: number, label: number])[];
}
