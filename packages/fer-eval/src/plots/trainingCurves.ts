import { checkChoice, checkOptions, type EpochRecord, type JsonObject } from 'fer-core';
import { checkHistory } from '../history/checkHistory.js';
import { smooth } from '../history/trainingLog.js';
import { frame, seriesScale, type VegaLiteSpec } from './theme.js';

/** Options of {@link trainingCurvePlot}. */
export interface TrainingCurveOptions {
  /**
   * Factor of the exponential smoothing for the thin dashed line, from 0 (no such line) to below 1. The thick line
   * always shows the raw values.
   *
   * @default 0.9 for more than 20 epochs, else 0
   */
  readonly smoothing?: number | undefined;
}

/** Up to this number of epochs, the raw line is readable without smoothing. */
const FEW_EPOCHS = 20;

const FIGURES = {
  loss: { title: 'Loss', format: '.2f', series: { training: 'loss', validation: 'validationLoss' } },
  accuracy: { title: 'Accuracy', format: '~%', series: { training: 'accuracy', validation: 'validationAccuracy' } },
} as const;

/**
 * Plots loss or accuracy over the epochs, of the training set and, if there is one, the validation set. A thick line
 * shows raw values. Long runs also have a thin dashed line with smoothed values.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but a list of epochs with numbers, or an invalid option.
 *
 * @example
 * ```ts
 * const { history } = await backbone.fit(train, { epochs: 20, validation: publicTest });
 * await writeFileAtomic('accuracy.svg', await renderSvg(trainingCurvePlot(history, 'accuracy')));
 * ```
 */
export function trainingCurvePlot(
  history: readonly EpochRecord[],
  figure: 'loss' | 'accuracy',
  options: TrainingCurveOptions = {},
): VegaLiteSpec {
  checkOptions('trainingCurvePlot', options, ['smoothing']);
  checkChoice('figure', figure, Object.keys(FIGURES));
  checkHistory(history);
  const { smoothing = history.length > FEW_EPOCHS ? 0.9 : 0 } = options;
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
    axis: { title: 'epoch', grid: false, values: wholeTicks(history.map(({ epoch }) => epoch)), format: 'd' },
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
      line('raw', { strokeWidth: 2.25, point: only ? { size: 40 } : false }),
      ...(smoothing > 0 ? [line('smoothed', { strokeWidth: 1.25, strokeDash: [4, 3], opacity: 0.8 })] : []),
    ],
  };
}

/** About six of these epochs, evenly spaced. Vega's own ticks for few epochs also fall between epochs. */
function wholeTicks(epochs: readonly number[]): number[] {
  const every = Math.max(1, Math.round((epochs.length - 1) / 6));
  return epochs.filter((_, i) => i % every === 0);
}
