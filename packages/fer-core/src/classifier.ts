import type { FeatureMatrix } from './data/features.js';
import type { Images } from './data/images.js';
import type { Labels } from './data/labels.js';
import type { SavedPart } from './part.js';
import type { RunOptions } from './progress.js';

/** The result of a fit. */
export interface FitResult {
  /** Iterations of the solver: the largest number over the one-vs-rest problems. */
  readonly iterations: number;
  /** Whether the stopping tolerance was met. It may not be, so check it. */
  readonly converged: boolean;
  /** The final value of the objective that was minimised, summed over the classes. */
  readonly objective: number;
  /** Wall-clock seconds. */
  readonly seconds: number;
}

/**
 * Anything that learns classes from labelled rows of `In`: a head over features, or a backbone piped into a head over
 * images. The methods have the names and meanings they have in scikit-learn.
 */
export interface Classifier<In> {
  /** The k class names, in the order of the score columns; empty before `fit`. */
  readonly classes: readonly string[];
  /**
   * Fits the classifier to n rows, discarding any earlier fit.
   *
   * @param y - The labels of the rows. May be omitted if x carries labels, as a `Dataset` does: `fit(train)`.
   *   Implementations find them with `resolveLabels(x, y)`.
   * @throws FerError `INVALID_DATA` if x or y break their contracts or do not match, `INVALID_ARGUMENT` if there
   *   are no labels.
   */
  fit(x: In, y?: Labels, options?: RunOptions): Promise<FitResult>;
  /** n × k raw scores (logits, margins); a larger score means a more likely class. Throws `NOT_FITTED` before `fit`. */
  decisionFunction(x: In, options?: RunOptions): Promise<FeatureMatrix>;
  /** The index of the best class of each row. */
  predict(x: In, options?: RunOptions): Promise<Uint8Array>;
  /** n × k probabilities, rows summing to 1; only on classifiers with calibrated probabilities. */
  predictProba?(x: In, options?: RunOptions): Promise<FeatureMatrix>;
  /** What `saveClassifier` writes. */
  serialize(): Promise<SavedPart>;
  /** Frees memory outside the garbage collector's reach. The classifier can't be used after this call. */
  dispose(): void;
}

/** A classifier over features, used on top of a backbone. */
export type Head = Classifier<FeatureMatrix>;

/** Anything that turns n inputs into n rows of features. */
export interface FeatureExtractor<In> {
  /** Number of columns that `transform` returns. */
  readonly outputSize: number;
  /** n × outputSize features. */
  transform(x: In, options?: RunOptions): Promise<FeatureMatrix>;
  /** What `saveClassifier` writes. */
  serialize(): Promise<SavedPart>;
  /** Frees memory outside the garbage collector's reach (tensors, workers). */
  dispose(): void;
}

/**
 * A dense layer, as found on top of a backbone trained end to end, and as accepted by a linear head:
 * scores = x · weights + bias.
 */
export interface LinearLayer {
  /** d × k, row-major (features × classes), as in a Keras Dense kernel. */
  readonly weights: FeatureMatrix;
  /** k. */
  readonly bias: Float32Array;
  readonly classes: readonly string[];
}

/**
 * A backbone piped into a head. It keeps both types, so that `backbone.layer` and `head.toLayer()` need no cast.
 */
export interface PipedClassifier<B extends FeatureExtractor<Images> = FeatureExtractor<Images>, H extends Head = Head>
  extends Classifier<Images> {
  readonly backbone: B;
  readonly head: H;
  /**
   * Fits the head on the backbone's features; the backbone is not changed.
   *
   * @param options - Those of the head's own `fit`.
   * @returns What the head's `fit` returns.
   */
  fit(x: Images, y?: Labels, options?: Parameters<H['fit']>[2]): ReturnType<H['fit']>;
}

/** `predictProba` over images. It is non-optional if the type of the head has it. */
export type PipedProbabilities<H extends Head> = undefined extends H['predictProba']
  ? unknown
  : {
      /** n × k probabilities, rows summing to 1. */
      predictProba(x: Images, options?: RunOptions): Promise<FeatureMatrix>;
    };
