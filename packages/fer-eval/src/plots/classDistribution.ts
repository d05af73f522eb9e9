import { groupedBars } from './bars.js';
import { checkClassCounts } from './checkInput.js';
import type { ClassCounts } from './plotInput.js';
import type { VegaLiteSpec } from './theme.js';

/**
 * Plots the fraction of each class in each split as bars.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but splits of different names with a whole number per class.
 *
 * @example
 * ```ts
 * const splits = Object.entries({ train, publicTest }).map(([name, data]) => ({ name, counts: classCounts(data) }));
 * const svg = await renderSvg(classDistributionPlot(train.classes, splits));
 * ```
 */
export function classDistributionPlot(classes: readonly string[], splits: readonly ClassCounts[]): VegaLiteSpec {
  checkClassCounts(classes, splits);
  return groupedBars({
    title: 'Share of each class',
    description: `Share of each of ${classes.length} classes in ${splits.map(({ name }) => name).join(', ')}.`,
    valueTitle: 'share of the split',
    classes,
    series: splits.map(({ name, counts }) => {
      const values = Array.from(counts);
      const total = values.reduce((a, b) => a + b, 0);
      return { name, values: values.map((count) => (total === 0 ? null : count / total)) };
    }),
  });
}
