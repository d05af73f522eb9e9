import type { JsonObject } from 'fer-core';
import { checkClassCounts } from './checkInput.js';
import type { ClassCounts } from './plotInput.js';
import { frame, INK, PAPER, seriesScale, type VegaLiteSpec } from './theme.js';

/**
 * Plots the fraction of each class as a pie chart. `classDistributionPlot` is easier to read.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but a split with a whole number per class.
 *
 * @example
 * ```ts
 * const svg = await renderSvg(classPiePlot(train.classes, { name: 'train', counts: classCounts(train) }));
 * ```
 */
export function classPiePlot(classes: readonly string[], split: ClassCounts): VegaLiteSpec {
  checkClassCounts(classes, [split]);
  const { name, counts } = split;
  const total = Array.from(counts).reduce((a, b) => a + b, 0);
  const shares = classes.map((className, j) => ({ class: className, share: total === 0 ? 0 : counts[j] / total }));
  // The legend shows the fractions, because thin slices have no room for labels.
  const labels = shares.map(({ class: className, share }) => `${className} ${(100 * share).toFixed(1)}%`);
  const values = shares.map(({ share }, j) => ({ label: labels[j], share, order: j }));
  return {
    ...frame(`Classes of ${name}`, `Share of each class in ${name}: ${labels.join(', ')}.`),
    height: 200,
    data: { values: values as unknown as JsonObject[] },
    mark: { type: 'arc', outerRadius: 96, stroke: PAPER, strokeWidth: 1.5 },
    encoding: {
      theta: { field: 'share', type: 'quantitative', stack: true },
      order: { field: 'order', type: 'quantitative' },
      color: {
        field: 'label',
        type: 'nominal',
        sort: null,
        scale: seriesScale(labels),
        legend: { columns: 2, labelColor: INK },
      },
    },
  };
}
