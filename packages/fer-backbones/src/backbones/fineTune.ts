import { bindRunOptions, checkArray, checkOptions, type Dataset, describeValue, FerError } from 'fer-core';
import { checkFreezeRange, type FreezeRange } from '../network/freezing.js';
import { TRAIN_OPTIONS } from '../training/settings.js';
import type { TrainOptions } from '../training/trainOptions.js';
import { LayersBackbone, type TrainResult } from './layersBackbone.js';

/** One stage of {@link fineTune}: the layers to freeze, and the options for training the others. */
export interface FineTuneStage extends TrainOptions {
  /** E.g. `{ until: 'dense' }` freezes everything below the layer of that name. */
  readonly freeze: FreezeRange;
}

/**
 * Trains a backbone in stages. Each stage starts from the weights, and the dense layer on top, of the stage before. The
 * original fine-tunes VGG16 this way: first only the new top, then everything from `block5_conv1` on at a lower rate.
 *
 * With `cacheFrozen`, a stage runs its frozen layers once, and its epochs only run the layers that train. With
 * `checkpoints`, finished stages are not repeated; each stage needs its own store.
 *
 * @returns The result of each stage. The last stage's layers stay frozen; `backbone.unfreeze()` unfreezes them.
 * @throws FerError as `fit`, and `INVALID_ARGUMENT` if a stage has an unknown option or there is no layer of a given
 *   name: before anything is trained.
 *
 * @example
 * ```ts
 * const backbone = await vgg16({ weights: 'imagenet' });
 * await fineTune(backbone, train, [
 *   { freeze: { until: 'dense' }, epochs: 10, cacheFrozen: {} },
 *   { freeze: { until: 'block5_conv1' }, epochs: 10, learningRate: 1e-5, cacheFrozen: { type: 'float16' } },
 * ]);
 * ```
 */
export async function fineTune(
  backbone: LayersBackbone,
  data: Dataset,
  stages: readonly FineTuneStage[],
): Promise<readonly TrainResult[]> {
  if (!(backbone instanceof LayersBackbone)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `the backbone is ${describeValue(backbone)}: give one such as shallowCnn() returns.`,
    );
  }
  checkArray('stages', stages);
  // All stages before the first is trained, which may take hours.
  for (const stage of stages) {
    if (typeof stage === 'object' && stage !== null && 'freeze' in stage) {
      checkOptions('a stage', stage, ['freeze', ...TRAIN_OPTIONS]);
      checkFreezeRange(backbone.model, stage.freeze);
      continue;
    }
    const wrong = typeof stage === 'object' && stage !== null ? 'has no freeze' : `is ${describeValue(stage)}`;
    throw new FerError(
      'INVALID_ARGUMENT',
      `a stage ${wrong}: give { freeze: { until: 'name of a layer' }, epochs, … }.`,
    );
  }
  const results: TrainResult[] = [];
  for (const stage of stages) {
    backbone.freeze(stage.freeze);
    const layer = results.length > 0 ? backbone.layer : stage.layer;
    results.push(await backbone.fit(data, { ...optionsOf(stage), ...bindRunOptions(stage), layer }));
  }
  return results;
}

/** The options of `fit` in a stage, which may be an instance of a class with getters. */
function optionsOf(stage: TrainOptions): TrainOptions {
  return Object.fromEntries(TRAIN_OPTIONS.map((name) => [name, stage[name as keyof TrainOptions]]));
}
