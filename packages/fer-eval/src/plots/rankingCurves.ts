import { checkOptions, checkString, type JsonObject } from 'fer-core';
import type { ClassCurves } from '../metrics/rankingCurves.js';
import { checkCurves } from './checkResults.js';
import { DASHES, frame, groupName, INK, MUTED, PAPER, seriesScale, type VegaLiteSpec } from './theme.js';

/**
 * Plots ROC curves of each class against the rest, with their areas. The dashed line is chance.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but the curves of at least one class.
 *
 * @example
 * ```ts
 * const curves = rankingCurves({ actual, scores, classes });
 * await writeFileAtomic('roc.svg', await renderSvg(rocPlot(curves)));
 * ```
 */
export function rocPlot(
  curves: readonly ClassCurves[],
  options: { readonly title?: string | undefined } = {},
): VegaLiteSpec {
  checkOptions('rocPlot', options, ['title']);
  checkCurves(curves);
  const { title = 'ROC, one class against the rest' } = options;
  checkString('title', title);
  return curvePlot({
    title,
    curves: curves.map(({ name, auc, roc }) => ({ name, figure: auc, points: roc })),
    x: 'false positive rate',
    y: 'true positive rate',
    chance: true,
  });
}

/**
 * Plots precision-recall curves of each class against the rest, with their average precisions.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but the curves of at least one class.
 *
 * @example
 * ```ts
 * const curves = rankingCurves({ actual, scores, classes });
 * await writeFileAtomic('precision-recall.svg', await renderSvg(precisionRecallPlot(curves)));
 * ```
 */
export function precisionRecallPlot(
  curves: readonly ClassCurves[],
  options: { readonly title?: string | undefined } = {},
): VegaLiteSpec {
  checkOptions('precisionRecallPlot', options, ['title']);
  checkCurves(curves);
  const { title = 'Precision against recall' } = options;
  checkString('title', title);
  return curvePlot({
    title,
    curves: curves.map(({ name, averagePrecision, precisionRecall }) => ({
      name,
      figure: averagePrecision,
      points: precisionRecall,
    })),
    x: 'recall',
    y: 'precision',
    chance: false,
  });
}

interface Curves {
  readonly title: string;
  readonly curves: readonly {
    readonly name: string;
    readonly figure: number | null;
    readonly points: readonly (readonly [number, number])[] | null;
  }[];
  readonly x: string;
  readonly y: string;
  /** Whether the diagonal corresponds to chance. */
  readonly chance: boolean;
}

function curvePlot({ title, curves, x, y, chance }: Curves): VegaLiteSpec {
  const labels = curves.map(({ name, figure }) => (figure === null ? groupName(name) : `${name} ${figure.toFixed(3)}`));
  const values = curves.flatMap(({ points }, j) =>
    (points ?? []).map(([px, py], order) => ({ class: labels[j], x: round(px), y: round(py), order })),
  );
  const drawn = labels.filter((_, j) => curves[j].points !== null);
  const axis = { format: '.0%', tickCount: 5, domain: false, ticks: false };
  const scale = { domain: [0, 1] };
  const places = labelPlaces(curves) as unknown as JsonObject[];
  const position = {
    x: { field: 'x', type: 'quantitative', scale, axis: { ...axis, title: x } },
    y: { field: 'y', type: 'quantitative', scale, axis: { ...axis, title: y } },
  };
  const name = (mark: JsonObject) => ({
    data: { values: places },
    mark: { type: 'text', fontSize: 10.5, ...mark },
    encoding: { ...position, text: { field: 'name', type: 'nominal' } },
  });
  return {
    ...frame(title, `${title}: ${drawn.join(', ')}.`),
    height: 240,
    data: { values: values as unknown as JsonObject[] },
    layer: [
      ...(chance
        ? [
            {
              data: { values: [{ at: 0 }, { at: 1 }] },
              mark: { type: 'line', color: MUTED, strokeDash: [4, 4], strokeWidth: 1 },
              encoding: { x: { field: 'at', type: 'quantitative' }, y: { field: 'at', type: 'quantitative' } },
            },
          ]
        : []),
      {
        mark: { type: 'line', strokeWidth: 1.75 },
        encoding: {
          ...position,
          order: { field: 'order', type: 'quantitative' },
          color: {
            field: 'class',
            type: 'nominal',
            sort: null,
            scale: seriesScale(labels),
            legend: { values: drawn, columns: 2, symbolType: 'stroke', symbolStrokeWidth: 2, symbolSize: 400 },
          },
          strokeDash: {
            field: 'class',
            type: 'nominal',
            sort: null,
            scale: {
              domain: labels,
              range: labels.map((_, j) => DASHES[j % DASHES.length]) as unknown as JsonObject[],
            },
          },
        },
      },
      name({ stroke: PAPER, strokeWidth: 3, strokeOpacity: 0.85, color: PAPER }),
      name({ color: INK }),
    ],
  };
}

/** Positions of the names: each on its curve, as far as possible from other curves and from names already placed. */
function labelPlaces(curves: Curves['curves']): { name: string; x: number; y: number }[] {
  const placed: { name: string; x: number; y: number }[] = [];
  for (const [j, { name, points }] of curves.entries()) {
    if (!points) continue;
    const others = curves.flatMap((curve, k) => (k === j || !curve.points ? [] : curve.points));
    const room = ([x, y]: readonly [number, number]): number => {
      const fromCurves = Math.min(1, ...others.map(([ox, oy]) => Math.hypot(ox - x, oy - y)));
      // A name is about 0.2 of the side wide and 0.05 high.
      const fromNames = Math.min(1, ...placed.map((other) => Math.hypot((other.x - x) / 4, other.y - y)));
      return Math.min(fromCurves, 0.05) + Math.min(fromNames, 0.06);
    };
    const inside = points.filter(([x, y]) => x >= 0.12 && x <= 0.88 && y >= 0.05 && y <= 0.97);
    if (inside.length === 0) continue;
    const [x, y] = inside.reduce((best, point) => (room(point) > room(best) ? point : best));
    placed.push({ name, x, y });
  }
  return placed;
}

/** Rounds to the resolution of a plot of 240 pixels. */
function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
