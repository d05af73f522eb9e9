import type { JsonObject } from 'fer-core';
import type { NamedEvaluation } from './errorRates.js';
import { frame, INK, nameAxis, seriesScale, type VegaLiteSpec } from './theme.js';

/** Accuracies with their 95 % intervals, one line a classifier: what overlaps may well be equal. */
export function accuracyPlot(
  evaluations: readonly NamedEvaluation[],
  { title = 'Accuracy with 95 % interval' }: { readonly title?: string } = {},
): VegaLiteSpec {
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
    scale: { zero: false, nice: true },
    axis: { title: null, format: '~%', tickCount: 5, domain: false, ticks: false, offset: 2 },
  });
  const color = { field: 'name', type: 'nominal', scale: seriesScale(names), legend: null };
  return {
    ...frame(title, `${title} of ${names.join(', ')}.`),
    height: names.length * 36,
    data: { values: values as unknown as JsonObject[] },
    layer: [
      { mark: { type: 'rule', strokeWidth: 2 }, encoding: { y, x: x('low'), x2: { field: 'high' }, color } },
      { mark: { type: 'point', filled: true, size: 70, opacity: 1 }, encoding: { y, x: x('accuracy'), color } },
      {
        mark: { type: 'text', dy: -11, fontSize: 11, color: INK },
        encoding: { y, x: x('accuracy'), text: { field: 'accuracy', type: 'quantitative', format: '.2%' } },
      },
    ],
  };
}
