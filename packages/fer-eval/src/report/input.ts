import {
  checkArray,
  checkObject,
  checkObjects,
  checkOptions,
  checkString,
  type EpochRecord,
  FerError,
  type FitResult,
  type JsonObject,
} from 'fer-core';
import type { Comparison } from '../comparison/compare.js';
import { checkHistory } from '../history/checkHistory.js';
import type { Evaluation } from '../metrics/evaluate.js';
import { checkClasses } from '../metrics/predictions.js';
import type { ClassCurves } from '../metrics/rankingCurves.js';
import type { Mistake } from '../mistakes/worstMistakes.js';
import {
  checkCurves,
  checkEvaluations,
  checkFeatureMap,
  checkReferences,
  checkRobustness,
} from '../plots/checkInput.js';
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

/** Returns the splits that the heads were evaluated on, in the order of `splits`. */
export function evaluatedSplits({ splits, heads }: ReportInput): string[] {
  return splits.map(({ name }) => name).filter((name) => Object.hasOwn(heads[0].evaluations, name));
}

/**
 * Checks the input of a report.
 *
 * @throws FerError `INVALID_DATA` if its parts don't match.
 */
export function checkReportInput(input: ReportInput): void {
  checkObject('the report', input, 'give { title, classes, splits, heads }');
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
  checkParts(input);
  const { classes, splits, heads, comparisons = {} } = input;
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

/** Checks that the parts of a report have the form that they are read in. */
function checkParts(input: ReportInput): void {
  const { title, description, classes, splits, history, featureMap, heads, references, provenance } = input;
  checkString('the title', title);
  if (description !== undefined) checkString('the description', description);
  checkClasses(classes);
  checkObjects('the splits', splits, 'give a list of { name, counts }');
  for (const { name, counts } of splits) checkArray(`the counts of ${name}`, counts);
  if (history !== undefined) checkHistory(history);
  if (featureMap !== undefined) checkFeatureMap(featureMap);
  checkObjects('the heads', heads, 'give a list of { name, evaluations }');
  for (const { name, evaluations, curves, robustness, mistakes } of heads) {
    checkObject(`the evaluations of ${name}`, evaluations, 'give evaluations by the names of splits');
    const given = Object.values(evaluations).map((evaluation) => ({ name, evaluation }));
    if (given.length > 0) checkEvaluations(given);
    if (curves !== undefined) checkCurves(curves);
    if (robustness !== undefined) checkRobustness(name, robustness);
    if (mistakes !== undefined) checkObjects(`the mistakes of ${name}`, mistakes, 'give what worstMistakes returns');
  }
  if (references !== undefined) checkReferences(references);
  if (provenance !== undefined) checkProvenance(provenance);
  if (input.comparisons === undefined) return;
  checkObject('the comparisons', input.comparisons, 'give what compare returns, by the names of splits');
  for (const [split, comparison] of Object.entries(input.comparisons)) {
    checkObject(`the comparison on ${split}`, comparison, 'give what compare returns');
    checkObjects(`the classifiers of the comparison on ${split}`, comparison.classifiers, 'give what compare returns');
  }
}

function checkProvenance(provenance: ReportProvenance): void {
  checkObject('the provenance', provenance, 'give { date, seed, options }');
  checkOptions('the provenance', provenance, [
    'date',
    'version',
    'command',
    'dataDigest',
    'seed',
    'options',
    'versions',
    'machine',
    'notes',
  ] satisfies readonly (keyof ReportProvenance)[]);
}

/** Checks that the other results have the same classes and corruptions as the evaluations. */
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
