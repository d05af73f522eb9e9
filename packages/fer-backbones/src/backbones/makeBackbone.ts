import type { Random } from 'fer-core';
import { disposeModel } from '../network/disposal.js';
import { buildNetwork, type DrawKernel, type LayerSpec } from '../network/network.js';
import { checkPreprocessing, type Preprocessing } from '../network/preprocessing.js';
import { LayersBackbone } from './layersBackbone.js';

/**
 * Builds a backbone from a configuration list.
 *
 * @param draw - Draws the kernels. @default glorotUniform
 * @throws FerError `INVALID_ARGUMENT` for images that the network can't take; everything that was built is then freed.
 */
export function makeBackbone(
  architecture: string,
  specs: readonly LayerSpec[],
  input: Preprocessing,
  random: Random,
  draw?: DrawKernel,
): LayersBackbone {
  checkPreprocessing(input);
  const model = buildNetwork(specs, input, random, draw);
  try {
    return new LayersBackbone(architecture, model, input);
  } catch (error) {
    disposeModel(model);
    throw error;
  }
}
