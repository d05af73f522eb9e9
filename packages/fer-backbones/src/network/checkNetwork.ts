import type { LayersModel } from '@tensorflow/tfjs-layers';
import { FerError } from 'fer-core';
import { isModel, planOf } from './plan.js';
import { checkPreprocessing, type Preprocessing } from './preprocessing.js';
import { describe, type Shape, shapesOf } from './shapes.js';
import { checkLayers } from './trainability.js';

/**
 * Checks that a network can be a backbone: it must turn preprocessed images into one row of features each, with layers
 * that our training pass can run.
 *
 * @throws FerError `INVALID_ARGUMENT` if its inputs or outputs are different, or the output of a layer is empty;
 *   `UNSUPPORTED`, naming the layer, for one that can't be trained.
 */
export function checkNetwork(model: LayersModel, preprocessing: Preprocessing): void {
  checkPreprocessing(preprocessing);
  const { height, width, channels } = preprocessing;
  if (typeof model !== 'object' || model === null || !isModel(model)) {
    refuse('the network is no model of tfjs-layers: make it by sequential() or model({ inputs, outputs }).');
  }
  if (model.inputs?.length !== 1 || model.outputs?.length !== 1) {
    const [inputs, outputs] = [model.inputs?.length ?? 0, model.outputs?.length ?? 0];
    refuse(`the network has ${inputs} inputs and ${outputs} outputs: a backbone has one each.`);
  }
  const wanted = [null, height, width, channels];
  const input: Shape = model.inputs[0].shape;
  if (input.length !== 4 || input.some((size, i) => i > 0 && size !== null && size !== wanted[i])) {
    refuse(`the network takes ${describe(input)}, its preprocessing gives ${describe(wanted)}: make them the same.`);
  }
  const plan = planOf(model);
  const shapes = shapesOf(plan, wanted);
  const output = shapes[plan.output];
  if (output.length !== 2 || output[1] === null) {
    refuse(
      `the network gives ${describe(output)} of an image, not a row of features: end it with flatten() or ` +
        'globalAveragePooling2d().',
    );
  }
  const names = model.weights.map(({ originalName }) => originalName);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    refuse(`two weights are called ${twice}, and files of tfjs-layers tell weights by their names: rename a layer.`);
  }
  checkLayers(plan, shapes);
}

function refuse(message: string): never {
  throw new FerError('INVALID_ARGUMENT', message);
}
