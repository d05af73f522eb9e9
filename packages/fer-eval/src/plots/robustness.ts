import { checkOptions, checkString, type JsonObject } from 'fer-core';
import { checkDifferent } from '../arguments/names.js';
import { checkWhole } from '../arguments/numbers.js';
import type { Robustness } from '../robustness/robustness.js';
import { checkRobustness } from './checkResults.js';
import { frame, groupName, INK, seriesScale, type VegaLiteSpec } from './theme.js';

/** The robustness of a classifier, with a name. */
export interface NamedRobustness {
  readonly name: string;
  readonly robustness: Robustness;
}

/** Options of {@link robustnessPlot}. */
export interface RobustnessPlotOptions {
  /** @default 'Accuracy on worse pictures' */
  readonly title?: string | undefined;
  /** Number of small plots in a row. @default 4 */
  readonly columns?: number | undefined;
}

/**
 * Plots accuracy against strength: one small plot per corruption, one line per classifier. Strength 0 is the clean
 * images.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but results of `robustness` with different names, or an invalid
 *   option.
 *
 * @example
 * ```ts
 * const measured = await robustness(classifier, publicTest, { seed: 1 });
 * const svg = await renderSvg(robustnessPlot([{ name: 'svm', robustness: measured }]));
 * ```
 */
export function robustnessPlot(
  measured: readonly NamedRobustness[],
  options: RobustnessPlotOptions = {},
): VegaLiteSpec {
  checkOptions('robustnessPlot', options, ['title', 'columns']);
  const { title = 'Accuracy on worse pictures', columns = 4 } = options;
  checkString('title', title);
  checkDifferent('the measurements', measured, 'give a list of { name, robustness }, each as robustness returns it');
  checkWhole('columns', columns, 1);
  for (const { name, robustness } of measured) checkRobustness(name, robustness);
  const names = measured.map(({ name }) => groupName(name));
  const corruptions = [
    ...new Set(measured.flatMap(({ robustness }) => robustness.corruptions.map((c) => groupName(c.name)))),
  ];
  const values = measured.flatMap(({ name, robustness: { clean, corruptions } }) =>
    corruptions.flatMap((corruption) =>
      [{ strength: 0, accuracy: clean.accuracy }, ...corruption.strengths].map(({ strength, accuracy }) => ({
        name: groupName(name),
        corruption: groupName(corruption.name),
        strength,
        accuracy,
      })),
    ),
  );
  const { width: _, config, ...top } = frame(title, `${title}: ${names.join(', ')} under ${corruptions.join(', ')}.`);
  return {
    ...top,
    config: { ...(config as JsonObject), facet: { spacing: 14 } },
    data: { values: values as unknown as JsonObject[] },
    facet: {
      field: 'corruption',
      type: 'nominal',
      sort: corruptions,
      header: { title: null, labelColor: INK, labelFontSize: 12, labelFontWeight: 600, labelAnchor: 'start' },
    },
    columns,
    resolve: { axis: { x: 'independent' } },
    spec: {
      width: 128,
      height: 84,
      mark: { type: 'line', strokeWidth: 2, point: { size: 22, filled: true } },
      encoding: {
        x: {
          field: 'strength',
          type: 'quantitative',
          axis: { title: null, grid: false, tickMinStep: 1, tickCount: 5, format: 'd' },
        },
        y: {
          field: 'accuracy',
          type: 'quantitative',
          scale: { domainMin: 0, nice: true },
          axis: { title: null, format: '.0%', tickCount: 4, domain: false, ticks: false },
        },
        color: {
          field: 'name',
          type: 'nominal',
          scale: seriesScale(names),
          legend: names.length > 1 ? { symbolType: 'stroke', symbolStrokeWidth: 3 } : null,
        },
      },
    },
  };
}
