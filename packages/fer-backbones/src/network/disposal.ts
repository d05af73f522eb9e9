import type { LayersModel } from '@tensorflow/tfjs-layers';

/**
 * Frees all weights of a model. `model.dispose()` of tfjs-layers doesn't free layers that are called several times, or
 * nested models.
 */
export function disposeModel(model: LayersModel): void {
  const weights = model.weights.map((weight) => weight.read());
  model.dispose();
  for (const weight of weights) if (!weight.isDisposed) weight.dispose();
}
