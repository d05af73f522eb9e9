import type { EpochRecord, FitResult, JsonObject } from 'fer-core';
import type { Comparison } from '../comparison/compare.js';
import type { Evaluation } from '../metrics/evaluate.js';
import type { ClassCurves } from '../metrics/rankingCurves.js';
import type { Mistake } from '../mistakes/worstMistakes.js';
import type { ClassCounts, FeatureMap, ReferenceAccuracy } from '../plots/plotInput.js';
import type { Robustness } from '../robustness/robustness.js';

/** A classifier in the report. */
export interface ReportHead {
  /** A unique name. */
  readonly name: string;
  /** The result of `fit`. Absent if the head was not fitted separately, e.g. a softmax trained with its backbone. */
  readonly fit?: FitResult | undefined;
  /** Evaluations by the name of the split. Every head must have the same splits. */
  readonly evaluations: { readonly [split: string]: Evaluation };
  /** The result of `rankingCurves` on the test split. */
  readonly curves?: readonly ClassCurves[] | undefined;
  /** The result of `robustness`. All heads that have it must use the same corruptions and strengths. */
  readonly robustness?: Robustness | undefined;
  /** The result of `worstMistakes` on the test split. Shown if it contains faces. */
  readonly mistakes?: readonly Mistake[] | undefined;
}

/** How the results were produced, so that others can reproduce them. Date, version and command are shown first. */
export interface ReportProvenance {
  /** Date in ISO 8601, e.g. `new Date().toISOString()`. */
  readonly date?: string | undefined;
  /** Version of the program or library that computed the results. */
  readonly version?: string | undefined;
  /** The command that reproduces the results. */
  readonly command?: string | undefined;
  /** `datasetDigest` of the data, or one per split. */
  readonly dataDigest?: string | JsonObject | undefined;
  readonly seed?: number | string | undefined;
  /** The options of the backbone, its training and the heads, as they were passed. */
  readonly options?: JsonObject | undefined;
  /** Versions of packages and of the runtime. */
  readonly versions?: JsonObject | undefined;
  /** Cores, processor, memory, engine. */
  readonly machine?: JsonObject | undefined;
  /** Anything else. */
  readonly notes?: JsonObject | undefined;
}

/** The input of a report. */
export interface ReportInput {
  readonly title: string;
  /** A sentence or two under the title. */
  readonly description?: string | undefined;
  /** The k class names. */
  readonly classes: readonly string[];
  /** All splits of the data, in order, including those that were not evaluated. */
  readonly splits: readonly ClassCounts[];
  /** Training history of the backbone. */
  readonly history?: readonly EpochRecord[] | undefined;
  /** The result of `mapFeatures` for the backbone's features. */
  readonly featureMap?: FeatureMap | undefined;
  /** At least one head. */
  readonly heads: readonly ReportHead[];
  /** Results of `compare`, by the name of the split. */
  readonly comparisons?: { readonly [split: string]: Comparison } | undefined;
  /**
   * The split for the final results. It must have been evaluated.
   *
   * @default the last one evaluated
   */
  readonly test?: string | undefined;
  /**
   * The split for choosing the head, so that its result on `test` is unbiased. It must have been evaluated.
   *
   * @default none: the report names the head with the best accuracy on `test`, and says that it did so
   */
  readonly validation?: string | undefined;
  /** Known accuracies to mark in the charts, such as `FER2013_PEOPLE`. Chance is always marked. */
  readonly references?: readonly ReferenceAccuracy[] | undefined;
  readonly provenance?: ReportProvenance | undefined;
}
