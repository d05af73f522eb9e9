import type { Dataset, FeatureExtractor, FitResult, Head, Images, JsonObject, Progress, RunOptions } from 'fer-core';
import type { Evaluation } from '../metrics/evaluate.js';

/** What a backbone of an experiment is made from. */
export interface BackboneContext {
  /** One of the experiment's seeds: for the weights, the shuffling and whatever else is left to chance. */
  readonly seed: number;
  readonly train: Dataset;
  readonly validation?: Dataset;
  /** Passes events on to the experiment's `onProgress`: give it to the backbone's `fit`. */
  readonly onProgress: (event: Progress) => void;
  readonly signal?: AbortSignal;
}

/** A backbone of an experiment: how it is made and trained. */
export interface ExperimentBackbone {
  /** Names differ. */
  readonly name: string;
  /**
   * Everything that its making depends on but the seed and the data, for the record. Other options are another
   * backbone: its features are computed anew. A change of code that shows in no option goes unnoticed.
   */
  readonly options?: JsonObject;
  /** Makes it, trained and ready to `transform`. It is disposed of once the features are there. */
  make(context: BackboneContext): Promise<FeatureExtractor<Images>>;
}

/** A head of an experiment. */
export interface ExperimentHead {
  /** Names differ. */
  readonly name: string;
  /** Everything that it depends on but the seed and the features. Other options are another head. */
  readonly options?: JsonObject;
  /** Makes one, unfitted. It is disposed of once it was measured. */
  make(context: { readonly seed: number }): Head | Promise<Head>;
}

/** The data of an experiment. */
export interface ExperimentData {
  readonly train: Dataset;
  /** To choose by, so that the figures on `test` stay honest. */
  readonly validation?: Dataset;
  readonly test: Dataset;
}

/** The splits that cells are measured on. */
export type MeasuredSplit = 'validation' | 'test';

/** Heads in threads of their own. */
export interface ExperimentWorkers {
  /** The module that calls `serveHeads` with the same heads. It is loaded in every thread. */
  readonly module: URL;
  /** Most threads. @default as many as there are cores */
  readonly threads?: number;
  /**
   * Bytes that the features and the threads may take. The features are shared; a fit is taken to need as much again as
   * the features it is trained on, so that there are fewer threads where that would not fit. A thread's JavaScript heap
   * is held to its part.
   *
   * @default half of the machine's memory
   */
  readonly memory?: number;
}

/** What {@link runExperiment} takes. */
export interface ExperimentOptions extends RunOptions {
  readonly backbones: readonly ExperimentBackbone[];
  readonly heads: readonly ExperimentHead[];
  /** Different whole numbers. */
  readonly seeds: readonly number[];
  readonly data: ExperimentData;
  /** Where features, finished cells and the ledger are kept: a path, made where it is not there. */
  readonly folder: string;
  /** Versions of packages and of the runtime, for the record. @default `{ node: process.version }` */
  readonly versions?: JsonObject | undefined;
  /** Fits heads in threads. @default none: one cell after the other, in this thread */
  readonly workers?: ExperimentWorkers | undefined;
  /** Called with each finished cell, whether it was computed now or read from disk; it must not throw. */
  readonly onCell?: ((cell: ExperimentCell, from: 'computed' | 'disk') => void) | undefined;
  /**
   * Called as the run proceeds; it must not throw. `transform` counts finished cells. `checkpoint` names the features of
   * a backbone and seed that were written (`saved`) or read (`resumed`), and any file that is `damaged` and computed
   * again. What a backbone reports to its context's `onProgress` comes here too.
   */
  readonly onProgress?: ((event: Progress) => void) | undefined;
  /** Stops the run at the next batch or iteration. What is finished stays on disk. */
  readonly signal?: AbortSignal | undefined;
}

/** One backbone, one head, one seed, measured: plain JSON. */
export interface ExperimentCell {
  /** Digest of everything that it depends on: its file's name. */
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
  /** Class indices, for comparisons in pairs. */
  readonly predicted: { readonly validation?: readonly number[]; readonly test: readonly number[] };
  readonly seconds: ExperimentSeconds;
  /** When it was finished: ISO 8601. */
  readonly finished: string;
}

/** Where the time of a cell went. The first two are shared by all cells of the backbone and seed. */
export interface ExperimentSeconds {
  /** Making and training the backbone. */
  readonly backbone: number;
  /** Its features of all splits. */
  readonly features: number;
  /** Fitting the head and measuring it. */
  readonly head: number;
}

/** What {@link runExperiment} leaves. */
export interface Experiment {
  /** Backbone by backbone, seed by seed, head by head. */
  readonly cells: readonly ExperimentCell[];
  /** How many of them were computed now; the others came from disk. */
  readonly computed: number;
}
