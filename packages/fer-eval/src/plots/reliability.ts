import { checkOptions, checkString, type JsonObject } from 'fer-core';
import { checkWhole } from '../arguments/numbers.js';
import { checkSeries } from './checkInput.js';
import type { NamedEvaluation } from './plotInput.js';
import { frame, groupName, MUTED, seriesScale, type VegaLiteSpec } from './theme.js';

/** Options of {@link reliabilityPlot}. */
export interface ReliabilityPlotOptions {
  /** @default 'Reliability' */
  readonly title?: string | undefined;
  /** Bins with fewer rows are left out, because their accuracy is mostly chance. At least 1. @default 10 */
  readonly least?: number | undefined;
}

/**
 * Plots accuracy against confidence: how often classifiers are right at each level of confidence. On the dashed line,
 * confidence and accuracy are equal. Larger points stand for more rows.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but evaluations with different names, or an invalid option.
 *
 * @example
 * ```ts
 * const { evaluation } = await evaluateHead(head, testFeatures, test); // softmax has probabilities
 * const svg = await renderSvg(reliabilityPlot([{ name: 'softmax', evaluation }]));
 * ```
 */
export function reliabilityPlot(
  evaluations: readonly NamedEvaluation[],
  options: ReliabilityPlotOptions = {},
): VegaLiteSpec {
  checkOptions('reliabilityPlot', options, ['title', 'least']);
  const { title = 'Reliability', least = 10 } = options;
  checkString('title', title);
  checkSeries(evaluations);
  checkWhole('least', least, 1);
  const values = evaluations.flatMap(({ name, evaluation }) =>
    (evaluation.calibration?.bins ?? [])
      .filter(({ count }) => count >= least)
      .map(({ confidence, accuracy, count }) => ({ name: groupName(name), confidence, accuracy, count })),
  );
  const names = evaluations.map(({ name }) => groupName(name));
  const axis = { format: '.0%', tickCount: 5, domain: false, ticks: false };
  const x = {
    field: 'confidence',
    type: 'quantitative',
    scale: { domain: [0, 1] },
    axis: { ...axis, title: 'confidence' },
  };
  const y = {
    field: 'accuracy',
    type: 'quantitative',
    scale: { domain: [0, 1] },
    axis: { ...axis, title: 'accuracy' },
  };
  // Heads without probabilities keep their colours, so that a head has the same colour in every plot.
  const legend = { values: names.filter((name) => values.some((value) => value.name === name)) };
  const color = { field: 'name', type: 'nominal', scale: seriesScale(names), legend };
  return {
    ...frame(title, `${title} of ${names.join(', ')}: accuracy against confidence.`),
    height: 240,
    data: { values: values as unknown as JsonObject[] },
    layer: [
      {
        data: { values: [{ at: 0 }, { at: 1 }] },
        mark: { type: 'line', color: MUTED, strokeDash: [4, 4], strokeWidth: 1 },
        encoding: { x: { field: 'at', type: 'quantitative' }, y: { field: 'at', type: 'quantitative' } },
      },
      {
        mark: { type: 'line', strokeWidth: 1.5 },
        encoding: { x, y, color },
      },
      {
        mark: { type: 'point', filled: true, opacity: 1 },
        encoding: {
          x,
          y,
          color,
          size: { field: 'count', type: 'quantitative', scale: { range: [6, 160] }, legend: null },
        },
      },
    ],
  };
}
