import type { Dataset, FeatureExtractor, FitResult, Head, Images, JsonObject, Progress, RunOptions } from 'fer-core';
import type { Evaluation } from '../metrics/evaluate.js';

/** The input for making a backbone of an experiment. */
export interface BackboneContext {
  /** One of the experiment's seeds. Use it for the weights, the shuffling and all other random choices. */
  readonly seed: number;
  readonly train: Dataset;
  readonly validation?: Dataset | undefined;
  /** Forwards events to the experiment's `onProgress`. Pass it to the backbone's `fit`. */
  readonly onProgress: (event: Progress) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A backbone of an experiment, and how to make and train it. */
export interface ExperimentBackbone {
  /** A unique name. */
  readonly name: string;
  /**
   * Everything that the backbone depends on except the seed and the data. With other options its features are computed
   * again. A change of code that doesn't show in the options goes unnoticed. They must be JSON, without functions or NaN.
   */
  readonly options?: JsonObject | undefined;
  /** Makes the backbone, trained and ready to `transform`. It is disposed when the features have been computed. */
  make(context: BackboneContext): Promise<FeatureExtractor<Images>>;
}

/** A head of an experiment. */
export interface ExperimentHead {
  /** A unique name. */
  readonly name: string;
  /**
   * Everything that the head depends on except the seed and the features. With other options its cells are computed
   * again. They must be JSON, without functions or NaN. If threads fit the heads, the module must serve the same options.
   */
  readonly options?: JsonObject | undefined;
  /** Makes an unfitted head. It is disposed when it has been evaluated. */
  make(context: { readonly seed: number }): Head | Promise<Head>;
}

/** The data of an experiment. */
export interface ExperimentData {
  readonly train: Dataset;
  /** For choosing a head, so that results on `test` are unbiased. */
  readonly validation?: Dataset | undefined;
  readonly test: Dataset;
}

/** The splits that cells are evaluated on. */
export type MeasuredSplit = 'validation' | 'test';

/** Options for fitting heads in worker threads. */
export interface ExperimentWorkers {
  /** The module that calls `serveHeads` with the same heads. Every thread loads it. */
  readonly module: URL;
  /** The largest number of threads. @default the number of cores */
  readonly threads?: number | undefined;
  /**
   * Bytes that the features and the threads may take. The features are shared. A fit is assumed to need as much memory
   * as its training features, and the number of threads is reduced if necessary. Each thread's JavaScript heap is
   * limited to its share.
   *
   * @default half of the machine's memory
   */
  readonly memory?: number | undefined;
}

/** The options of {@link runExperiment}. */
export interface ExperimentOptions extends RunOptions {
  readonly backbones: readonly ExperimentBackbone[];
  readonly heads: readonly ExperimentHead[];
  /** Different whole numbers. */
  readonly seeds: readonly number[];
  readonly data: ExperimentData;
  /** Path of the folder for features, finished cells and the ledger. It is created if it doesn't exist. */
  readonly folder: string;
  /** Versions of packages and of the runtime, for the record. @default `{ node: process.version }` */
  readonly versions?: JsonObject | undefined;
  /** Fits heads in worker threads. @default none: one cell after another, in this thread */
  readonly workers?: ExperimentWorkers | undefined;
  /** Called with each finished cell, whether it was computed or read from disk. It must not throw. */
  readonly onCell?: ((cell: ExperimentCell, from: 'computed' | 'disk') => void) | undefined;
  /**
   * Called as the run proceeds; it must not throw. `transform` counts finished cells. `checkpoint` names features of a
   * backbone and seed that were written (`saved`) or read (`resumed`), and any file that is `damaged` and computed
   * again. Events that a backbone reports to its context's `onProgress` are forwarded.
   */
  readonly onProgress?: ((event: Progress) => void) | undefined;
  /** Stops the run at the next batch or iteration. Finished cells stay on disk. */
  readonly signal?: AbortSignal | undefined;
}

/** The evaluation of one head on one backbone with one seed, as plain JSON. */
export interface ExperimentCell {
  /** Digest of everything that the cell depends on; also the name of its file. */
  readonly key: string;
  readonly backbone: string;
  readonly head: string;
  readonly seed: number;
  readonly options: { readonly backbone: JsonObject; readonly head: JsonObject };
  /** `datasetDigest` of each split. */
  readonly data: { readonly train: string; readonly validation?: string; readonly test: string };
  readonly versions: JsonObject;
  readonly fit: FitResult;
  readonly evaluations: { readonly validation?: Evaluation; readonly test: Evaluation };
  /** Predicted class indices, for paired comparisons. */
  readonly predicted: { readonly validation?: readonly number[]; readonly test: readonly number[] };
  readonly seconds: ExperimentSeconds;
  /** When it was finished: ISO 8601. */
  readonly finished: string;
}

/** The times of a cell. All cells of a backbone and seed share the first two. */
export interface ExperimentSeconds {
  /** Making and training the backbone. */
  readonly backbone: number;
  /** Computing its features of all splits. */
  readonly features: number;
  /** Fitting and evaluating the head. */
  readonly head: number;
}

/** The result of {@link runExperiment}. */
export interface Experiment {
  /** Ordered by backbone, then seed, then head. */
  readonly cells: readonly ExperimentCell[];
  /** How many cells were computed; the others were read from disk. */
  readonly computed: number;
}
