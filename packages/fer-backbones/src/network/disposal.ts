import type { LayersModel } from '@tensorflow/tfjs-layers';

/**
 * Frees all weights of a model. `model.dispose()` of tfjs-layers keeps those of layers that are called several times, and
 * of models inside models.
 */
export function disposeModel(model: LayersModel): void {
  const weights = model.weights.map((weight) => weight.read());
  model.dispose();
  for (const weight of weights) if (!weight.isDisposed) weight.dispose();
}
