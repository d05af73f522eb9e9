import { checkOptions, type EpochRecord, FerError, type FitResult, type JsonObject } from 'fer-core';
import type { Comparison } from '../comparison/compare.js';
import type { Evaluation } from '../metrics/evaluate.js';
import { checkClasses } from '../metrics/predictions.js';
import type { ClassCurves } from '../metrics/rankingCurves.js';
import type { Mistake } from '../mistakes/worstMistakes.js';
import type { ReferenceAccuracy } from '../plots/accuracyIntervals.js';
import type { ClassCounts } from '../plots/classDistribution.js';
import type { FeatureMap } from '../plots/featureMap.js';
import type { Robustness } from '../robustness/robustness.js';

/** A classifier in the report. */
export interface ReportHead {
  /** Names differ. */
  readonly name: string;
  /** What `fit` returned; where absent the head was not fitted by itself, as a softmax trained with its backbone. */
  readonly fit?: FitResult;
  /** By the name of the split. Every head has the same splits evaluated. */
  readonly evaluations: { readonly [split: string]: Evaluation };
  /** What `rankingCurves` gives on the test split. */
  readonly curves?: readonly ClassCurves[];
  /** What `robustness` gives, under the same corruptions and strengths for all heads that have it. */
  readonly robustness?: Robustness;
  /** What `worstMistakes` gives on the test split; shown where it has faces. */
  readonly mistakes?: readonly Mistake[];
}

/** How the figures came about, so that others can have them again. Date, version and command are shown first. */
export interface ReportProvenance {
  /** When: ISO 8601, such as `new Date().toISOString()`. */
  readonly date?: string | undefined;
  /** Of the program or library that made the figures. */
  readonly version?: string | undefined;
  /** The command that gives the same figures again. */
  readonly command?: string | undefined;
  /** `datasetDigest` of the data, or one per split. */
  readonly dataDigest?: string | JsonObject | undefined;
  readonly seed?: number | string | undefined;
  /** The options of the backbone, its training and the heads, as given. */
  readonly options?: JsonObject | undefined;
  /** Versions of packages and of the runtime. */
  readonly versions?: JsonObject | undefined;
  /** Cores, processor, memory, engine. */
  readonly machine?: JsonObject | undefined;
  /** Anything else. */
  readonly notes?: JsonObject | undefined;
}

/** What a report is made of. */
export interface ReportInput {
  readonly title: string;
  /** A sentence or two under the title. */
  readonly description?: string;
  /** The k class names. */
  readonly classes: readonly string[];
  /** The splits of the data, in order, whether evaluated or not. */
  readonly splits: readonly ClassCounts[];
  /** Training of the backbone. */
  readonly history?: readonly EpochRecord[];
  /** What `mapFeatures` gives of the backbone's features. */
  readonly featureMap?: FeatureMap;
  /** One or more. */
  readonly heads: readonly ReportHead[];
  /** What `compare` says, by the name of the split. */
  readonly comparisons?: { readonly [split: string]: Comparison };
  /**
   * The evaluated split whose figures count.
   *
   * @default the last one evaluated
   */
  readonly test?: string;
  /**
   * The evaluated split on which the head is chosen, so that its figure on `test` is an honest one.
   *
   * @default none: the report names the most accurate head on `test`, and says so
   */
  readonly validation?: string;
  /** Accuracies known from elsewhere, marked in the charts, such as `FER2013_PEOPLE`. Chance is marked always. */
  readonly references?: readonly ReferenceAccuracy[];
  readonly provenance?: ReportProvenance;
}

/** The splits that the heads were evaluated on, in the order of `splits`. */
export function evaluatedSplits({ splits, heads }: ReportInput): string[] {
  return splits.map(({ name }) => name).filter((name) => Object.hasOwn(heads[0].evaluations, name));
}

/**
 * Checks a report's input.
 *
 * @throws FerError `INVALID_DATA` where parts of it don't fit together.
 */
export function checkReportInput(input: ReportInput): void {
  checkOptions('a report', input, [
    'title',
    'description',
    'classes',
    'splits',
    'history',
    'featureMap',
    'heads',
    'comparisons',
    'test',
    'validation',
    'references',
    'provenance',
  ] satisfies readonly (keyof ReportInput)[]);
  const { classes, splits, heads, comparisons = {} } = input;
  checkClasses(classes);
  different(splits, 'splits');
  different(heads, 'heads');
  for (const { name, counts } of splits) {
    const whole = Array.from(counts).every((count) => Number.isSafeInteger(count) && count >= 0);
    if (counts.length !== classes.length || !whole) {
      fail(`split "${name}" has counts [${Array.from(counts).join(', ')}]: give ${classes.length} whole numbers.`);
    }
  }
  if (heads.length === 0) fail('no heads: a report needs at least one.');
  const evaluated = evaluatedSplits(input);
  if (evaluated.length === 0) fail(`head "${heads[0].name}" has no evaluation on any of the splits.`);
  for (const { name, evaluations } of heads) {
    const own = Object.keys(evaluations);
    if (own.length !== evaluated.length || !evaluated.every((split) => Object.hasOwn(evaluations, split))) {
      fail(
        `head "${name}" is evaluated on [${own.join(', ')}], expected [${evaluated.join(', ')}], all among the splits.`,
      );
    }
    for (const split of evaluated) {
      if (JSON.stringify(evaluations[split].confusion.classes) !== JSON.stringify(classes)) {
        fail(`head "${name}" was evaluated on ${split} with other classes than the report has.`);
      }
    }
  }
  checkFurther(input);
  for (const [split, { classifiers }] of Object.entries(comparisons)) {
    const names = classifiers.map(({ name }) => name);
    if (!evaluated.includes(split) || !heads.every(({ name }) => names.includes(name))) {
      fail(`the comparison on "${split}" must be on an evaluated split, and of all heads.`);
    }
  }
  for (const split of [input.test, input.validation]) {
    if (split !== undefined && !evaluated.includes(split)) {
      fail(`split "${split}" was not evaluated: choose among [${evaluated.join(', ')}].`);
    }
  }
}

/** What was measured beside the evaluations must be of the same classes and corruptions. */
function checkFurther({ classes, heads, featureMap }: ReportInput): void {
  if (featureMap && JSON.stringify(featureMap.classes) !== JSON.stringify(classes)) {
    fail('the map of the features has other classes than the report has.');
  }
  const grid = ({ corruptions }: Robustness) =>
    JSON.stringify(corruptions.map(({ name, strengths }) => [name, strengths.map(({ strength }) => strength)]));
  const first = heads.find(({ robustness }) => robustness)?.robustness;
  for (const { name, curves, robustness } of heads) {
    if (curves && JSON.stringify(curves.map((curve) => curve.name)) !== JSON.stringify(classes)) {
      fail(`the curves of head "${name}" have other classes than the report has.`);
    }
    if (robustness && grid(robustness) !== grid(first!)) {
      fail(`the robustness of head "${name}" was measured under other corruptions or strengths than the first one's.`);
    }
  }
}

function different(named: readonly { readonly name: string }[], what: string): void {
  const names = named.map(({ name }) => name);
  if (new Set(names).size !== names.length) fail(`${what} [${names.join(', ')}]: give them different names.`);
}

function fail(message: string): never {
  throw new FerError('INVALID_DATA', message);
}
