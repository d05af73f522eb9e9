import type { JsonObject } from 'fer-core';
import { type ConfusionMatrix, type Normalization, normalizeConfusion } from '../metrics/confusion.js';
import { frame, HEAT, INK, nameAxis, nameExtent, PAPER, type VegaLiteSpec } from './theme.js';

/** Options of {@link confusionPlot}. */
export interface ConfusionPlotOptions {
  /** @default 'Confusion' */
  readonly title?: string;
  /**
   * What the cells are percentages of.
   *
   * @default 'true'
   */
  readonly normalize?: Normalization;
}

const WHOLE: Record<Normalization, string> = {
  true: '% of the actual class',
  pred: '% of the predicted class',
  all: '% of all',
};

/** A confusion matrix: rows = actual, columns = predicted, cells in percent and shaded by it. */
export function confusionPlot(
  matrix: ConfusionMatrix,
  { title = 'Confusion', normalize = 'true' }: ConfusionPlotOptions = {},
): VegaLiteSpec {
  const { classes } = matrix;
  const size = classes.length <= 8 ? 32 : Math.max(14, Math.floor(260 / classes.length));
  const values = normalizeConfusion(matrix, normalize).flatMap((row, i) =>
    row.map((value, j) => ({ actual: classes[i], predicted: classes[j], value })),
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
        mark: { type: 'rect', color: HEAT, stroke: PAPER, strokeWidth: 1 },
        encoding: {
          ...position,
          fillOpacity: {
            field: 'value',
            type: 'quantitative',
            scale: { domain: [0, 1], range: [0.04, 1] },
            legend: null,
          },
        },
      },
      ...(size < 20
        ? []
        : [
            {
              mark: { type: 'text', fontSize: 11 },
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
