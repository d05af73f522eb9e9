import { checkOptions, checkString, FerError, type JsonObject } from 'fer-core';
import { checkEvaluations, checkFractions, checkReferences, checkSeries } from './checkInput.js';
import type { NamedEvaluation, ReferenceAccuracy } from './plotInput.js';
import { frame, GRID, INK, MUTED, nameAxis, seriesScale, type VegaLiteSpec } from './theme.js';

/** Human accuracy on FER2013: 65 ± 5 % (Goodfellow et al., "Challenges in Representation Learning", 2013). */
export const FER2013_PEOPLE: ReferenceAccuracy = { name: 'people', accuracy: 0.65, range: [0.6, 0.7] };

/** Options of {@link accuracyPlot}. */
export interface AccuracyPlotOptions {
  /** @default 'Accuracy with 95 % interval' */
  readonly title?: string | undefined;
  /**
   * The ends of the axis, 0..1, for charts with a common axis: see {@link accuracyDomain}. @default fitted to the data
   */
  readonly domain?: readonly [low: number, high: number] | undefined;
  /** Accuracies to mark in the background. One outside the axis is written at its end, with an arrow. @default none */
  readonly references?: readonly ReferenceAccuracy[] | undefined;
}

/**
 * Returns rounded ends of an axis that shows all intervals, and all references except those far outside.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but evaluations with names and references in 0..1.
 *
 * @example
 * ```ts
 * const domain = accuracyDomain([{ name: 'svm', evaluation }], [FER2013_PEOPLE]);
 * const plots = [accuracyPlot([{ name: 'svm', evaluation }], { domain })]; // the same axis for further plots
 * ```
 */
export function accuracyDomain(
  evaluations: readonly NamedEvaluation[],
  references: readonly ReferenceAccuracy[] = [],
): [low: number, high: number] {
  checkEvaluations(evaluations);
  checkReferences(references);
  const measured = evaluations.flatMap(
    ({
      evaluation: {
        accuracyInterval: { low, high },
      },
    }) => [low, high],
  );
  const span = Math.max(...measured) - Math.min(...measured);
  // A reference is left out if it would squeeze the measured intervals to less than a quarter of the axis.
  const near = references
    .flatMap(({ accuracy, range = [accuracy, accuracy] }) => range)
    .filter((at) => Math.max(at, ...measured) - Math.min(at, ...measured) <= Math.max(4 * span, 0.05));
  const all = [...measured, ...near];
  const step = Math.max(...all) - Math.min(...all) > 0.3 ? 10 : 50;
  return [
    Math.max(0, Math.floor(step * Math.min(...all)) / step),
    Math.min(1, Math.ceil(step * Math.max(...all)) / step),
  ];
}

/**
 * Plots accuracies with their 95 % intervals, one line per classifier. Classifiers with overlapping intervals may be
 * equal.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but evaluations with different names, or an invalid option.
 *
 * @example
 * ```ts
 * const evaluations = [{ name: 'svm', evaluation }];
 * const svg = await renderSvg(accuracyPlot(evaluations, { references: [FER2013_PEOPLE] }));
 * ```
 */
export function accuracyPlot(evaluations: readonly NamedEvaluation[], options: AccuracyPlotOptions = {}): VegaLiteSpec {
  checkOptions('accuracyPlot', options, ['title', 'domain', 'references']);
  const { title = 'Accuracy with 95 % interval', references = [] } = options;
  checkString('title', title);
  const domain = options.domain === undefined ? accuracyDomain(evaluations, references) : options.domain;
  checkSeries(evaluations);
  checkReferences(references);
  checkFractions('domain', domain);
  if (domain[0] === domain[1]) throw new FerError('INVALID_ARGUMENT', 'the ends of domain are equal: give a range.');
  const names = evaluations.map(({ name }) => name);
  const values = evaluations.map(({ name, evaluation: { accuracy, accuracyInterval } }) => ({
    name,
    accuracy,
    low: accuracyInterval.low,
    high: accuracyInterval.high,
  }));
  const y = { field: 'name', type: 'nominal', scale: { domain: names }, axis: nameAxis(names) };
  const x = (field: string) => ({
    field,
    type: 'quantitative',
    scale: { domain: [...domain], zero: false, nice: false },
    axis: { title: null, format: '~%', tickCount: 5, domain: false, ticks: false, offset: 2 },
  });
  const color = { field: 'name', type: 'nominal', scale: seriesScale(names), legend: null };
  return {
    ...frame(title, `${title} of ${names.join(', ')}.`),
    height: names.length * 36,
    data: { values: values as unknown as JsonObject[] },
    layer: [
      ...references.flatMap((reference) => referenceMarks(reference, domain, x)),
      { mark: { type: 'rule', strokeWidth: 2 }, encoding: { y, x: x('low'), x2: { field: 'high' }, color } },
      { mark: { type: 'point', filled: true, size: 70, opacity: 1 }, encoding: { y, x: x('accuracy'), color } },
      {
        mark: { type: 'text', dy: -11, fontSize: 11, color: INK },
        encoding: { y, x: x('accuracy'), text: { field: 'accuracy', type: 'quantitative', format: '.2%' } },
      },
    ],
  };
}

/** A band or a line with its name above. For a reference outside the axis, its name at that end of the axis. */
function referenceMarks(
  { name, accuracy, range }: ReferenceAccuracy,
  [low, high]: readonly [number, number],
  x: (field: string) => JsonObject,
): JsonObject[] {
  const inside = accuracy >= low && accuracy <= high;
  const rounded = `${Number((100 * accuracy).toFixed(1))} %`;
  const label = inside ? name : accuracy < low ? `← ${name} ${rounded}` : `${name} ${rounded} →`;
  const at = Math.min(high, Math.max(low, accuracy));
  const band = range && [Math.max(low, range[0]), Math.min(high, range[1])];
  const data = { values: [{ at, from: band?.[0] ?? at, to: band?.[1] ?? at, label }] };
  const align = inside ? 'center' : accuracy < low ? 'left' : 'right';
  return [
    ...(band && band[0] < band[1]
      ? [{ data, mark: { type: 'rect', color: GRID, opacity: 0.7 }, encoding: { x: x('from'), x2: { field: 'to' } } }]
      : []),
    ...(inside ? [{ data, mark: { type: 'rule', color: MUTED, strokeDash: [3, 3] }, encoding: { x: x('at') } }] : []),
    {
      data,
      mark: { type: 'text', align, baseline: 'bottom', dy: -3, fontSize: 10.5, color: MUTED },
      encoding: { x: x('at'), y: { value: 0 }, text: { field: 'label', type: 'nominal' } },
    },
  ];
}
