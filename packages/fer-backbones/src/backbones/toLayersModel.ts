import * as tf from '@tensorflow/tfjs-core';
import { input as createInput, model as createModel, type LayersModel, layers } from '@tensorflow/tfjs-layers';
import { type Classifier, checkChoice, checkOptions, FerError, type Images, isPiped, type LinearLayer } from 'fer-core';
import { filesToModel } from '../network/artifacts.js';
import { disposeModel } from '../network/disposal.js';
import { mirrorLayers, preprocessingLayers } from '../network/imageLayers.js';
import { apply } from '../network/network.js';
import { type Plan, pathOf, planOf } from '../network/plan.js';
import { LayersBackbone } from './layersBackbone.js';

type Symbolic = ReturnType<typeof apply>;

/** Options of {@link toLayersModel}. */
export interface ToLayersModelOptions {
  /**
   * The input of the model.
   *
   * - `'pixels'`: values 0..255, as the bytes of images, in the size and colours that the backbone's network takes. The
   *   first layers apply its `preprocessing`.
   * - `'preprocessed'`: floats, which the caller has prepared as the backbone's `preprocessing` says.
   *
   * @default 'pixels'
   */
  readonly input?: 'pixels' | 'preprocessed' | undefined;
}

/**
 * Converts a backbone piped into a linear head to one plain tfjs-layers model: the backbone's layers, then a dense
 * layer with the head's weights (with standardisation folded in, as in the head's `toLayer`). The model returns the
 * scores of the classifier's `decisionFunction`, up to float32 rounding; the columns are the classifier's classes. Save
 * it with `model.save`: loading the files needs none of these packages.
 *
 * A backbone with `withViews('flip')` becomes two branches through the same layers; the second mirrors the image first.
 * A backbone with ten crops is refused: it rounds the crops to bytes, for which tfjs-layers has no layer.
 *
 * The model is a copy that belongs to the caller, who must dispose it.
 *
 * @param classifier - The result of `pipe` or `loadClassifier`, of a {@link LayersBackbone} and a fitted head with
 *   `toLayer`, such as fer-heads' `softmax` and `linearL2SVM`.
 * @throws FerError `UNSUPPORTED` if the backbone or the head is of another kind, or the backbone averages over ten
 *   crops; `INVALID_ARGUMENT` if the head was fitted on other features; `NOT_FITTED`.
 * @example
 * ```ts
 * const model = await toLayersModel(pipe(backbone, svm));
 * await model.save('downloads://expressions');
 * ```
 */
export async function toLayersModel(
  classifier: Classifier<Images>,
  options: ToLayersModelOptions = {},
): Promise<LayersModel> {
  checkOptions('toLayersModel', options, ['input']);
  const { input = 'pixels' } = options;
  const { backbone, head } = isPiped(classifier) ? classifier : {};
  if (!(backbone instanceof LayersBackbone)) {
    throw new FerError('UNSUPPORTED', 'not a LayersBackbone piped into a head: only such a classifier can be fused.');
  }
  if (!hasLayer(head)) {
    throw new FerError('UNSUPPORTED', 'this head is not linear: only one that has toLayer() can be fused.');
  }
  checkChoice('input', input, ['pixels', 'preprocessed']);
  const { views, preprocessing } = backbone;
  if (views !== 'single' && views !== 'flip') {
    throw new FerError(
      'UNSUPPORTED',
      `the backbone looks at the views "${views}", which no layers make: use withViews('flip') or withViews('single').`,
    );
  }
  const { weights, bias } = head.toLayer();
  if (weights.rows !== backbone.outputSize) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `the head takes ${weights.rows} features, the backbone gives ${backbone.outputSize}: fit it on this backbone's.`,
    );
  }
  const { height, width, channels } = preprocessing;
  const copy = await filesToModel(await backbone.serialize());
  const plan = planOf(copy);
  const images = createInput({ shape: [height, width, channels], name: 'images' });
  const prepared = input === 'pixels' ? preprocessingLayers(images, preprocessing) : images;
  const branches = views === 'single' ? [prepared] : [prepared, mirrorLayers(prepared)];
  try {
    const features = connect(plan, branches);
    const mean = features.length === 1 ? features[0] : apply(layers.average({ name: 'views' }), features);
    const dense = layers.dense({ name: 'scores', units: weights.columns, kernelInitializer: 'zeros' });
    const model = createModel({ inputs: images, outputs: apply(dense, mean), name: backbone.architecture });
    tf.tidy(() => dense.setWeights([tf.tensor2d(weights.data, [weights.rows, weights.columns]), tf.tensor1d(bias)]));
    return model;
  } catch (error) {
    disposeModel(copy);
    throw error;
  }
}

/**
 * Calls the layers of a plan on symbolic inputs, without nesting. The layers then belong to one model with only these
 * calls.
 */
function connect({ steps, output }: Plan, inputs: readonly Symbolic[]): Symbolic[] {
  const named = new Map<string, layers.Layer>();
  for (const step of steps) {
    const { layer } = step;
    // Layers in different nested models may share a name; layers of one model may not.
    if (named.has(layer.name) && named.get(layer.name) !== layer) layer.name = pathOf(step).replaceAll('/', '_');
    named.set(layer.name, layer);
  }
  const outputs = inputs.map((input) => {
    const made = new Map([[0, input]]);
    for (const { layer, ...step } of steps) {
      const taken = step.inputs.map((tensor) => made.get(tensor)!);
      const isInput = layer.getClassName() === 'InputLayer';
      const results = isInput ? taken : ([layer.apply(taken.length === 1 ? taken[0] : taken)].flat() as Symbolic[]);
      step.outputs.forEach((tensor, i) => {
        made.set(tensor, results[i]);
      });
    }
    return made.get(output)!;
  });
  // A layer counts its calls, including those in the model it was copied from, and is freed when it has been disposed
  // that often. This leaves one count, that of the new model.
  for (const layer of new Set(steps.map((step) => step.layer))) {
    for (let i = 1; i < layer.inboundNodes.length; i++) layer.dispose();
  }
  return outputs;
}

function hasLayer(head: object | undefined): head is { toLayer(): LinearLayer } {
  return head !== undefined && 'toLayer' in head && typeof head.toLayer === 'function';
}
