import type { JsonObject } from 'fer-core';
import type { ClassCurves } from '../metrics/rankingCurves.js';
import { frame, MUTED, seriesScale, type VegaLiteSpec } from './theme.js';

/** ROC curves of each class against the rest, with their areas; on the dashed line scores tell nothing. */
export function rocPlot(
  curves: readonly ClassCurves[],
  { title = 'ROC, one class against the rest' }: { readonly title?: string } = {},
): VegaLiteSpec {
  return curvePlot({
    title,
    curves: curves.map(({ name, auc, roc }) => ({ name, figure: auc, points: roc })),
    x: 'false positive rate',
    y: 'true positive rate',
    chance: true,
  });
}

/** Precision-recall curves of each class against the rest, with their average precisions. */
export function precisionRecallPlot(
  curves: readonly ClassCurves[],
  { title = 'Precision against recall' }: { readonly title?: string } = {},
): VegaLiteSpec {
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
  /** Whether the diagonal is what chance gives. */
  readonly chance: boolean;
}

function curvePlot({ title, curves, x, y, chance }: Curves): VegaLiteSpec {
  const labels = curves.map(({ name, figure }) => (figure === null ? name : `${name} ${figure.toFixed(3)}`));
  const values = curves.flatMap(({ points }, j) =>
    (points ?? []).map(([px, py], order) => ({ class: labels[j], x: round(px), y: round(py), order })),
  );
  const drawn = labels.filter((_, j) => curves[j].points !== null);
  const axis = { format: '.0%', tickCount: 5, domain: false, ticks: false };
  const scale = { domain: [0, 1] };
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
          x: { field: 'x', type: 'quantitative', scale, axis: { ...axis, title: x } },
          y: { field: 'y', type: 'quantitative', scale, axis: { ...axis, title: y } },
          order: { field: 'order', type: 'quantitative' },
          color: {
            field: 'class',
            type: 'nominal',
            sort: null,
            scale: seriesScale(labels),
            legend: { values: drawn, columns: 2, symbolType: 'stroke', symbolStrokeWidth: 3 },
          },
        },
      },
    ],
  };
}

/** As much as a picture of 240 pixels shows. */
function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
