import type { EpochRecord, JsonObject } from 'fer-core';
import { smooth } from '../history/trainingLog.js';
import { frame, seriesScale, type VegaLiteSpec } from './theme.js';

/** Options of {@link trainingCurvePlot}. */
export interface TrainingCurveOptions {
  /**
   * Exponential smoothing of the thick line, from 0 to below 1; the thin line is always the raw one.
   *
   * @default 0.9
   */
  readonly smoothing?: number;
}

const FIGURES = {
  loss: { title: 'Loss', format: '.2f', series: { training: 'loss', validation: 'validationLoss' } },
  accuracy: { title: 'Accuracy', format: '~%', series: { training: 'accuracy', validation: 'validationAccuracy' } },
} as const;

/** Loss or accuracy over the epochs, of training and, where there is one, validation: raw (thin) and smoothed. */
export function trainingCurvePlot(
  history: readonly EpochRecord[],
  figure: 'loss' | 'accuracy',
  { smoothing = 0.9 }: TrainingCurveOptions = {},
): VegaLiteSpec {
  const { title, format, series } = FIGURES[figure];
  const values = Object.entries(series).flatMap(([name, key]) => {
    const epochs = history.filter((epoch) => Number.isFinite(epoch[key]));
    const smoothed = smooth(
      epochs.map((epoch) => epoch[key] as number),
      smoothing,
    );
    return epochs.map((epoch, i) => ({ epoch: epoch.epoch, series: name, raw: epoch[key], smoothed: smoothed[i] }));
  });
  const names = Object.keys(series).filter((name) => values.some((value) => value.series === name));
  const x = {
    field: 'epoch',
    type: 'quantitative',
    axis: { title: 'epoch', grid: false, tickMinStep: 1, tickCount: 6, format: 'd' },
    scale: { nice: false, zero: false },
  };
  const color = {
    field: 'series',
    type: 'nominal',
    scale: seriesScale(names),
    legend: { direction: 'horizontal', symbolType: 'stroke', symbolStrokeWidth: 3, symbolOpacity: 1 },
  };
  const line = (field: 'raw' | 'smoothed', mark: JsonObject) => ({
    mark: { type: 'line', ...mark },
    encoding: {
      x,
      y: {
        field,
        type: 'quantitative',
        axis: { title: null, format, tickCount: 5, domain: false, ticks: false },
        scale: { zero: false, nice: true },
      },
      color,
    },
  });
  const only = values.length === names.length; // one epoch: a line would not show
  return {
    ...frame(title, `${title} of ${names.join(' and ')} over ${history.length} epochs.`),
    height: 180,
    data: { values: values as unknown as JsonObject[] },
    layer: [
      line('raw', { strokeWidth: 1.25, opacity: 0.6, point: only ? { size: 40 } : false }),
      line('smoothed', { strokeWidth: 2.5 }),
    ],
  };
}
