import {
  checkArray,
  checkJson,
  checkObject,
  checkOptions,
  checkString,
  describeValue,
  FerError,
  type FitResult,
  nearestName,
  sameClasses,
} from 'fer-core';
import { checkNamed } from '../arguments/names.js';
import { checkFinite, checkRange, checkWhole } from '../arguments/numbers.js';
import type { Comparison } from '../comparison/compare.js';
import { checkHistory } from '../history/checkHistory.js';
import { checkClasses } from '../metrics/predictions.js';
import { checkEvaluations, checkReferences } from '../plots/checkInput.js';
import { checkCurves, checkFeatureMap, checkMistakes, checkRobustness } from '../plots/checkResults.js';
import type { Robustness } from '../robustness/robustness.js';
import { checkComparison } from './checkComparison.js';
import type { ReportHead, ReportInput, ReportProvenance } from './input.js';

/** Returns the splits that the heads were evaluated on, in the order of `splits`. */
export function evaluatedSplits({ splits, heads }: ReportInput): string[] {
  return splits.map(({ name }) => name).filter((name) => Object.hasOwn(heads[0].evaluations, name));
}

/**
 * Checks the input of a report.
 *
 * @throws FerError `INVALID_ARGUMENT` for a part that is not what the report takes, `INVALID_DATA` if its parts don't
 *   match.
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
      fail(
        `split "${name}" has counts [${Array.from(counts, describeValue).join(', ')}]: give ${classes.length} whole numbers.`,
      );
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
      if (!sameClasses(evaluations[split].confusion.classes, classes)) {
        fail(`head "${name}" was evaluated on ${split} with other classes than the report has.`);
      }
      const { counts } = splits.find((one) => one.name === split)!;
      const support = evaluations[split].perClass.map((metrics) => metrics.support);
      if (support.some((rows, j) => rows !== counts[j])) {
        const given = Array.from(counts).join(', ');
        fail(
          `split "${split}" has counts [${given}], but head "${name}" was evaluated on [${support.join(', ')}] rows.`,
        );
      }
    }
  }
  checkFurther(input);
  for (const [split, comparison] of Object.entries(comparisons)) {
    if (!evaluated.includes(split)) fail(`the comparison on "${split}" must be on an evaluated split.`);
    checkComparison(split, comparison);
    const names = comparison.classifiers.map(({ name }) => name);
    if (!heads.every(({ name }) => names.includes(name))) fail(`the comparison on "${split}" must be of all heads.`);
    checkSameAccuracies(split, comparison, heads);
  }
  for (const [use, split] of Object.entries({ test: input.test, validation: input.validation })) {
    if (split !== undefined) checkString(use, split);
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
  checkNamed('the splits', splits, 'give a list of { name, counts }');
  for (const { name, counts } of splits) checkArray(`the counts of ${name}`, counts);
  if (history !== undefined) checkHistory(history);
  if (featureMap !== undefined) checkFeatureMap(featureMap);
  checkNamed('the heads', heads, 'give a list of { name, evaluations }');
  for (const [i, head] of heads.entries()) {
    const { name, fit, evaluations, curves, robustness, mistakes } = head;
    checkHeadNames(head);
    if (fit !== undefined) checkFit(name, fit);
    checkObject(`the evaluations of ${name}`, evaluations, 'give evaluations by the names of splits');
    const given = Object.values(evaluations).map((evaluation) => ({ name, evaluation }));
    if (given.length > 0) checkEvaluations(given);
    checkJson(`heads[${i}].evaluations`, evaluations);
    if (curves !== undefined) checkCurves(curves);
    if (robustness !== undefined) checkRobustness(name, robustness);
    if (mistakes !== undefined) checkMistakes(`the mistakes of ${name}`, mistakes);
  }
  if (references !== undefined) checkReferences(references);
  if (provenance !== undefined) checkProvenance(provenance);
  if (input.comparisons === undefined) return;
  checkObject('the comparisons', input.comparisons, 'give what compare returns, by the names of splits');
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
  const { seed, dataDigest, date, version, command, options, versions, machine, notes } = provenance;
  if (seed !== undefined && typeof seed !== 'string') checkFinite('provenance.seed', seed);
  for (const [name, text] of Object.entries({ date, version, command })) {
    if (text !== undefined) checkString(`provenance.${name}`, text);
  }
  const digests = typeof dataDigest === 'string' ? undefined : dataDigest;
  for (const [name, object] of Object.entries({ dataDigest: digests, options, versions, machine, notes })) {
    if (object === undefined) continue;
    checkObject(`provenance.${name}`, object, 'give an object');
    checkJson(`provenance.${name}`, object);
  }
}

const HEAD_NAMES = [
  'name',
  'fit',
  'evaluations',
  'curves',
  'robustness',
  'mistakes',
] as const satisfies readonly (keyof ReportHead)[];

/** Checks that no property of a head is a misspelt one. A head may have properties of the caller's own. */
function checkHeadNames(head: ReportHead): void {
  for (const property of Object.keys(head)) {
    if (HEAD_NAMES.some((name) => name === property)) continue;
    const near = nearestName(property, HEAD_NAMES);
    if (near === undefined || Object.hasOwn(head, near)) continue;
    const message = `head "${head.name}" has a property "${property}": did you mean "${near}"?`;
    throw new FerError('INVALID_ARGUMENT', message);
  }
}

function checkFit(name: string, fit: FitResult): void {
  checkObject(`the fit of ${name}`, fit, 'give what fit returned');
  checkWhole(`the iterations of ${name}`, fit.iterations, 0);
  checkRange(`the seconds of ${name}`, fit.seconds, 0);
  if (typeof fit.converged === 'boolean') return;
  throw new FerError(
    'INVALID_ARGUMENT',
    `converged of ${name} is ${describeValue(fit.converged)}: give true or false.`,
  );
}

/** Checks that a comparison has the rows and the accuracies of the evaluations. */
function checkSameAccuracies(split: string, { n, classifiers }: Comparison, heads: readonly ReportHead[]): void {
  for (const { name, evaluations } of heads) {
    const evaluation = evaluations[split];
    const compared = classifiers.find((classifier) => classifier.name === name)!;
    if (n === evaluation.n && Math.abs(compared.accuracy - evaluation.accuracy) < 1e-9) continue;
    fail(
      `the comparison on "${split}" has ${name} right on ${compared.accuracy} of ${n} rows, its evaluation on ` +
        `${evaluation.accuracy} of ${evaluation.n}: compare the same predictions that were evaluated.`,
    );
  }
}

/** Checks that the other results have the same classes and corruptions as the evaluations. */
function checkFurther({ classes, heads, featureMap }: ReportInput): void {
  if (featureMap && !sameClasses(featureMap.classes, classes)) {
    fail('the map of the features has other classes than the report has.');
  }
  const grid = ({ corruptions }: Robustness) =>
    JSON.stringify(corruptions.map(({ name, strengths }) => [name, strengths.map(({ strength }) => strength)]));
  const first = heads.find(({ robustness }) => robustness)?.robustness;
  for (const { name, curves, robustness } of heads) {
    const classesOfCurves = curves?.map((curve) => curve.name) ?? classes;
    if (!sameClasses(classesOfCurves, classes)) {
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
