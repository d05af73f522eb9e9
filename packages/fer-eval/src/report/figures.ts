import type { EpochRecord } from 'fer-core';
import type { Comparison } from '../comparison/compare.js';
import type { FeatureMap, ReferenceAccuracy } from '../plots/plotInput.js';
import { checkReportInput, evaluatedSplits } from './checkReport.js';
import { confusionSentence } from './confusions.js';
import { count, interval, percent, points, pValue } from './format.js';
import type { ReportHead, ReportInput, ReportProvenance } from './input.js';

/** Everything that a report shows, as plain JSON. HTML and Markdown are rendered from it. */
export interface ReportFigures {
  readonly format: 'fer-report';
  readonly version: 1;
  readonly title: string;
  readonly description?: string;
  readonly classes: readonly string[];
  readonly splits: readonly { readonly name: string; readonly n: number; readonly counts: readonly number[] }[];
  /** Names of the splits that the heads were evaluated on. */
  readonly evaluated: readonly string[];
  /** The split for the final results. */
  readonly test: string;
  /** The split that the head was chosen on, if it is not `test`. */
  readonly validation?: string;
  /** The chosen head: the most accurate one on `validation`, or on `test` if there is no validation split. */
  readonly chosen: string;
  /** The findings, in complete sentences. */
  readonly summary: readonly string[];
  readonly heads: readonly ReportHead[];
  readonly comparisons: { readonly [split: string]: Comparison };
  /** Chance, then the references of the input. */
  readonly references: readonly ReferenceAccuracy[];
  readonly featureMap?: FeatureMap;
  readonly history: readonly EpochRecord[];
  readonly provenance: ReportProvenance;
}

/**
 * Returns the findings of a report in sentences, as the report shows them below its title: the accuracy of the chosen
 * head with its interval, the verdicts of the comparison (or that the data don't allow one), and its main errors.
 *
 * @throws FerError `INVALID_ARGUMENT` for a part that is not what the report takes, naming it; `INVALID_DATA` if parts
 *   of the input don't match.
 *
 * @example
 * ```ts
 * const heads = [{ name: 'svm', evaluations: { test: evaluation } }];
 * for (const sentence of reportSummary({ ...run, heads })) console.log(sentence);
 * ```
 */
export function reportSummary(input: ReportInput): string[] {
  return [...reportFigures(input).summary];
}

/** Checks the input and computes what the report shows. */
export function reportFigures(input: ReportInput): ReportFigures {
  checkReportInput(input);
  const { title, description, classes, heads, comparisons = {}, history = [], provenance = {}, featureMap } = input;
  const { references = [] } = input;
  const evaluated = evaluatedSplits(input);
  const test = input.test ?? evaluated[evaluated.length - 1];
  const validation = input.validation === test ? undefined : input.validation;
  const chosen = mostAccurate(heads, validation ?? test);
  return {
    format: 'fer-report',
    version: 1,
    title,
    ...(description !== undefined && { description }),
    classes,
    splits: input.splits.map(({ name, counts }) => {
      const values = Array.from(counts);
      return { name, n: values.reduce((a, b) => a + b, 0), counts: values };
    }),
    evaluated,
    test,
    ...(validation !== undefined && { validation }),
    chosen: chosen.name,
    summary: summarize(chosen, heads, test, validation, comparisons),
    heads,
    comparisons,
    references: [{ name: 'chance', accuracy: 1 / classes.length }, ...references],
    ...(featureMap && { featureMap }),
    history,
    provenance,
  };
}

function mostAccurate(heads: readonly ReportHead[], split: string): ReportHead {
  return heads.reduce((best, head) =>
    head.evaluations[split].accuracy > best.evaluations[split].accuracy ? head : best,
  );
}

function summarize(
  chosen: ReportHead,
  heads: readonly ReportHead[],
  test: string,
  validation: string | undefined,
  comparisons: ReportFigures['comparisons'],
): string[] {
  const { accuracy, accuracyInterval, n, perClass, confusion } = chosen.evaluations[test];
  const how =
    heads.length === 1
      ? chosen.name
      : validation === undefined
        ? `${chosen.name}, the most accurate of ${heads.length} on ${test},`
        : `${chosen.name}, chosen among ${heads.length} on ${validation},`;
  const sentences = [
    `${how} is right on ${percent(accuracy)} of the ${count(n)} images of ${test} (95\u00a0% interval ${interval(accuracyInterval)}).`,
  ];
  const comparison = Object.hasOwn(comparisons, test) ? comparisons[test] : undefined;
  const own = ({ name }: { name: string }) => Number(name === chosen.name);
  for (const row of [...(comparison?.classifiers ?? [])].sort((a, b) => own(b) - own(a))) {
    if (row.verdict === 'baseline') continue;
    const finding = {
      better: 'better, by more than chance explains',
      worse: 'worse, by more than chance explains',
      undecided: "the data can't tell which of the two is better",
    }[row.verdict];
    sentences.push(
      `${row.name} against ${comparison!.baseline}: ${points(row.difference)} points, p\u00a0${pIs(row.adjustedPValue!)}: ${finding}.`,
    );
  }
  const known = perClass.filter(({ errorRate }) => errorRate !== null).sort((a, b) => a.errorRate! - b.errorRate!);
  if (known.length > 1) {
    const [easiest, hardest] = [known[0], known[known.length - 1]];
    sentences.push(
      `${chosen.name} errs least on ${easiest.name} (${percent(easiest.errorRate, 1)}) and most on ${hardest.name} (${percent(hardest.errorRate, 1)}).`,
    );
  }
  const confusions = confusionSentence(confusion);
  if (confusions) sentences.push(confusions);
  if (chosen.robustness) {
    const { clean, meanCorruptionAccuracy, corruptions } = chosen.robustness;
    const worst = corruptions.reduce((a, b) => (b.meanAccuracy < a.meanAccuracy ? b : a));
    sentences.push(
      `On pictures made worse in ${corruptions.length} ways it is right on ${percent(meanCorruptionAccuracy, 1)} on average, against ${percent(clean.accuracy, 1)} on the same ones clean; ${worst.name} harms it most (${percent(worst.meanAccuracy, 1)}).`,
    );
  }
  return sentences;
}

function pIs(p: number): string {
  const text = pValue(p);
  return text.startsWith('<') ? text : `=\u00a0${text}`;
}
