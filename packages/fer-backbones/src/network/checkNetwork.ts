import type { LayersModel } from '@tensorflow/tfjs-layers';
import { FerError } from 'fer-core';
import type { Preprocessing } from './preprocessing.js';

/**
 * Checks that a network can be a backbone: one layer after another, from the images of its preprocessing to a row of
 * features each.
 *
 * @throws FerError `INVALID_ARGUMENT`.
 */
export function checkNetwork(model: LayersModel, { height, width, channels }: Preprocessing): void {
  const refuse = (message: string): never => {
    throw new FerError('INVALID_ARGUMENT', message);
  };
  if (model.getClassName() !== 'Sequential') {
    refuse(`the network is a ${model.getClassName()}: only a sequential() of tfjs-layers can be a backbone.`);
  }
  const [input, output] = [model.inputs[0].shape, model.outputs[0].shape].map((shape) => shape.slice(1));
  const wanted = [height, width, channels];
  if (input.length !== 3 || input.some((size, i) => size !== null && size !== wanted[i])) {
    refuse(`the network takes [${input}], its preprocessing gives [${wanted}]: make them the same.`);
  }
  if (output.length !== 1 || output[0] === null) {
    refuse(`the network gives [${output}] of an image, not a row of features: end it with flatten() or pooling.`);
  }
}
