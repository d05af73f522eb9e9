import * as tf from '@tensorflow/tfjs-core';
import { layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';
import { type Classifier, FerError, type Images, isPiped, type LinearLayer } from 'fer-core';
import { filesToModel } from '../network/artifacts.js';
import { LayersBackbone } from './layersBackbone.js';

/** Options of {@link toLayersModel}. */
export interface ToLayersModelOptions {
  /**
   * What the model is to be fed with.
   *
   * - `'pixels'`: values 0..255, as in images' bytes; the scaling is the model's first layer.
   * - `'preprocessed'`: floats as the backbone's `preprocessing` says, made by the caller. The only choice where `values`
   *   is `'standardise'`, for which tfjs-layers has no layer.
   *
   * @default 'pixels'
   */
  readonly input?: 'pixels' | 'preprocessed';
}

/**
 * A backbone piped into a linear head as one plain tfjs-layers model: the backbone's layers, then a dense layer with the
 * head's weights (standardisation folded in, as in its `toLayer`). Its output are the scores of the classifier's
 * `decisionFunction`, within float32 rounding; their columns are the classifier's classes. Save it with `model.save`:
 * what comes out needs none of these packages.
 *
 * The model is a copy and belongs to the caller, who disposes it.
 *
 * @param classifier - What `pipe` or `loadClassifier` gives, of a {@link LayersBackbone} and a fitted head that has
 *   `toLayer`, such as fer-heads' `softmax` and `linearL2SVM`.
 * @throws FerError `UNSUPPORTED` where the backbone or the head is of another kind, or the preprocessing can't be a
 *   layer; `INVALID_ARGUMENT` where the head was fit on other features; `NOT_FITTED`.
 *
 * @example
 * ```ts
 * const model = await toLayersModel(pipe(backbone, svm));
 * await model.save('downloads://expressions');
 * ```
 */
export async function toLayersModel(
  classifier: Classifier<Images>,
  { input = 'pixels' }: ToLayersModelOptions = {},
): Promise<Sequential> {
  const { backbone, head } = isPiped(classifier) ? classifier : {};
  if (!(backbone instanceof LayersBackbone)) {
    throw new FerError('UNSUPPORTED', 'not a LayersBackbone piped into a head: only such a classifier can be fused.');
  }
  if (!hasLayer(head)) {
    throw new FerError('UNSUPPORTED', 'this head is not linear: only one that has toLayer() can be fused.');
  }
  const { height, width, channels, values } = backbone.preprocessing;
  if (input !== 'pixels' && input !== 'preprocessed') {
    throw new FerError('INVALID_ARGUMENT', `input is ${String(input)}: it must be 'pixels' or 'preprocessed'.`);
  }
  if (input === 'pixels' && values !== 'scale') {
    throw new FerError(
      'UNSUPPORTED',
      `tfjs-layers has no layer that prepares images by "${values}": take input: 'preprocessed', and prepare them.`,
    );
  }
  const { weights, bias } = head.toLayer();
  if (weights.rows !== backbone.outputSize) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `the head takes ${weights.rows} features, the backbone gives ${backbone.outputSize}: fit it on this backbone's.`,
    );
  }
  const copy = (await filesToModel(await backbone.serialize())) as Sequential;
  const model = sequential();
  model.add(layers.inputLayer({ inputShape: [height, width, channels] }));
  if (input === 'pixels') model.add(layers.rescaling({ name: 'pixels', scale: 1 / 255 }));
  for (const layer of copy.layers) if (layer.getClassName() !== 'InputLayer') model.add(layer);
  // Layers count the models they are in: now the new one alone owns them, and frees them with it.
  copy.dispose();
  const dense = layers.dense({ name: 'scores', units: weights.columns, kernelInitializer: 'zeros' });
  model.add(dense);
  tf.tidy(() => dense.setWeights([tf.tensor2d(weights.data, [weights.rows, weights.columns]), tf.tensor1d(bias)]));
  return model;
}

function hasLayer(head: object | undefined): head is { toLayer(): LinearLayer } {
  return head !== undefined && 'toLayer' in head && typeof head.toLayer === 'function';
}
