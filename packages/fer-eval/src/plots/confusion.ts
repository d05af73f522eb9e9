import { checkChoice, checkOptions, checkString, type JsonObject } from 'fer-core';
import { type ConfusionMatrix, checkConfusion, type Normalization, normalizeConfusion } from '../metrics/confusion.js';
import { frame, HEAT, INK, nameAxis, nameExtent, PAPER, type VegaLiteSpec } from './theme.js';

/** Options of {@link confusionPlot}. */
export interface ConfusionPlotOptions {
  /** @default 'Confusion' */
  readonly title?: string | undefined;
  /**
   * What the percentages of the cells relate to.
   *
   * @default 'true'
   */
  readonly normalize?: Normalization | undefined;
}

const WHOLE: Record<Normalization, string> = {
  true: '% of the actual class',
  pred: '% of the predicted class',
  all: '% of all',
};

/**
 * Plots a confusion matrix: rows = actual, columns = predicted. Cells are shaded by percentage and show percentage and
 * count. Smaller cells (for more than 8 classes) show only the percentage, or nothing. Every cell has a tooltip.
 *
 * @throws FerError `INVALID_DATA` for anything but a confusion matrix, `INVALID_ARGUMENT` for an invalid option.
 *
 * @example
 * ```ts
 * const { evaluation } = await evaluateClassifier(classifier, publicTest);
 * await writeFileAtomic('confusion.svg', await renderSvg(confusionPlot(evaluation.confusion)));
 * ```
 */
export function confusionPlot(matrix: ConfusionMatrix, options: ConfusionPlotOptions = {}): VegaLiteSpec {
  checkOptions('confusionPlot', options, ['title', 'normalize']);
  const { title = 'Confusion', normalize = 'true' } = options;
  checkString('title', title);
  checkChoice('normalize', normalize, ['true', 'pred', 'all']);
  checkConfusion(matrix);
  const { classes } = matrix;
  const size = classes.length <= 8 ? 36 : Math.max(14, Math.floor(290 / classes.length));
  const supports = matrix.counts.map((row) => row.reduce((a, b) => a + b, 0));
  const values = normalizeConfusion(matrix, normalize).flatMap((row, i) =>
    row.map((value, j) => {
      const count = matrix.counts[i][j];
      const taken = i === j ? `${classes[i]} found` : `${classes[i]} taken for ${classes[j]}`;
      const words = `${taken}: ${count} of ${supports[i]} (${(100 * value).toFixed(1)} ${WHOLE[normalize]})`;
      return { actual: classes[i], predicted: classes[j], value, count, words };
    }),
  );
  const position = {
    x: {
      field: 'predicted',
      type: 'nominal',
      scale: { domain: [...classes] },
      axis: {
        ...nameAxis(classes),
        orient: 'bottom',
        title: `predicted (${WHOLE[normalize]})`,
        labelAngle: -45,
        labelPadding: 3,
        minExtent: 0,
        maxExtent: 4 + 0.75 * nameExtent(classes),
      },
    },
    y: {
      field: 'actual',
      type: 'nominal',
      scale: { domain: [...classes] },
      axis: { ...nameAxis(classes), title: 'actual' },
    },
  };
  return {
    ...frame(title, `${title}: rows are the actual classes, columns the predicted ones.`),
    width: size * classes.length,
    height: size * classes.length,
    data: { values: values as unknown as JsonObject[] },
    layer: [
      {
        mark: { type: 'rect', color: HEAT, stroke: PAPER, strokeWidth: 1, aria: true },
        encoding: {
          ...position,
          description: { field: 'words', type: 'nominal' },
          tooltip: { field: 'words', type: 'nominal' },
          fillOpacity: {
            field: 'value',
            type: 'quantitative',
            scale: { domain: [0, 1], range: [0.04, 1] },
            legend: null,
          },
        },
      },
      ...(size < 36
        ? []
        : [
            {
              mark: { type: 'text', fontSize: 8.5, dy: 9 },
              transform: [{ filter: 'datum.count > 0' }],
              encoding: {
                ...position,
                text: { field: 'count', type: 'quantitative', format: ',d' },
                color: { condition: { test: 'datum.value > 0.66', value: PAPER }, value: INK },
              },
            },
          ]),
      ...(size < 20
        ? []
        : [
            {
              mark: { type: 'text', fontSize: 11, dy: size < 36 ? 0 : -4 },
              transform: [
                {
                  calculate: 'datum.value > 0 && datum.value < 0.005 ? "<1" : format(100 * datum.value, ".0f")',
                  as: 'label',
                },
              ],
              encoding: {
                ...position,
                text: { field: 'label', type: 'nominal' },
                color: { condition: { test: 'datum.value > 0.66', value: PAPER }, value: INK },
              },
            },
          ]),
    ],
  };
}
