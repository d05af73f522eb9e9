import {
  bindRunOptions,
  checkFeatures,
  checkLabels,
  checkOptions,
  checkString,
  type FeatureMatrix,
  type JsonObject,
  type Labels,
  Random,
  RUN_OPTIONS,
} from 'fer-core';
import { checkWhole } from '../arguments/numbers.js';
import { checkFeatureMap } from './checkResults.js';
import type { FeatureMap } from './plotInput.js';
import { type PrincipalComponentsOptions, principalComponents } from './principalComponents.js';
import { frame, INK, PAPER, seriesScale, type VegaLiteSpec } from './theme.js';

/** Options of {@link mapFeatures}. */
export interface MapFeaturesOptions extends Omit<PrincipalComponentsOptions, 'components'> {
  /**
   * The largest number of points to draw, chosen at random; more points overlap and make a large file. @default 1200
   */
  readonly most?: number | undefined;
}

/**
 * Projects features onto the plane in which they vary most.
 *
 * @param features - n × d, with at least 2 rows and 2 columns.
 * @param y - n labels.
 * @throws FerError `INVALID_DATA` if they don't match or features are not finite, `INVALID_ARGUMENT` for an invalid option.
 *
 * @example
 * ```ts
 * const map = await mapFeatures(await backbone.transform(test), test, { seed: 1 });
 * const svg = await renderSvg(featureMapPlot(map));
 * ```
 */
export async function mapFeatures(
  features: FeatureMatrix,
  y: Labels,
  options: MapFeaturesOptions = {},
): Promise<FeatureMap> {
  checkOptions('mapFeatures', options, ['most', 'seed', ...RUN_OPTIONS]);
  const { most = 1200, seed = 0 } = options;
  checkWhole('most', most, 1);
  checkFeatures(features);
  checkLabels(y, features.rows);
  const { labels, classes } = y;
  const { points, rows, explained } = await principalComponents(features, {
    components: 2,
    seed,
    ...bindRunOptions(options),
  });
  const sums = classes.map(() => [0, 0, 0]);
  for (let i = 0; i < rows; i++) {
    const sum = sums[labels[i]];
    sum[0] += points[2 * i];
    sum[1] += points[2 * i + 1];
    sum[2]++;
  }
  const chosen = new Random(seed).split('feature map').permutation(rows).slice(0, most).sort();
  return {
    classes: [...classes],
    n: rows,
    explained: [explained[0], explained[1]],
    means: sums.map(([x, y, count]) => (count === 0 ? null : [x / count, y / count])),
    points: Array.from(chosen, (i) => [short(points[2 * i]), short(points[2 * i + 1]), labels[i]] as const),
  };
}

/**
 * Plots the points of a {@link FeatureMap}, coloured by class. Each class name is at the mean of its class, if there is
 * room.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but the result of `mapFeatures`.
 *
 * @example
 * ```ts
 * const map = await mapFeatures(testFeatures, test);
 * const svg = await renderSvg(featureMapPlot(map, { title: 'Features of PublicTest' }));
 * ```
 */
export function featureMapPlot(map: FeatureMap, options: { readonly title?: string | undefined } = {}): VegaLiteSpec {
  checkOptions('featureMapPlot', options, ['title']);
  checkFeatureMap(map);
  const { classes, n, explained, means, points } = map;
  const { title = 'Features, principal components' } = options;
  checkString('title', title);
  const values = points.map(([x, y, label]) => ({ x, y, class: classes[label] }));
  const names = apart(classes, means, points);
  const axis = (component: 0 | 1) => ({
    title: `component ${component + 1} (${(100 * explained[component]).toFixed(1)}% of the variance)`,
    labels: false,
    ticks: false,
    domain: false,
    grid: false,
  });
  const x = { field: 'x', type: 'quantitative', scale: { zero: false, nice: false, padding: 6 }, axis: axis(0) };
  const y = { field: 'y', type: 'quantitative', scale: { zero: false, nice: false, padding: 6 }, axis: axis(1) };
  const name = (mark: JsonObject) => ({
    data: { values: names as unknown as JsonObject[] },
    mark: { type: 'text', fontSize: 12, fontWeight: 600, ...mark },
    encoding: { x, y, text: { field: 'class', type: 'nominal' } },
  });
  const shown = points.length < n ? `${points.length} of ${n} rows` : `${n} rows`;
  return {
    ...frame(title, `${title}: ${shown} of ${classes.length} classes in the plane in which they differ most.`),
    width: 300,
    height: 260,
    layer: [
      {
        data: { values: values as unknown as JsonObject[] },
        mark: { type: 'point', filled: true, size: 14, opacity: 0.65 },
        encoding: {
          x,
          y,
          color: {
            field: 'class',
            type: 'nominal',
            scale: seriesScale(classes),
            legend: { columns: 3, direction: 'horizontal', symbolType: 'circle' },
          },
        },
      },
      name({ stroke: PAPER, strokeWidth: 4, strokeOpacity: 0.85, color: PAPER }),
      name({ color: INK }),
    ],
  };
}

/** Returns the names with their positions, without those that would overlap another. */
function apart(
  classes: readonly string[],
  means: FeatureMap['means'],
  points: FeatureMap['points'],
): { class: string; x: number; y: number }[] {
  const extent = (axis: 0 | 1) => {
    const values = points.map((point) => point[axis]);
    return Math.max(...values) - Math.min(...values);
  };
  const [width, height] = [extent(0), extent(1)];
  const kept: { class: string; x: number; y: number }[] = [];
  for (const [j, name] of classes.entries()) {
    const mean = means[j];
    if (!mean) continue;
    const [x, y] = mean;
    const free = kept.every((other) => Math.abs(x - other.x) > 0.2 * width || Math.abs(y - other.y) > 0.055 * height);
    if (free) kept.push({ class: name, x, y });
  }
  return kept;
}

/** Rounds to four digits, more than the plot can show. */
function short(value: number): number {
  return Number(value.toPrecision(4));
}
